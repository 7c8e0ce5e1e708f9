"""Settings of supervised training, the same for all classification tasks."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from .base import Budget, Strict
from .own_name import STOPPING_RULE

Positive = Annotated[float, Field(gt=0)]


class Subset(Strict):
    """Index ranges [start, stop) of the training set; a protocol may have no validation set.

    The set is in its official order, or shuffled with a seed. Subsets of one seed share the order.
    """

    train: tuple[int, int]
    validation: tuple[int, int] | None = None
    shuffled: int | None = Field(None, ge=0, description="seed of the order, the same for all runs")

    @model_validator(mode="after")
    def ranges_hold_examples(self) -> "Subset":
        for part in ("train", "validation"):
            start, stop = getattr(self, part) or (0, 1)
            if not 0 <= start < stop:
                raise ValueError(f"{part} [{start}, {stop}] holds no example; legal: [start, stop], 0 ≤ start < stop")
        return self


class Optimizer(Strict):
    name: Literal["sgd", "adam", "adamw"]
    lr: float = Field(gt=0)
    weight_decay: float = Field(0.0, ge=0, description="coupled L2 for sgd and adam, decoupled for adamw")
    momentum: float = Field(0.0, ge=0, lt=1, description="for sgd only")
    eps: float = Field(1e-8, gt=0, description="for adam and adamw only")

    @model_validator(mode="after")
    def settings_are_the_optimizers_own(self) -> "Optimizer":
        if self.momentum and self.name != "sgd":
            raise ValueError("'momentum' belongs to 'sgd', and only there")
        if "eps" in self.model_fields_set and self.name == "sgd":
            raise ValueError("'eps' belongs to 'adam' and 'adamw', and only there")
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


class Stop(Strict):
    """A rule that may end a training after any epoch: a function in the paper's stopping.py, called with
    (epoch, **settings) (see `training.after_epoch`).
    """

    name: Annotated[str, STOPPING_RULE]
    settings: dict[str, JsonValue] = {}


class Train(Strict):
    batch_size: int = Field(ge=1)
    budget: Budget
    optimizer: Optimizer
    lr_decay: LrDecay | None = None
    clip_norm: float | None = Field(None, gt=0)
    select: Select
    stop: Stop | None = None
    mask: Literal["enforced", "applied_once"] = Field(
        "enforced", description="pruned weights stay 0, or are only 0 at the start and then trained like the others")
    scored_with: Literal["running_statistics", "batch_statistics"] = Field(
        "running_statistics", description="batch norm's means and variances in validation and test: the running ones, "
        "or each batch's own, in batches of batch_size")
    test_every_epoch: bool = Field(False, description="record the test score of every epoch, for curves; never used")


class SupervisedSettings(Strict):
    """What every classification task is set by; `data` (with subsets) and `model` are each task's own."""

    data: Any
    model: Any
    train: Train

    @model_validator(mode="after")
    def selection_has_validation_data(self) -> Self:
        without = [name for name, subset in self.data.subsets.items() if subset.validation is None]
        select = self.train.select
        if without and (select.rule == "best_validation" or select.patience is not None):
            raise ValueError(f"train.select chooses by validation data, which data.subsets.{without[0]} has not")
        return self
