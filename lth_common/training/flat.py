"""All trainable parameters of a module as one vector: one fused optimiser step, one multiply for all masks."""

import torch
from torch import Tensor, nn

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask, Weights


class FlatNet:
    """A module whose trainable parameters (and their gradients) are views into one contiguous vector each.

    `vector`: float32 parameter [n]; `vector.grad`: its gradient. Tied parameters occupy one slice. Buffers
    (batch-norm statistics) stay in the module and are part of `get` and `set`. Frozen parameters are not.
    """

    def __init__(self, module: nn.Module, device: str | torch.device = "cpu"):
        self.module = module.to(device)
        named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
        self.shapes = {n: p.shape for n, p in named}
        self.vector = nn.Parameter(torch.cat([p.detach().flatten() for _, p in named]))
        self.vector.grad = torch.zeros_like(self.vector)
        self._views = dict(zip(self.shapes, self._split(self.vector.detach()), strict=True))
        for (_, p), view, grad in zip(named, self._views.values(), self._split(self.vector.grad), strict=True):
            p.data, p.grad = view, grad

    def _split(self, vector: Tensor) -> list[Tensor]:
        parts = vector.split([shape.numel() for shape in self.shapes.values()])
        return [part.view(shape) for part, shape in zip(parts, self.shapes.values(), strict=True)]

    def get(self) -> dict[str, Tensor]:
        """CPU copies of all trainable parameters and buffers."""
        live = self._views | dict(self.module.named_buffers())
        return {name: tensor.detach().to("cpu", copy=True) for name, tensor in live.items()}

    @torch.no_grad()
    def set(self, weights: Weights) -> None:
        """Copy `weights` into the module.

        Raises:
            LTHError: if names or shapes are not exactly the module's.
        """
        live = self._views | dict(self.module.named_buffers())
        if live.keys() != weights.keys():
            odd = ", ".join(sorted(live.keys() ^ weights.keys()))
            raise LTHError(f"these weights belong to another model: only one side has {odd}")
        for name, tensor in live.items():
            if tensor.shape != weights[name].shape:
                raise LTHError(f"these weights belong to another model: {name} has shape "
                               f"{tuple(weights[name].shape)}, the model has {tuple(tensor.shape)}")
            tensor.copy_(weights[name])

    def flatten(self, mask: Mask) -> Tensor:
        """The mask as a float vector [n] beside `vector`: 1 for kept and for never-prunable weights, 0 for pruned."""
        mask.check_fits(self._views)
        parts = [mask[n].flatten().float() if n in mask else torch.ones(s.numel()) for n, s in self.shapes.items()]
        return torch.cat(parts).to(self.vector.device)
