"""Settings of how weights are drawn."""

from typing import Literal

from pydantic import Field, model_validator

from .base import Strict


class Scheme(Strict):
    """How weights are drawn; biases start at 0 unless the scheme is `torch_default`, the only one of LSTMs.

    `kaiming_normal_fan_out`: std √(2 / (kernel places · output channels)).
    """

    scheme: Literal["normal", "uniform", "xavier_uniform", "xavier_normal", "kaiming_normal", "kaiming_normal_fan_out",
                    "torch_default"]
    std: float | None = Field(None, gt=0, description="for `normal` only")
    bound: float | None = Field(None, gt=0, description="for `uniform` only: between ± this")

    @model_validator(mode="after")
    def numbers_are_the_schemes_own(self) -> "Scheme":
        for key, owner in (("std", "normal"), ("bound", "uniform")):
            if (self.scheme == owner) != (getattr(self, key) is not None):
                raise ValueError(f"'{key}' belongs to scheme '{owner}', and only there")
        return self


class Init(Scheme):
    """A scheme for all layers, and others for layers of a kind."""

    conv: Scheme | None = None
    linear: Scheme | None = None
    embedding: Scheme | None = None
