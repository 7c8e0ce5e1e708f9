"""The levels of one seed as one number: the choices of `across_levels`."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lth_common.expressions.derived import Derived
from lth_common.expressions.quantities import OverLevels


def reduce_levels(values: np.ndarray, weights: np.ndarray, meets: np.ndarray, how: OverLevels | Derived) -> float:
    """One number of one seed's levels, given in their order: arrays [levels].

    weights: weights remaining; meets: whether the level meets the condition, which only `lowest_weights` and its like
    ask. The unit is that of the values, a slope's for the whole of the weights; the others are shares.
    NaN if a value that enters is not finite (a diverged run), or the choice has no meaning: a slope of fewer than two
    levels, R² of fewer than three (two always lie on a line) or of equal values, no level that meets the condition.
    """
    if isinstance(how, Derived):
        return float(how(pd.DataFrame({"value": values, "weights_remaining": weights, "meets": meets})))
    return float(PICKS[how](values, weights, meets))


def _slope(values: np.ndarray, weights: np.ndarray, meets: np.ndarray) -> float:
    pruned = weights.mean() - weights  # less its mean
    if not np.ptp(weights) or not np.isfinite(values).all():
        return np.nan
    return pruned @ values / (pruned @ pruned)


def _r_squared(values: np.ndarray, weights: np.ndarray, meets: np.ndarray) -> float:
    slope = _slope(values, weights, meets)
    if len(values) < 3 or np.isnan(slope) or not np.ptp(values):
        return np.nan
    explained = slope * (weights.mean() - weights)
    around_mean = values - values.mean()
    return 1 - np.sum((around_mean - explained) ** 2) / np.sum(around_mean**2)


def _lowest(values: np.ndarray, weights: np.ndarray, meets: np.ndarray) -> float:
    return weights[meets].min() if meets.any() else np.nan


def _lowest_unbroken(values: np.ndarray, weights: np.ndarray, meets: np.ndarray) -> float:
    return _lowest(values, weights, np.logical_and.accumulate(meets))


PICKS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "mean": lambda values, weights, meets: values.mean(),
    "slope": _slope,
    "r_squared": _r_squared,
    "lowest_weights": _lowest,
    "lowest_weights_unbroken": _lowest_unbroken,
}
