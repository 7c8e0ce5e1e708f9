"""What a rule is about: our numbers paired by seed, and the paper's own numbers for the same levels."""

import math

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.schema.analysis import Published
from lth_common.schema.claims import Rule

from .published import curve, printed, value_at
from .series import describe, select, trained_steps
from .units import factor

# Kept counts are whole numbers, so a level of "20 %" may keep 19.999 %; ranges are read with this tolerance.
RANGE_TOLERANCE = 1e-3


def pairs_of(rule: Rule, records: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Both sides of a rule at the levels it is about, paired by seed, and a note on what was left out.

    Index (seed, level); columns of, of_weights, against, against_weights (weights remaining of each side;
    the last two NaN for `value`). Empty if none of the levels was run.

    Raises:
        LTHError: if a side is not in the records or the sides share no seed.
    """
    pairs = select(records, rule.of).set_axis(["of", "of_weights"], axis=1)
    if rule.against is None:
        pairs = pairs.assign(against=np.nan, against_weights=np.nan)
    else:
        other = select(records, rule.against).set_axis(["against", "against_weights"], axis=1)
        seeds = [set(side.index.unique("seed")) for side in (pairs, other)]
        if all(seeds) and not seeds[0] & seeds[1]:
            raise LTHError(f"{describe(rule.of)} and {describe(rule.against)} share no seed: nothing to pair")
        if rule.against.level is not None:
            pairs = pairs.join(other.droplevel("level"), on="seed", how="inner")
        elif rule.of.level is not None:
            pairs = other.join(pairs.droplevel("level"), on="seed", how="inner")
        else:
            pairs = pairs.join(other, how="inner")
    moving = moving_side(rule)
    if moving:
        pairs = _inside(rule, pairs, pairs[f"{moving}_weights"].groupby(level="level").mean())
    if pairs.empty:
        return pairs, "no level of this rule was run"
    return _complete(rule, pairs)


def moving_side(rule: Rule) -> str | None:
    """'of' or 'against', whichever goes through the levels; None if every side has a fixed level."""
    if rule.of.level is None:
        return "of"
    return "against" if rule.against is not None and rule.against.level is None else None


def missing_levels(rule: Rule, pairs: pd.DataFrame) -> str:
    """Says so if the runs stop before the end of the rule's range, as in a reduced scale; else ''.

    The next level's weights are extrapolated from the mean rate so far (w^((level+1)/level)). A rule without
    a range is about whatever was run.
    """
    moving, low = moving_side(rule), rule.weights_remaining[0] * (1 - RANGE_TOLERANCE)
    if pairs.empty or moving is None or (low == 0 and rule.levels is None):
        return ""
    last = int(pairs.index.get_level_values("level").max())
    weights = float(pairs.xs(last, level="level")[f"{moving}_weights"].mean())
    following = weights ** ((last + 1) / last) if last else weights
    if following < low or (rule.levels is not None and last + 1 > rule.levels[1]):
        return ""
    return f"not all of the range was run: the last level is {last}, {weights:.4g} of the weights"


def skipped_levels(rule: Rule, pairs: pd.DataFrame) -> str:
    """Names levels inside the range that this scale leaves out; '' if there are none."""
    run = set(pairs.index.get_level_values("level"))
    if len(run) < 2:
        return ""
    first = min(run) if rule.levels is None else min(min(run), rule.levels[0])
    skipped = sorted(set(range(first, max(run))) - run)
    return f"levels not run: {', '.join(map(str, skipped))}" if skipped else ""


def too_short(rule: Rule, records: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Says so if a training of either side ends before the epoch that the rule is about; else ''.

    The shortest of the seeds at the rule's levels counts. A last epoch that the budget cuts short by a part of a
    step is whole.

    Raises:
        LTHError: if `rule.epochs` is given and the records have no steps per epoch.
    """
    if rule.epochs is None or pairs.empty:
        return ""
    levels, short = pairs.index.unique("level").tolist(), []
    for side in filter(None, (rule.of, rule.against)):
        trained = trained_steps(records, side, levels if side.level is None else [side.level])
        below = trained[trained["last"] < np.floor(rule.epochs * trained["per_epoch"])]
        short += (below["last"] / below["per_epoch"]).tolist()
    return f"trained for {min(short):.4g} epochs, the rule is about {rule.epochs}" if short else ""


def _inside(rule: Rule, pairs: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """The levels in the rule's ranges; `weights` are means over seeds: a level is in for all or for none."""
    low, high = rule.weights_remaining
    good = (weights >= low * (1 - RANGE_TOLERANCE)) & (weights <= high * (1 + RANGE_TOLERANCE))
    if rule.levels is not None:
        good &= (weights.index >= rule.levels[0]) & (weights.index <= rule.levels[1])
    return pairs[pairs.index.get_level_values("level").isin(good.index[good])]


def _complete(rule: Rule, pairs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For a mean over levels, only seeds that have all levels: other means would be over different levels."""
    counts = pairs.groupby(level="seed").size()
    short = counts.index[counts < pairs.index.unique("level").size]
    if rule.across_levels != "mean" or short.empty:
        return pairs, ""
    note = f"left out for missing levels: seed {', '.join(map(str, short))}"
    return pairs[~pairs.index.get_level_values("seed").isin(short)], note


def quantities(rule: Rule, of: np.ndarray, against: np.ndarray) -> np.ndarray:
    """The rule's quantity in its unit: of each pair, or of the two means (shape [1]) for `mean`."""
    if rule.across_levels == "mean":
        of, against = of.mean(keepdims=True), against.mean(keepdims=True)
    if rule.quantity == "value":
        return factor(rule.unit) * of
    with np.errstate(divide="ignore", invalid="ignore"):
        return factor(rule.unit) * (of - against if rule.quantity == "difference" else of / against)


def published_quantities(rule: Rule, pairs: pd.DataFrame,
                         table: pd.DataFrame) -> tuple[dict[int, float], str]:
    """The paper's numbers in the rule's unit, and a note on how much of the rule they cover.

    A printed number, or the paper's own points at the levels of `pairs` put through the rule: one number for
    `mean`, one for each level otherwise; none if the paper has no point at these levels.

    Raises:
        LTHError: if the selection finds nothing, or text where a number is needed.
    """
    source = rule.published
    if source is None:
        return {}, ""
    if source.value is not None:
        text, number = printed(table, source.value)
        if math.isnan(number):
            chosen = source.value.model_dump(exclude_none=True, exclude={"scale"})
            raise LTHError(f"published {chosen}: '{text}' is no number")
        return {0: factor(rule.unit) * number}, ""
    levels = pairs.groupby(level="level")[["of_weights", "against_weights"]].mean()
    of, against = (_points(table, side, levels[weights])
                   for side, weights in ((source.of, "of_weights"), (source.against, "against_weights")))
    there = ~np.isnan(of) & (~np.isnan(against) | (rule.quantity == "value"))
    if not there.any():
        return {}, "no published point at these levels" if there.size else ""
    note = "" if there.all() else f"published points at {there.sum()} of {there.size} levels"
    return dict(enumerate(quantities(rule, of[there], against[there]))), note


def _points(table: pd.DataFrame, side: Published | None, weights: pd.Series) -> np.ndarray:
    if side is None:
        return np.full(len(weights), math.nan)
    points = curve(table, side)
    return np.array([value_at(points, remaining) for remaining in weights])


def describe_quantity(rule: Rule, pairs: pd.DataFrame, level: int | None) -> str:
    """The quantity in words: both sides, how many levels, and the one that decided (None for a mean)."""
    sign = {"difference": " − ", "ratio": " / ", "value": ""}[rule.quantity]
    sides = sign.join(describe(side) for side in (rule.of, rule.against) if side is not None)
    if pairs.empty:
        return sides
    weights = pairs[f"{moving_side(rule) or 'of'}_weights"].groupby(level="level").mean()
    if len(weights) == 1:
        return sides
    span = f"{len(weights)} levels from {weights.max():.4g} to {weights.min():.4g} of the weights"
    if rule.across_levels == "mean":
        return f"{sides}, mean of {span}"
    return f"{sides}, {rule.across_levels} of {span}, decided at {weights[level]:.4g}"
