"""What figures, tables and claims are about: rows of the records and of the published numbers."""

from typing import Any, NamedTuple

from pydantic import Field, model_validator

from lth_common.protocol.schema.base import Name, Strict

from .measured import Verbs
from .quantities import OverEpochs, Split


class Published(Strict):
    """Rows of `published.csv`."""

    item: str
    series: str | None = None
    y_name: str | None = None
    x: float | None = Field(None, description="one row of a series: its x as it stands in the file")
    scale: float = Field(1.0, gt=0, description="the printed number times this is comparable with ours")

    def __sub__(self, other: "Published") -> "PublishedPair":
        return PublishedPair(self, other)

    __truediv__ = __sub__  # which of the two it is, the rule says


class PublishedPair(NamedTuple):
    """Two series of `published.csv`, put through a rule as its two sides are."""

    of: Published
    against: Published


class Curve(Strict, Verbs):
    """Rows of the records: one metric of one arm over levels and seeds. What can be said of it: `measured.Verbs`."""

    experiment: Name
    arm: Name
    variant: Name
    metric: str = "selected_accuracy"
    split: Split = "test"
    level: int | None = Field(None, ge=0, description="a fixed level (0 = dense) in place of all levels")
    over_epochs: OverEpochs | None = Field(None, description="for a metric that is recorded at every epoch")
    below_dense_of: Name | None = Field(None, description="in place of the metric, what the same seed's dense network "
                                        "(level 0) of this arm has more of it")

    @property
    def dense(self) -> "Curve | None":
        """What `below_dense_of` compares with."""
        if self.below_dense_of is None:
            return None
        return self.model_copy(update={"arm": self.below_dense_of, "level": 0, "below_dense_of": None})

    def measuring(self, metric: str, split: Split = "test", over_epochs: OverEpochs | None = None) -> "Curve":
        """Another metric of the same arm."""
        return self._changed(metric=metric, split=split, over_epochs=over_epochs)

    def at(self, level: int) -> "Curve":
        """One level in place of all; 0 is the dense network."""
        return self._changed(level=level)

    def below(self, dense: "Curve") -> "Curve":
        """What the same seed's dense network of another arm has more of the metric."""
        return self._changed(below_dense_of=dense.arm)

    def _changed(self, **fields: Any) -> "Curve":
        return Curve(**(dict(self) | fields))


class Mark(Strict):
    """What a score of 0 or 1 means: the mean over seeds of a metric of an arm's dense network (level 0)."""

    arm: Name
    metric: str
    split: Split


class Pooled(Strict):
    """Several experiments, such as games, as one.

    Each seed's number becomes a score, 0 at the experiment's own `zero` and 1 at its `one`; what counts is the
    interquartile mean over experiments and seeds, with a stratified interval (Agarwal et al. 2021).
    """

    with_: list[Name] = Field(alias="with", min_length=1, description="the other experiments, beside the one named")
    zero: Mark
    one: Mark

    @model_validator(mode="after")
    def names_differ(self) -> "Pooled":
        if len(set(self.with_)) < len(self.with_):
            raise ValueError("each experiment may stand in 'with' once")
        return self

    def marks(self, experiment: str, variant: str) -> tuple[Curve, Curve]:
        """What scores of 0 and 1 stand for in one experiment."""
        zero, one = (Curve(experiment=experiment, variant=variant, level=0, **dict(mark))
                     for mark in (self.zero, self.one))
        return zero, one


class Point(Strict):
    """A published point of a curve over epochs, given by two numbers of `published.csv`."""

    epoch: Published
    value: Published
