"""What is measured: units, and how curves over training and over levels become one number for each seed."""

from typing import Any, Literal

from pydantic import Field, model_validator

from lth_common.protocol.schema.base import Strict

# Fractions are shown as percentages (accuracy) or points (differences of accuracies): see units.py.
Unit = Literal[
    "percent", "points", "fraction", "steps", "epochs", "samples", "ratio", "count", "nats", "bleu", "reward"
]
Split = Literal["train", "validation", "test", "model"]

# How a curve over training becomes one number for each seed and level.
# `at_max_of_mean`: the seeds' values at the epoch at which their mean is highest; `epoch_of_max`: each seed's own
# best epoch; `epoch_of_max_of_mean`: the best epoch of the mean, the same number for each seed (`min` likewise);
# `epochs_to_99_percent`: each seed's first epoch at 99 % of its own highest value; `change_in_last_tenth`: value at
# the end over the value at nine tenths of the epochs, minus 1.
OverEpochs = Literal[
    "last", "at_max_of_mean", "at_min_of_mean", "epoch_of_max", "epoch_of_min", "epoch_of_max_of_mean",
    "epoch_of_min_of_mean", "epochs_to_99_percent", "change_in_last_tenth",
]

# How a curve over levels becomes one number for each seed.
# `slope`: of the straight line through the values over the pruned share (1 − weights remaining), so the change if all
# weights went; `r_squared`: the share of the values' variance that this line explains; `lowest_weights`: weights
# remaining at the last level that meets `where`, `lowest_weights_unbroken`: at the last one before the first that does
# not. Both are shares of the weights, and look no further than the range of levels.
OverLevels = Literal["mean", "slope", "r_squared", "lowest_weights", "lowest_weights_unbroken"]
LOWEST = ("lowest_weights", "lowest_weights_unbroken")

LEARNED = 0.02  # of `halfway_to`, as recorded: 2 points of accuracy


class Where(Strict):
    """Which trainings (seed, level) count: those whose metric is high enough. One that failed leaves a rule undecided.

    Bounds are as recorded: an accuracy of 15 % is 0.15. `at_most_below_dense` is taken from the dense network (level 0)
    of the same arm and seed; `halfway_to` is half the way from there to a value such as chance: below it a network has
    collapsed. One that never learned, with a dense value less than LEARNED above chance, meets it nowhere.
    """

    metric: str | None = Field(None, description="what must be high enough, if not what is measured itself")
    split: Split | None = None
    at_least: float | None = None
    at_most_below_dense: float | None = Field(None, ge=0)
    halfway_to: float | None = None

    @model_validator(mode="after")
    def one_bound(self) -> "Where":
        if [self.at_least, self.at_most_below_dense, self.halfway_to].count(None) != 2:
            raise ValueError("give one of 'at_least', 'at_most_below_dense' and 'halfway_to'")
        if self.split is not None and self.metric is None:
            raise ValueError("'split' belongs to 'metric'")
        return self


class Levels(Strict):
    """Which levels count (ranges are inclusive), and how they become one number."""

    weights_remaining: tuple[float, float] = (0.0, 1.0)
    levels: tuple[int, int] | None = None
    where: Where | None = None
    across_levels: Any = None
    unit: Unit

    @model_validator(mode="after")
    def legal_levels(self) -> "Levels":
        if not 0 <= self.weights_remaining[0] <= self.weights_remaining[1] <= 1:
            raise ValueError("'weights_remaining' is [low, high], shares between 0 and 1")
        if self.levels is not None and not 0 <= self.levels[0] <= self.levels[1]:
            raise ValueError("'levels' is [first, last]")
        if self.across_levels in LOWEST and self.where is None:
            raise ValueError(f"across_levels: {self.across_levels} is the last level that meets 'where': give 'where'")
        return self

    @model_validator(mode="after")
    def unit_fits(self) -> "Levels":
        how, quantity = self.across_levels, getattr(self, "quantity", "value")
        shares = {"value": ("fraction", "percent"), "difference": ("fraction", "points"), "ratio": ("ratio",)}[quantity]
        if how in (*LOWEST, "r_squared") and self.unit not in shares:
            raise ValueError(f"a {quantity} of {how} is a share: unit '{self.unit}' is not legal; legal: "
                             f"{', '.join(shares)}")
        if how == "slope" and self.unit == "percent":
            raise ValueError("a slope of percentages is in points: unit 'percent' is not legal")
        return self
