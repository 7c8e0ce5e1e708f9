"""Which levels a quantity is about, and what of them was not run."""

import numpy as np
import pandas as pd

from lth_common.expressions.rules import Quantity, Rule

from .selection import select, trained_steps

# Kept counts are whole numbers, so a level of "20 %" may keep 19.999 %; ranges are read with this tolerance.
RANGE_TOLERANCE = 1e-3


def moving_side(quantity: Quantity) -> str | None:
    """'of' or 'against', whichever goes through the levels; None if every side has a fixed level."""
    if quantity.of.level is None:
        return "of"
    return "against" if quantity.against is not None and quantity.against.level is None else None


def inside(quantity: Quantity, pairs: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """The levels in the quantity's ranges; `weights` are means over seeds: a level is in for all or for none."""
    low, high = quantity.weights_remaining
    good = (weights >= low * (1 - RANGE_TOLERANCE)) & (weights <= high * (1 + RANGE_TOLERANCE))
    if quantity.levels is not None:
        good &= (weights.index >= quantity.levels[0]) & (weights.index <= quantity.levels[1])
    return pairs[pairs.index.get_level_values("level").isin(good.index[good])]


def missing_levels(quantity: Quantity, records: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Says so if the runs stop before the end of the range, as in a reduced scale; else ''.

    They go to the end if a later level was run, or if the next one would lie beyond: its weights are extrapolated from
    the mean rate so far (w^((level+1)/level)). Without a range it is about whatever was run.
    """
    moving, low = moving_side(quantity), quantity.weights_remaining[0] * (1 - RANGE_TOLERANCE)
    if pairs.empty or moving is None or (low == 0 and quantity.levels is None):
        return ""
    last = int(pairs.index.get_level_values("level").max())
    sides = [side for side in quantity.sides if side.level is None]
    if all(select(records, side).index.get_level_values("level").max() > last for side in sides):
        return ""
    weights = float(pairs.xs(last, level="level")[f"{moving}_weights"].mean())
    following = weights ** ((last + 1) / last) if last else weights
    if following < low or (quantity.levels is not None and last + 1 > quantity.levels[1]):
        return ""
    return f"not all of the range was run: the last level is {last}, {weights:.4g} of the weights"


def skipped_levels(quantity: Quantity, records: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Names levels of the range that were left out: gaps, and levels that only one side was run at; '' if none."""
    run = set(pairs.index.get_level_values("level"))
    if not run or moving_side(quantity) is None:
        return ""
    first = min(run) if quantity.levels is None or len(run) < 2 else min(min(run), quantity.levels[0])
    known = set(range(first, max(run)))
    for side in quantity.sides:
        if side.level is None:
            weights = select(records, side)["weights_remaining"].groupby(level="level").mean()
            known |= set(inside(quantity, weights.to_frame(), weights).index)
    skipped = sorted(known - run - {0})
    return f"levels not run: {', '.join(map(str, skipped))}" if skipped else ""


def too_short(rule: Rule, records: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Says so if a training of either side ends before the epoch that the rule is about; else ''.

    The shortest of the seeds at the rule's levels counts, without those that failed. A last epoch that the budget cuts
    short by a part of a step is whole.

    Raises:
        LTHError: if `rule.epochs` is given and the records have no steps per epoch.
    """
    if rule.epochs is None or pairs.empty:
        return ""
    levels, short = pairs.index.unique("level").tolist(), []
    for side in rule.sides:
        trained = trained_steps(records, side, levels if side.level is None else [side.level])
        below = trained[trained["last"] < np.floor(rule.epochs * trained["per_epoch"])]
        short += (below["last"] / below["per_epoch"]).tolist()
    return f"trained for {min(short):.4g} epochs, the rule is about {rule.epochs}" if short else ""


