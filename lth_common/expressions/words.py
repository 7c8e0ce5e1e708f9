"""The words that a paper's `claims.py` is written in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from lth_common.errors import LTHError
from lth_common.protocol.task_metrics import Kind

from .curves import Curve, Mark, Pooled, Published, PublishedPair
from .derived import Derived, derived
from .measured import Measured, Verbs
from .python_files import Named
from .quantities import Unit
from .rules import Claim, DerivedRule, Place, PublishedRule, Rule


@dataclass(frozen=True)
class Arms:
    """The arms of an experiment in a variant: `arms["winning"]` is the curve of one, in the task's own metric."""

    experiment: str
    variant: str
    metric: dict[str, Any]

    def __getitem__(self, arm: str) -> Curve:
        return Curve(experiment=self.experiment, variant=self.variant, arm=arm, **self.metric)


def run(experiment: str, variant: str, metric: str = "selected_accuracy", split: str = "test") -> Arms:
    """The runs of an experiment in a variant."""
    return Arms(experiment, variant, {"metric": metric, "split": split})


class Bound(NamedTuple):
    """A number in a unit: the end of the range that a rule asks for."""

    value: float
    unit: Unit


# A difference of accuracies is in points, an accuracy in per cent or a fraction.
points, percent, fraction, ratio, count, steps, epochs, samples, nats, bleu, reward = (
    partial(Bound, unit=unit) for unit in (
        "points", "percent", "fraction", "ratio", "count", "steps", "epochs", "samples", "nats", "bleu", "reward"))


def published(item: str, series: str | None = None, y_name: str | None = None, x: float | None = None,
              scale: float = 1.0) -> Published:
    """Numbers of `published.csv`; `published(…) - published(…)` for the two sides of a rule.

    `scale`: the printed number times this is comparable with ours.
    """
    return Published(item=item, series=series, y_name=y_name, x=x, scale=scale)


class printed(NamedTuple):  # noqa: N801, a word like the others
    """One printed number that says what the whole rule measures."""

    number: Published


class Several(NamedTuple):
    """Several numbers a seed, and the function of the paper's folder that makes one of them."""

    function: Derived
    places: list[Place]


def derive(function: Callable, *numbers: Verbs | tuple[Verbs, Published | None], gives: Kind | None = None,
           **settings: Any) -> Measured | Several:
    """What a function of the paper's folder makes: for what no other paper asks.

    Of one curve: the function is called with each seed's levels, a data frame with columns `value`, `weights_remaining`
    and `meets` (the condition of `where`), and returns a number.
    Of several numbers, each alone or with the paper's own: it is called with a data frame, a row a seed and a column
    (0, 1, …) for each number that was run, and returns a series by seed.
    `gives`: the kind of number that it makes, if it is another than that of the curve. `settings`: further arguments.
    The function stands at the top of its file, which is imported when it is judged.
    """
    made = derived(function, gives, settings)
    if len(numbers) == 1 and isinstance(numbers[0], Verbs):
        return numbers[0]._of_one(made)
    places = []
    for number in numbers:
        ours, theirs = number if isinstance(number, tuple) else (number, None)
        measured = ours._measured()
        unit = "ratio" if measured.quantity == "ratio" else "fraction"  # as recorded
        places.append(Place(**measured.fields(), unit=unit, published=_source(theirs)))
    return Several(made, places)


def rule(label: str, measured: Verbs | Several, *, at_least: Bound | None = None, at_most: Bound | None = None,
         within: Bound | None = None, published: Published | PublishedPair | printed | None = None,
         after_epochs: int | None = None, pooled: Pooled | None = None) -> Rule | DerivedRule:
    """What is measured must be at least this, at most that, or within so much of 0.

    `published`: the paper's own number, or its points, which are put through the rule as ours are.
    `after_epochs`: shorter trainings leave it undecided. `pooled`: of several experiments as one.

    Raises:
        LTHError: if it has no bound, or bounds in two units, or more is said of what `derive` makes of several numbers.
    """
    low, high = (within and within._replace(value=-within.value), within) if within else (at_least, at_most)
    if within is not None and (at_least, at_most) != (None, None):
        raise LTHError(f"rule '{label}': 'within' is both bounds; legal: 'within', or 'at_least' and 'at_most'")
    units = {bound.unit for bound in (low, high) if bound is not None}
    if len(units) != 1:
        raise LTHError(f"rule '{label}': {'bounds in ' + ' and '.join(sorted(units)) if units else 'no bound'}; legal: "
                       "'at_least', 'at_most' or both, in one unit, or 'within'")
    said = {"label": label, "unit": units.pop(), "at_least": low and low.value, "at_most": high and high.value}
    if isinstance(measured, Several):
        if (published, after_epochs, pooled) != (None, None, None):
            raise LTHError(f"rule '{label}': legal with derive(…) of several numbers: bounds alone; published numbers "
                           "stand beside ours in it")
        return DerivedRule(**said, function=measured.function, places=measured.places)
    return Rule(**said, **measured._measured().fields(), epochs=after_epochs, pooled=pooled,
                published=_source(published))


def pooled(others: Iterable[str], zero: Curve, one: Curve) -> Pooled:
    """A rule's or panel's experiment and `others` as one: scores, 0 at the dense network's `zero`, 1 at its `one`."""
    marks = [Mark(arm=mark.arm, metric=mark.metric, split=mark.split) for mark in (zero, one)]
    return Pooled(with_=list(others), zero=marks[0], one=marks[1])


def claim(name: str, says: str, where: str, rules: Iterable[Rule | DerivedRule], requires: Iterable[str] = (),
          comment: str | None = None) -> Named:
    """A statement of the paper in our words, where it stands, and the rules that decide it.

    `requires`: claims that must hold before this one is judged. `comment`: why it holds or fails, once known.
    """
    return Named(name, Claim(statement=says, where=where, rules=list(rules), requires=list(requires) or None,
                             comment=comment))


def _source(published: Published | PublishedPair | printed | None) -> PublishedRule | None:
    if published is None:
        return None
    if isinstance(published, printed):
        return PublishedRule(value=published.number)
    if isinstance(published, PublishedPair):
        return PublishedRule(of=published.of, against=published.against)
    return PublishedRule(of=published)
