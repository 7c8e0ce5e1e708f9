"""The surviving weights that a ticket's training starts from: their histogram, and what claims say of its shape."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks
from scipy.stats import skew

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import Prune
from lth_common.pruning.mask import Mask, Weights
from lth_common.runs.identity import Run
from lth_common.runs.making import rules_of, tickets_of
from lth_common.runs.records import frame
from lth_common.tickets.book import TicketBook

from .histograms import BINS, Pooled, bin_edges, density

# Fixed before any result was looked at; they are part of what the claims mean and are not to be tuned.
SMOOTHING = 2.0  # standard deviation of the Gaussian, in bins
PADDING = 10  # empty bins put on either side, so that a peak in the last bin is one
PROMINENCE = 0.02  # of a peak, as a share of the tallest value
NEAR_ZERO = 0.2  # half width of the middle of the gap, as a share of the pruning threshold

Runs = Iterable[tuple[Run, list[int]]]


def surviving(weights: Weights, mask: Mask) -> np.ndarray:
    """All kept weights pooled: float64 [kept]. The mask alone decides: a kept weight of exactly 0 is one of them."""
    mask.check_fits(weights)
    return torch.cat([weights[name][entry] for name, entry in mask.items()]).double().cpu().numpy()


def threshold(book: TicketBook, level: int) -> float:
    """The smallest |trained weight| that survived when the mask of `level` was cut; NaN at level 0, which is uncut.

    Where one pool of weights is pruned by magnitude this is the pruning threshold.

    Raises:
        LTHError: if the chain lacks the level, or did not keep the weights that the mask was cut from.
    """
    mask = book.ticket(level).mask
    if level == 0:
        return math.nan
    if level - 1 not in book.trained:
        raise LTHError(f"the trained weights of level {level - 1}, from which the mask of level {level} was cut, "
                       "were not kept: set prune.keep_trained to 'all'")
    return float(np.abs(surviving(book.trained[level - 1], mask)).min())


def measure(weights: Weights, mask: Mask, threshold: float) -> dict[str, float]:
    """Shape of the distribution of all survivors pooled; `threshold` in units of the weights, NaN if there is none.

    The histogram has 121 bins over ± the largest |w|. Peaks are the local maxima of its density after Gaussian
    smoothing (standard deviation 2 bins, 10 empty bins at either side) whose prominence is at least 2 % of the
    tallest value. The inner pair is the nearest peak on either side of 0; a peak in the bin of 0 is on both.

    survivors_peaks: number of peaks;
    survivors_peaks_fine: the same with half the smoothing: does the count hang on it?
    survivors_inner_over_outer: lower peak of the inner pair over the highest of the others (smoothed heights);
    survivors_skewness: skewness of the survivors;
    survivors_gap: density within ± 20 % of the threshold around 0 over the mean density of the inner pair (not
        smoothed; each peak's bin and its two neighbours): the lower, the deeper the gap;
    survivors_threshold: the threshold.
    What does not exist (no pair or nothing right there, no outer peak, no threshold, weights that are not finite)
    is NaN.
    """
    sample = surviving(weights, mask)
    heights = density(sample, bin_edges([sample]))
    result = {"survivors_peaks": math.nan, "survivors_peaks_fine": math.nan, "survivors_inner_over_outer": math.nan,
              "survivors_skewness": math.nan, "survivors_gap": math.nan, "survivors_threshold": threshold}
    if np.isnan(heights).any():
        return result
    padded = np.pad(heights, PADDING)
    smooth, peaks = _peaks(padded, SMOOTHING)
    result["survivors_peaks"] = float(len(peaks))
    result["survivors_peaks_fine"] = float(len(_peaks(padded, SMOOTHING / 2)[1]))
    if sample.min() < sample.max():
        result["survivors_skewness"] = float(skew(sample))
    pair = _inner_pair(peaks)
    outer = smooth[np.setdiff1d(peaks, pair)]
    if pair and outer.size:
        result["survivors_inner_over_outer"] = float(smooth[pair].min() / outer.max())
    if pair and threshold > 0:
        near = NEAR_ZERO * threshold
        middle = np.mean(np.abs(sample) <= near) / (2 * near)
        inner = np.mean([padded[peak - 1:peak + 2].mean() for peak in pair])
        result["survivors_gap"] = float(middle / inner) if inner else math.nan
    return result


def _peaks(heights: np.ndarray, smoothing: float) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed heights, and the bins of their peaks."""
    smooth = gaussian_filter1d(heights, smoothing, mode="constant")
    # Of equally high maxima without a valley between them one counts: a tilt of a billionth a bin says which.
    tilted = smooth * (1 + 1e-9 * np.arange(smooth.size))
    return smooth, find_peaks(tilted, prominence=PROMINENCE * smooth.max())[0]


def survivor_records(runs: Runs, root: Path = ROOT) -> pd.DataFrame:
    """`measure` of the tickets of chains as records: split 'model', step 0, one row a metric.

    `runs`: each chain's run and the levels wanted. Rules that prune several pools have no one threshold: NaN. A level
    that the chain did not reach, because a training failed, has no rows.

    Raises:
        LTHError: naming the run if its tickets are not there, lack the trained weights, or are of no level that it has.
    """
    rows = []
    for run, levels in runs:
        book = tickets_of(run, root=root)
        for level in levels:
            try:
                if not _reached(run, book, level):
                    continue
                ticket = book.ticket(level)
                cut = threshold(book, level) if _one_pool(rules_of(run)) else math.nan
            except LTHError as error:
                raise LTHError(f"{run.name}: {error}") from None
            base = {"paper": run.paper, "experiment": run.experiment, "variant": run.variant, "arm": run.arm,
                    "seed": run.seed, "level": level, "weights_remaining": ticket.mask.weights_remaining(),
                    "step": 0, "split": "model"}
            rows += [{**base, "metric": metric, "value": value}
                     for metric, value in measure(ticket.weights, ticket.mask, cut).items()]
    return frame(rows)


def starting_weights(runs: Runs, root: Path = ROOT) -> Pooled:
    """(experiment, variant, chain arm, level) -> the survivors of each seed, float64 [kept], in the order of `runs`.

    An empty array stands for a level that the chain did not reach, because a training failed.

    Raises:
        LTHError: naming the file if a chain's tickets are not there or damaged, or the run has no such level.
    """
    pooled: Pooled = {}
    for run, levels in runs:
        book = tickets_of(run, root=root)
        for level in levels:
            sample = np.empty(0)
            if _reached(run, book, level):
                ticket = book.ticket(level)
                sample = surviving(ticket.weights, ticket.mask)
            pooled.setdefault((run.experiment, run.variant, run.arm, level), []).append(sample)
    return pooled


def _reached(run: Run, book: TicketBook, level: int) -> bool:
    """Whether the chain has a ticket of a level; true, too, of a level beyond its rules, which the book will name."""
    return level < len(book.masks) or level > rules_of(run).last_level


def _inner_pair(peaks: np.ndarray) -> list[int]:
    centre = PADDING + BINS // 2
    below, above = peaks[peaks <= centre], peaks[peaks >= centre]
    return [int(below.max()), int(above.min())] if below.size and above.size else []


def _one_pool(rules: Prune) -> bool:
    """Whether one magnitude is the border between all weights that go and all that stay."""
    return (rules.criterion == "magnitude" and rules.when == "after_training" and rules.scope == "global"
            and len(set(rules.rates.values())) == 1)
