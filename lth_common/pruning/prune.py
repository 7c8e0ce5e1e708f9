"""Exact pruning: the asked number of lowest-scored surviving weights goes, ties broken by position."""

import torch
from torch import Tensor

from lth_common.errors import LTHError

from .mask import Mask
from .prunable import Parameter, rate_of

Pool = tuple[tuple[str, ...], int]  # parameters that compete with each other, number of weights to remove


def prune(scores: dict[str, Tensor], mask: Mask, pools: list[Pool]) -> Mask:
    """A new mask without the `count` lowest-scored survivors of each pool.

    Ties fall in order of parameter (as in the pool) and position, so the result is deterministic. Pruned
    weights never revive, whatever their score.

    Raises:
        LTHError: if scores are missing, of another shape or NaN, or a pool has fewer survivors than asked.
    """
    result = {name: entry.clone() for name, entry in mask.items()}
    for names, count in pools:
        _check_scores(scores, mask, names)
        alive = torch.cat([mask[name].flatten() for name in names])
        if not 0 <= count <= int(alive.sum()):
            raise LTHError(f"cannot prune {count} of the {int(alive.sum())} surviving weights of {', '.join(names)}")
        candidates = alive.nonzero().squeeze(1)
        order = torch.cat([scores[name].flatten() for name in names])[candidates].sort(stable=True).indices
        alive[candidates[order[:count]]] = False
        for name, part in zip(names, alive.split([mask[name].numel() for name in names]), strict=True):
            result[name] = part.view(mask[name].shape)
    return Mask(result)


def pools_by_rate(mask: Mask, parameters: list[Parameter], scope: str, rates: dict[str, float]) -> list[Pool]:
    """Pools that lose round(rate · survivors) each.

    `layerwise`: every parameter is its own pool. `global`: kinds of equal rate share one pool.
    """
    groups: dict[str | float, list[str]] = {}
    for parameter in parameters:
        if parameter.prunable:
            key = parameter.name if scope == "layerwise" else rate_of(parameter.kind, rates)
            groups.setdefault(key, []).append(parameter.name)
    rate = {p.name: rate_of(p.kind, rates) for p in parameters}
    return [(tuple(names), round(rate[names[0]] * sum(int(mask[n].sum()) for n in names)))
            for names in groups.values()]


def _check_scores(scores: dict[str, Tensor], mask: Mask, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in scores or scores[name].shape != mask[name].shape:
            got = tuple(scores[name].shape) if name in scores else "no scores"
            raise LTHError(f"scores of {name}: expected shape {tuple(mask[name].shape)}, got {got}")
        if scores[name].isnan().any():
            raise LTHError(f"scores of {name} contain NaN: the weights they come from have diverged")
