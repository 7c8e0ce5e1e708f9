"""Settings of the image-classification task."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .base import Budget, Name, Strict


class Subset(Strict):
    """Index ranges [start, stop) of the training set; a protocol may have no validation set.

    The set is in its official order, or shuffled with a seed. Subsets of one seed share the order.
    """

    train: tuple[int, int]
    validation: tuple[int, int] | None = None
    shuffled: int | None = Field(None, ge=0, description="seed of the order, the same for all runs")


Positive = Annotated[float, Field(gt=0)]


class Data(Strict):
    name: Literal["mnist", "fashion_mnist", "cifar10", "digits"]
    mean: float | tuple[float, ...] = Field(description="pixels / 255 are standardised with it, or one a channel")
    std: Positive | tuple[Positive, ...] = Field(description="and this standard deviation, or one a channel")
    side: int | None = Field(None, ge=1, description="images are resized (bilinear) to this many pixels a side")
    subsets: dict[Name, Subset] = Field(min_length=1)


class Scheme(Strict):
    """How weights are drawn; biases start at 0 unless the scheme is `torch_default`.

    `kaiming_normal_fan_out`: std √(2 / (kernel places · output channels)).
    """

    scheme: Literal["normal", "xavier_uniform", "xavier_normal", "kaiming_normal", "kaiming_normal_fan_out",
                    "torch_default"]
    std: float | None = Field(None, gt=0, description="for `normal` only")

    @model_validator(mode="after")
    def std_is_for_normal(self) -> "Scheme":
        if (self.scheme == "normal") != (self.std is not None):
            raise ValueError("'std' belongs to scheme 'normal', and only there")
        return self


class Init(Scheme):
    """A scheme for all layers, and others for layers of a kind."""

    conv: Scheme | None = None
    linear: Scheme | None = None


class Model(Strict):
    """A network by name; each setting but `init` belongs to one network, which needs it."""

    name: Literal["mlp", "lenet5", "conv2", "shufflenet"]
    hidden: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(None, description="units a hidden layer, for `mlp`")
    padded: bool | None = Field(None, description="convolutions keep the sides, pooling is 2×2, for `conv2`")
    activation: bool | None = Field(None, description="ReLU between layers, or nothing, for `conv2`")
    groups: Literal[1, 2] | None = Field(None, description="groups of the 1×1 convolutions, for `shufflenet`")
    shuffle: Literal[1, 2] | None = Field(None, description="groups that channels are dealt out over, for `shufflenet`")
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
        return self


class Optimizer(Strict):
    name: Literal["sgd", "adam", "adamw"]
    lr: float = Field(gt=0)
    weight_decay: float = Field(0.0, ge=0, description="coupled L2 for sgd and adam, decoupled for adamw")
    momentum: float = Field(0.0, ge=0, lt=1, description="for sgd only")

    @model_validator(mode="after")
    def momentum_is_for_sgd(self) -> "Optimizer":
        if self.momentum and self.name != "sgd":
            raise ValueError("'momentum' belongs to 'sgd', and only there")
        return self


class LrDecay(Strict):
    """The learning rate is multiplied by `factor` after every so many epochs; above 1 it is a warm-up."""

    factor: float = Field(gt=0)
    every_epochs: int = Field(1, ge=1)
    epochs: int | None = Field(None, ge=1, description="only after the first so many epochs, then constant")

    @model_validator(mode="after")
    def it_happens(self) -> "LrDecay":
        if self.epochs is not None and self.epochs < self.every_epochs:
            raise ValueError("'epochs' below 'every_epochs' leaves the rate as it is")
        return self


class Select(Strict):
    """Which weights of a training are reported.

    `ceiling`: the best validation accuracy is frozen once it reaches this value.
    `patience`: stop after this many epochs without a new best.
    """

    rule: Literal["last", "best_validation"]
    ceiling: float | None = Field(None, gt=0, le=1)
    patience: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def ceiling_is_for_the_best(self) -> "Select":
        if self.ceiling is not None and self.rule != "best_validation":
            raise ValueError("'ceiling' belongs to rule 'best_validation', and only there")
        return self


class Train(Strict):
    batch_size: int = Field(ge=1)
    budget: Budget
    optimizer: Optimizer
    lr_decay: LrDecay | None = None
    clip_norm: float | None = Field(None, gt=0)
    select: Select
    scored_with: Literal["running_statistics", "batch_statistics"] = Field(
        "running_statistics", description="batch norm's means and variances in validation and test: the running ones, "
        "or each batch's own, in batches of batch_size")
    test_every_epoch: bool = Field(False, description="record the test score of every epoch, for curves; never used")


class Settings(Strict):
    data: Data
    model: Model
    train: Train

    @model_validator(mode="after")
    def selection_has_validation_data(self) -> "Settings":
        select = self.train.select
        without = [name for name, subset in self.data.subsets.items() if subset.validation is None]
        if without and (select.rule == "best_validation" or select.patience is not None):
            raise ValueError(f"train.select chooses by validation data, which data.subsets.{without[0]} has not")
        return self
