"""Histograms of weights in common bins, in NumPy alone: importing torch takes longer than a figure."""

import math
from collections.abc import Iterable

import numpy as np

BINS = 121  # odd, so that one bin is centred on 0; part of what claims about peaks mean, as those of `survivors`

Pooled = dict[tuple[str, str, str, int], list[np.ndarray]]


def bin_edges(samples: Iterable[np.ndarray]) -> np.ndarray:
    """Edges [BINS + 1] of equal bins over ± the largest finite |w| of all samples (± 1 if that is 0)."""
    reach = max((np.abs(sample[np.isfinite(sample)]).max(initial=0.0) for sample in samples), default=0.0)
    return np.linspace(-1.0, 1.0, BINS + 1) * (reach or 1.0)


def density(sample: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Density [bins] of a sample [n], per unit of weight; NaN if there is none or one of them is not finite."""
    if not sample.size or not np.isfinite(sample).all():
        return np.full(len(edges) - 1, math.nan)
    return np.histogram(sample, edges)[0] / (sample.size * np.diff(edges))
