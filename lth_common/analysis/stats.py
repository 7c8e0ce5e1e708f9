"""Means over seeds with an honest interval."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

RESAMPLES = 10_000


class Interval(NamedTuple):
    """A mean over `n` seeds, and the interval [low, high] that covers the true mean.

    `low` above `high`: an intersection of intervals that exclude each other.
    """

    mean: float
    low: float
    high: float
    n: int

    @property
    def inconsistent(self) -> bool:
        """Whether no value is left."""
        return self.low > self.high


NOTHING = Interval(math.nan, -math.inf, math.inf, 0)  # of no seed


def t_interval(values: Iterable[float], confidence: float = 0.95) -> Interval:
    """Student-t interval of the mean of `values`, one value per seed (the seed is the only replicate).

    Student-t and not the bootstrap, because papers of this kind have 3 to 10 seeds: there a percentile
    bootstrap of the mean covers the truth in only 73 % (n = 3), 83 % (n = 5) and 90 % (n = 10) of cases at
    nominal 95 %, the t-interval in 95 % whatever n, if seeds are roughly normal.

    One seed says nothing about spread: its interval is (-inf, inf). Equal values (exact counts) have zero
    width. A value that is not finite (a diverged run) makes the mean NaN and the interval (-inf, inf).
    The result does not depend on the order of `values`, to the last bit.

    Raises:
        ValueError: if there are no values or `confidence` is not inside (0, 1).
    """
    data = [float(value) for value in values]
    if not data:
        raise ValueError("t_interval needs at least one value")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not inside (0, 1)")
    n = len(data)
    if not all(map(math.isfinite, data)):
        return Interval(math.nan, -math.inf, math.inf, n)
    if n == 1:
        return Interval(data[0], -math.inf, math.inf, 1)
    if min(data) == max(data):
        return Interval(data[0], data[0], data[0], n)
    mean = math.fsum(data) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in data) / (n - 1))
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * spread / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def stratified_interval(strata: Sequence[Iterable[float]], confidence: float = 0.95) -> Interval:
    """Interquartile mean of all values of several strata (games), with a stratified bootstrap's percentile interval.

    Every resample draws as many values of each stratum as it has, with replacement (Agarwal et al. 2021); 10,000 of
    them from a fixed seed. With three seeds a stratum such intervals are too narrow; single games have t-intervals.
    Values that are not finite, or a stratum with one value only, make it (-inf, inf).

    Raises:
        ValueError: if there is no stratum, or an empty one.
    """
    data = [np.sort(np.asarray(list(stratum), dtype=float)) for stratum in strata]
    if not data or not all(stratum.size for stratum in data):
        raise ValueError("stratified_interval needs at least one value in each stratum")
    whole = np.concatenate(data)
    if not np.isfinite(whole).all() or min(stratum.size for stratum in data) < 2:
        return Interval(iqm(whole) if np.isfinite(whole).all() else math.nan, -math.inf, math.inf, whole.size)
    generator = np.random.default_rng(0)
    drawn = np.concatenate([stratum[generator.integers(stratum.size, size=(RESAMPLES, stratum.size))]
                            for stratum in data], axis=1)
    cut = whole.size // 4
    means = np.sort(drawn, axis=1)[:, cut:whole.size - cut].mean(axis=1)
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(iqm(whole), float(low), float(high), whole.size)


def iqm(values: Iterable[float]) -> float:
    """Interquartile mean: the mean of what is left without the lowest and the highest quarter of the values.

    A quarter that is not whole is rounded down, as in Agarwal et al. (2021), "Deep reinforcement learning at
    the edge of the statistical precipice". For pooled scores of games; average inside a seed first.

    Raises:
        ValueError: if there are no values.
    """
    data = np.sort(np.asarray(list(values), dtype=float))
    if not data.size:
        raise ValueError("iqm needs at least one value")
    cut = data.size // 4
    return math.fsum(data[cut:data.size - cut]) / (data.size - 2 * cut)
