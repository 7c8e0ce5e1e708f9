"""Criteria: each returns scores and nothing else. The lowest scores are pruned first."""

import torch
from torch import Tensor

from .mask import Mask, Weights


def magnitude(weights: Weights, mask: Mask) -> dict[str, Tensor]:
    """|w| of the trained weights, no data used (Han et al. 2015; Frankle & Carbin 2019)."""
    return {name: weights[name].abs() for name in mask}


def random(mask: Mask, generator: torch.Generator) -> dict[str, Tensor]:
    """Independent uniform scores in [0, 1): the control for every other criterion."""
    return {name: torch.rand(entry.shape, generator=generator) for name, entry in mask.items()}


def below_threshold(weights: Weights, mask: Mask, s: float) -> dict[str, int]:
    """How many surviving weights of each layer satisfy |w| < s·std, std over the layer's survivors.

    Han et al. 2015 ("quality parameter times the standard deviation of a layer's weights"). The counts go to
    `prune` with magnitude scores, so that the rule shares its exactness.
    """
    counts = {}
    for name, entry in mask.items():
        alive = weights[name][entry]
        counts[name] = int((alive.abs() < s * alive.std(correction=0)).sum()) if alive.numel() else 0
    return counts
