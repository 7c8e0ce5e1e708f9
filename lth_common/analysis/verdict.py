"""Four words and a reason: does what was measured meet a rule?"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .intervals import ERROR, How, at_looks, of_mean
from .stats import NOTHING, Interval

HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "fails", "undecided", "not run"


class Range(NamedTuple):
    """Where a value must lie; an end that is None is open to infinity, one that is strict does not belong to it."""

    low: float | None = None
    high: float | None = None
    strict_low: bool = False
    strict_high: bool = False

    def contains(self, interval: Interval) -> bool:
        """Whether every value of the interval meets the rule."""
        margin = self._margin()
        return ((self.low is None or interval.low >= self.low + (margin if self.strict_low else -margin))
                and (self.high is None or interval.high <= self.high - (margin if self.strict_high else -margin)))

    def excludes(self, interval: Interval) -> bool:
        """Whether no value of the interval meets the rule."""
        margin = self._margin()
        below = self.low is not None and interval.high < self.low + (margin if self.strict_low else -margin)
        return below or (self.high is not None
                         and interval.low > self.high - (margin if self.strict_high else -margin))

    def slack(self, value: float) -> float:
        """Distance to the nearer end, negative outside; a value that is not a number is worst of all."""
        low, high = (math.inf * sign if end is None else end for end, sign in ((self.low, -1), (self.high, 1)))
        return -math.inf if math.isnan(value) else min(value - low, high - value)

    def _margin(self) -> float:
        """Keeps 0.97 − 0.98 from missing a bound of −1 point."""
        return 1e-9 * max(1.0, *(abs(end) for end in (self.low, self.high) if end is not None))


class Finding(NamedTuple):
    """A verdict, why it is undecided, and the interval that decides (of several: `key` says which)."""

    verdict: str
    reason: str
    interval: Interval
    key: object = None


def find(groups: Mapping[object, Sequence[float]], legal: Range, across: str = "one", how: How = of_mean,
         tests: int = 1) -> Finding:
    """Whether the values meet `legal`, at the looks that they reach.

    groups: values of seeds 10, 11, … by level, or of one group where there is one number a seed.
    across: 'every' group must meet it, 'some' group must, or there is 'one'.
    tests: how many (rule, level) pairs the claim has. That all of them meet it needs no correction; that any of them
        fails, or that some level of many meets it, is declared at an error of ERROR / tests (Bonferroni), or one of
        fifteen levels on the bound would fail by chance in 31 % of cases.
    """
    found = {key: at_looks(values, how) for key, values in groups.items()}
    strict = {key: at_looks(values, how, ERROR / tests) for key, values in groups.items()}
    if not found or all(interval.n == 0 for interval in found.values()):
        return Finding(NOT_RUN, "time", NOTHING)
    meets = {key for key in found if not found[key].inconsistent and legal.contains(
        (strict if across == "some" else found)[key])}
    fails = {key for key in found if not found[key].inconsistent and legal.excludes(
        (found if across == "some" else strict)[key])}
    enough, needed = (fails, meets) if across != "some" else (meets, fails)
    if enough:
        verdict, keys = (FAILS, HOLDS)[across == "some"], enough
    elif len(needed) == len(found):
        verdict, keys = (HOLDS, FAILS)[across == "some"], needed
    else:
        verdict, keys = UNDECIDED, found.keys() - needed
    pick = max if across == "some" else min
    key = pick((key for key in found if key in keys), key=lambda key: legal.slack(found[key].mean))
    torn = verdict == UNDECIDED and any(found[key].inconsistent for key in keys)
    return Finding(verdict, "" if verdict != UNDECIDED else "inconsistent" if torn else "width", found[key], key)
