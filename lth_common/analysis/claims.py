"""Verdicts: holds, fails or undecided. An interval that is too wide is never rounded up to a yes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.rules import Claim, DerivedRule, Rule

from .derived import derived_numbers
from .failures import failed_note
from .levels import missing_levels, skipped_levels, too_short
from .number_formats import show_range
from .pooled import pooled_interval
from .published_quantities import published_quantities
from .quantities import NONE, describe_quantity, lowest_note, pairs_of, quantities
from .stats import NOTHING, Interval, t_interval


@dataclass(frozen=True)
class RuleVerdict:
    """One judged rule. Numbers are in the rule's unit; `published*` is None where the paper has no number."""

    rule: str
    quantity: str
    estimate: float
    low: float
    high: float
    n: int
    unit: str
    legal: str
    published: float | None
    published_ok: bool | None
    verdict: str
    note: str


@dataclass(frozen=True)
class ClaimVerdict:
    """A judged claim: fails if any rule fails, holds if all hold, else undecided.

    `unmet`: which of its conditions do not hold, such as 'C1 is undecided' (see `conditions`).
    """

    claim_id: str
    claim: Claim
    rules: tuple[RuleVerdict, ...]
    verdict: str
    unmet: tuple[str, ...] = ()


def judge(claim_id: str, claim: Claim, records: pd.DataFrame, published: pd.DataFrame,
          left_out: Mapping[tuple[str, str, str], str] = NONE) -> ClaimVerdict:
    """Judge all rules of a claim on the records of one paper, with `read_published`'s numbers beside them.

    `left_out`: (experiment, variant, arm) that are not run, and why; their rules are undecided.

    Raises:
        LTHError: naming the claim, if a rule names what is not in the records or in the published numbers.
    """
    rules = []
    for rule in claim.rules:
        try:
            how = judge_derived if isinstance(rule, DerivedRule) else judge_pooled if rule.pooled else judge_rule
            rules.append(how(rule, records, published, left_out))
        except LTHError as error:
            raise LTHError(f"claim {claim_id}, rule '{rule.label}': {error}") from None
    return ClaimVerdict(claim_id, claim, tuple(rules), combine("every", (rule.verdict for rule in rules)))


def judge_rule(rule: Rule, records: pd.DataFrame, published: pd.DataFrame,
               left_out: Mapping[tuple[str, str, str], str] = NONE) -> RuleVerdict:
    """Judge one rule by 95 % t-intervals over seeds, which pair the two sides.

    `mean`, `slope` and so on: one interval of the seeds' numbers. `every` and `some`: one interval a level, and the
    estimate reported is that of the level that decides (of those with the final verdict, the one with least
    slack for `every`, with most for `some`). Each level has its own 95 %: near a bound, `every` over many
    levels fails by chance more often than 1 in 40, and `some` holds more often.
    An interval inside the range holds, one wholly outside fails, the rest and single seeds are undecided.
    If the runs stop before the end of the range, the rest counts as undecided; levels inside it that were not run
    are named in the note, and so is how much `where` leaves out: neither is a part of the verdict. Trainings shorter
    than `rule.epochs` leave it undecided, whatever the interval, and so does an arm of `left_out`. A training that
    failed leaves its level undecided, or the one number: no mean is taken without its seed.

    Raises:
        LTHError: if a side is not in the records, the sides share no seed, steps per epoch are missing where
            epochs are needed, or a published selection is empty.
    """
    pairs, note = pairs_of(rule, records, left_out)
    intervals = _intervals(rule, pairs[pairs["counts"]])
    verdicts = {level: _verdict(rule, interval) for level, interval in intervals.items()}
    missing, short = missing_levels(rule, records, pairs), too_short(rule, records, pairs)
    verdict = combine(rule.across_levels, [*verdicts.values(), *["undecided"] * bool(missing or not verdicts)])
    deciding = [level for level, found in verdicts.items() if found == verdict] or list(verdicts)
    level = _worst(rule, {key: intervals[key].mean for key in deciding})
    estimate = intervals.get(level, NOTHING)
    theirs, published_note = published_quantities(rule, pairs, published)
    value = float(theirs[_worst(rule, theirs)]) if theirs else None
    notes = (note, failed_note(rule, records, pairs), lowest_note(rule, pairs), skipped_levels(rule, records, pairs),
             missing, short, published_note)
    return RuleVerdict(rule.label, describe_quantity(rule, pairs, level), *estimate, rule.unit,
                       show_range(rule.at_least, rule.at_most), value, _satisfied(rule, value),
                       "undecided" if short else verdict, "; ".join(filter(None, notes)))


def judge_derived(rule: DerivedRule, records: pd.DataFrame, published: pd.DataFrame,
                  left_out: Mapping[tuple[str, str, str], str] = NONE) -> RuleVerdict:
    """Judge what a function makes of several numbers by the 95 % t-interval over the seeds' own.

    Raises:
        LTHError: as `judge_rule`.
    """
    values, theirs, note = derived_numbers(rule, records, published, left_out)
    interval = t_interval(values) if len(values) else NOTHING
    return RuleVerdict(rule.label, rule.function.says, *interval, rule.unit,
                       show_range(rule.at_least, rule.at_most), theirs, _satisfied(rule, theirs),
                       _verdict(rule, interval), note)


def judge_pooled(rule: Rule, records: pd.DataFrame, published: pd.DataFrame,
                 left_out: Mapping[tuple[str, str, str], str] = NONE) -> RuleVerdict:
    """Judge several experiments as one by the stratified interval of their scores' interquartile mean.

    Raises:
        LTHError: as `judge_rule`, or if there is nothing that scores could run from or to.
    """
    interval, note = pooled_interval(rule, records, left_out)
    interval = interval or NOTHING
    first = describe_quantity(rule, pairs_of(rule, records, left_out)[0], None)
    what = f"interquartile mean of scores: {first}, and the same of {', '.join(rule.pooled.with_)}"
    return RuleVerdict(rule.label, what, *interval, rule.unit, show_range(rule.at_least, rule.at_most), None, None,
                       _verdict(rule, interval), note)


def combine(across: str, verdicts: Iterable[str]) -> str:
    """Verdict of several: for `every` all must hold and one failure decides, `some` is the opposite.

    One number a seed (`mean` and so on) has one verdict, and an undecided part beside it leaves it undecided.
    """
    verdicts = set(verdicts)
    if across not in ("every", "some"):
        return verdicts.pop() if len(verdicts) == 1 else "undecided"
    decisive, unanimous = ("holds", "fails") if across == "some" else ("fails", "holds")
    if decisive in verdicts:
        return decisive
    return unanimous if verdicts == {unanimous} else "undecided"


def _intervals(rule: Rule, pairs: pd.DataFrame) -> dict[int | None, Interval]:
    """Interval for each level, or for None if the rule is about one number a seed."""
    each_level = rule.across_levels in ("every", "some")
    per_group = {key: quantities(rule, group) for key, group in pairs.groupby(level="level" if each_level else "seed")}
    if each_level:
        return {level: t_interval(values) for level, values in per_group.items()}
    return {None: t_interval(np.concatenate(list(per_group.values())))} if per_group else {}


def _slack(rule: Rule, value: float) -> float:
    """Distance to the nearer bound, negative outside; a value that is not a number is worst of all."""
    low = -math.inf if rule.at_least is None else rule.at_least
    high = math.inf if rule.at_most is None else rule.at_most
    return -math.inf if math.isnan(value) else min(value - low, high - value)


def _worst(rule: Rule, values: dict) -> int | None:
    """Key of the value with least slack (`some`: most); the first of equals."""
    pick = max if rule.across_levels == "some" else min
    return pick(values, key=lambda key: _slack(rule, values[key]), default=None)


def _satisfied(rule: Rule | DerivedRule, published: float | None) -> bool | None:
    """Whether the paper's own number meets the rule; it has no interval."""
    return None if published is None else _verdict(rule, Interval(published, published, published, 2)) == "holds"


def _verdict(rule: Rule | DerivedRule, interval: Interval) -> str:
    """One interval against the range. The tolerance keeps 0.97 - 0.98 from missing a bound of -1 point."""
    low, high = (math.nan if bound is None else bound for bound in (rule.at_least, rule.at_most))
    margin = 1e-9 * max(1.0, *(abs(bound) for bound in (low, high) if not math.isnan(bound)))
    if interval.n < 2:
        return "undecided"
    if interval.high < low - margin or interval.low > high + margin:
        return "fails"
    return "undecided" if interval.low < low - margin or interval.high > high + margin else "holds"
