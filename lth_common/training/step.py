"""The one masked step, for every kind of training: mask the gradient, clip it, step, mask the weights.

Gradients are masked before they are clipped, so that neither the norm nor the optimiser's moments see pruned weights:
this equals training the thin network. Where a library clips and steps by itself, `mask_gradient` comes before that and
`mask_weight` after it.
"""

import torch
from torch import Tensor


def masked_step(optimizer: torch.optim.Optimizer, parameter: Tensor, mask: Tensor | None,
                clip_norm: float | None = None) -> None:
    """Move `parameter` by its present gradient; what `mask` prunes neither counts nor moves away from 0.

    `mask`: zeros and ones of the parameter's shape, type and device, None to train every weight. `clip_norm`: the
    gradient's largest L2 norm.
    """
    if mask is not None:
        mask_gradient(parameter, mask)
    if clip_norm is not None:
        parameter.grad.mul_(torch.clamp(clip_norm / (parameter.grad.norm() + 1e-6), max=1.0))
    optimizer.step()
    if mask is not None:
        mask_weight(parameter, mask)


def mask_gradient(parameter: Tensor, mask: Tensor) -> None:
    """Take the gradient from pruned weights; several gradients that add up may be masked one by one."""
    parameter.grad.mul_(mask)


def mask_weight(parameter: Tensor, mask: Tensor) -> None:
    """Put pruned weights to exactly 0."""
    parameter.data.mul_(mask)
