"""Criteria: each is given a `Context` and returns scores by name, and nothing else. The lowest are pruned first."""

from collections.abc import Callable

import torch
from torch import Tensor

from .context import Context
from .mask import Mask, Weights

Criterion = Callable[[Context], dict[str, Tensor]]


def magnitude(context: Context) -> dict[str, Tensor]:
    """|w|, no data used; of trained weights (Han et al. 2015; Frankle & Carbin 2019)."""
    return {name: context.weights[name].abs() for name in context.mask}


def random(context: Context) -> dict[str, Tensor]:
    """Independent uniform scores in [0, 1): the control for every other criterion."""
    return {name: torch.rand(entry.shape, generator=context.generator) for name, entry in context.mask.items()}


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


# `threshold` counts what goes by `below_threshold`.
CRITERIA: dict[str, Criterion] = {"magnitude": magnitude, "random": random, "threshold": magnitude}
