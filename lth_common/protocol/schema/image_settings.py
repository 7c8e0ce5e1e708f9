"""Settings of the image-classification task."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from .base import Name, Strict
from .initial import Init
from .own_name import IMAGES, MODEL
from .train import Positive, Subset, SupervisedSettings


class Data(Strict):
    name: Annotated[str, IMAGES]
    mean: float | tuple[float, ...] = Field(description="pixels / 255 are standardised with it, or one a channel")
    std: Positive | tuple[Positive, ...] = Field(description="and this standard deviation, or one a channel")
    side: int | None = Field(None, ge=1, description="images are resized (bilinear) to this many pixels a side")
    subsets: dict[Name, Subset] = Field(min_length=1)


class Model(Strict):
    """A network by name; each setting but `init` belongs to one network, which needs it.

    A network of the paper's own is a class in its models.py, called with (image_shape, classes, **settings).
    """

    name: Annotated[str, MODEL]
    hidden: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(None, description="units a hidden layer, for `mlp`")
    padded: bool | None = Field(None, description="convolutions keep the sides, pooling is 2×2, for `conv2`")
    activation: bool | None = Field(None, description="ReLU between layers, or nothing, for `conv2`")
    groups: Literal[1, 2] | None = Field(None, description="groups of the 1×1 convolutions, for `shufflenet`")
    shuffle: Literal[1, 2] | None = Field(None, description="groups that channels are dealt out over, for `shufflenet`")
    settings: dict[str, JsonValue] = Field({}, description="for a model of the paper's own")
    init: Init

    @model_validator(mode="after")
    def settings_are_the_models_own(self) -> "Model":
        owners = {"hidden": "mlp", "padded": "conv2", "activation": "conv2", "groups": "shufflenet",
                  "shuffle": "shufflenet"}
        for key, model in owners.items():
            if self.name == model and getattr(self, key) is None:
                raise ValueError(f"model '{model}' needs '{key}'")
            if self.name != model and getattr(self, key) is not None:
                raise ValueError(f"'{key}' belongs to model '{model}', and only there")
        if self.settings and self.name in MODEL.core:
            raise ValueError("'settings' belongs to models of the paper's own, and only there")
        return self


class Settings(SupervisedSettings):
    data: Data
    model: Model
