"""Curves over training as one number for each seed and level: the choices of `over_epochs`."""

from collections.abc import Callable
from functools import partial
from typing import get_args

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.quantities import OverEpochs

CHOICES: tuple[str, ...] = get_args(OverEpochs)
CURVE = ["seed", "level"]


def reduce_curves(curves: pd.DataFrame, how: OverEpochs, steps_per_epoch: pd.Series | None = None) -> pd.Series:
    """One value for each (seed, level), sorted, of curves with columns seed, level, step, value in any order.

    Values are in the unit of the curve, except epochs (step over `steps_per_epoch`, which has one number for each
    (seed, level) whose curve is finite) and `change_in_last_tenth` (a fraction). Of equal values the first in training
    counts.
    A seed whose curve has a value that is not finite (a diverged run) gets NaN, and so does every seed of its level
    where the mean over seeds decides; only `last` is the last value as it stands. NaN too where the choice has no
    meaning: `epochs_to_99_percent` of a curve that is never above 0, `change_in_last_tenth` of one too short to have
    another point nearest to nine tenths than its end.
    `epoch_of_max_of_mean` and its like are one number for all seeds, without spread: an interval over seeds has no
    width then, and says nothing about chance.

    Raises:
        LTHError: if the seeds of a level share no step, or an epoch is asked for without steps per epoch.
    """
    rows = curves.sort_values([*CURVE, "step"], ignore_index=True)
    judged_together = ["level"] if how.endswith("of_mean") else CURVE
    values = PICKS[how](rows if how == "last" else rows[_sound(rows, judged_together)]).set_index(CURVE)
    curves_there = pd.MultiIndex.from_frame(rows[CURVE].drop_duplicates())
    if not needs_epochs(how):
        return values["value"].reindex(curves_there)
    per_epoch = pd.Series(dtype="float64") if steps_per_epoch is None else steps_per_epoch
    return (values["step"] / checked_steps_per_epoch(per_epoch, values.index)).reindex(curves_there)


def needs_epochs(how: OverEpochs) -> bool:
    """Whether a choice gives epochs rather than values of the curve."""
    return how.startswith("epoch")


def checked_steps_per_epoch(steps_per_epoch: pd.Series, curves: pd.MultiIndex) -> pd.Series:
    """Steps per epoch of each (seed, level) of `curves`.

    Raises:
        LTHError: naming the first seed and level without a number above 0.
    """
    found = steps_per_epoch.reindex(curves) if len(steps_per_epoch) else pd.Series(np.nan, index=curves)
    bad = ~(found > 0)
    if bad.any():
        seed, level = found.index[bad][0]
        raise LTHError(f"no 'steps_per_epoch' above 0 for seed {seed}, level {level}: epochs need one record of it "
                       "(split 'model', step 0) for each seed and level")
    return found


def _sound(rows: pd.DataFrame, together: list[str]) -> pd.Series:
    """Which rows belong to a group (a curve, or all curves of a level) that is finite all through."""
    return np.isfinite(rows["value"]).groupby([rows[column] for column in together]).transform("all")


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates(CURVE, keep="last")


def _own_best(rows: pd.DataFrame, sign: int) -> pd.DataFrame:
    """Each curve's own first highest (sign 1) or lowest (sign -1) row."""
    height = sign * rows["value"]
    return rows[height == height.groupby([rows[column] for column in CURVE]).transform("max")].drop_duplicates(CURVE)


def _best_of_mean(rows: pd.DataFrame, sign: int) -> pd.DataFrame:
    """The rows at the step at which a level's mean is best, over the steps that all of its seeds have."""
    seeds = rows.groupby("level")["seed"].transform("nunique")
    shared = rows[rows.groupby(["level", "step"])["seed"].transform("size") == seeds]
    alone = sorted(set(rows["level"]) - set(shared["level"]))
    if alone:
        raise LTHError(f"the seeds of level {alone[0]} share no step, so their mean has no best one; legal: "
                       f"{', '.join(choice for choice in CHOICES if not choice.endswith('of_mean'))}")
    # Summed in the order of the values, so that the seeds' numbering cannot decide between equal means.
    means = shared.sort_values(["level", "step", "value"]).groupby(["level", "step"])["value"].mean() * sign
    best = means[means == means.groupby(level="level").transform("max")].reset_index().drop_duplicates("level")
    return shared.merge(best[["level", "step"]], on=["level", "step"])


def _first_at_99_percent(rows: pd.DataFrame) -> pd.DataFrame:
    highest = rows["value"].groupby([rows[column] for column in CURVE]).transform("max")
    return rows[(rows["value"] >= 0.99 * highest) & (highest > 0)].drop_duplicates(CURVE)


def _change_in_last_tenth(rows: pd.DataFrame) -> pd.DataFrame:
    """The end of each curve, its value over that at the step nearest to nine tenths (the earlier of two) minus 1."""
    curve = [rows[column] for column in CURVE]
    distance = (10 * rows["step"] - 9 * rows["step"].groupby(curve).transform("max")).abs()  # whole numbers: exact
    before = rows[distance == distance.groupby(curve).transform("min")].drop_duplicates(CURVE).set_index(CURVE)
    end = _last(rows).set_index(CURVE)
    change = (end["value"] / before["value"] - 1).where(before["step"] < end["step"])
    return end.assign(value=change).reset_index()


PICKS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "last": _last,
    "at_max_of_mean": partial(_best_of_mean, sign=1),
    "at_min_of_mean": partial(_best_of_mean, sign=-1),
    "epoch_of_max": partial(_own_best, sign=1),
    "epoch_of_min": partial(_own_best, sign=-1),
    "epoch_of_max_of_mean": partial(_best_of_mean, sign=1),
    "epoch_of_min_of_mean": partial(_best_of_mean, sign=-1),
    "epochs_to_99_percent": _first_at_99_percent,
    "change_in_last_tenth": _change_in_last_tenth,
}
