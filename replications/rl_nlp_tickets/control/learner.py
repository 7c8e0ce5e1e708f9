"""One ticket's network while it learns: the forward and backward passes and the optimiser's step, written out."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet
from lth_common.training.step import masked_step

from .network import ActorCritic, living_units, reduced, restored
from .schema import Optimizer


class Learner:
    """Only the units that the mask leaves alive are computed, which changes nothing but the time.

    Pruned weights stay exactly 0 (`masked_step`).
    """

    def __init__(self, ticket: Ticket, settings: Optimizer):
        self.full, mask = ticket.mask.apply(ticket.weights), ticket.whole_mask()
        hidden = sum(name.startswith("layers.") and name.endswith(".weight") for name in self.full)
        self.living = living_units(mask, hidden)
        small = reduced(self.full, self.living)
        network = ActorCritic(self.full["layers.0.weight"].shape[1], tuple(int(unit.sum()) for unit in self.living),
                              len(self.full["heads.bias"]) - 1)
        self.net = FlatNet(network)
        self.net.set(small)
        self.mask = self.net.flatten(Mask(reduced(mask, self.living)))
        self.layers = [*network.layers, network.heads]
        for parameter in network.parameters():
            parameter.requires_grad_(False)  # gradients are ours: they are written into the flat vector
        self.optimizer = torch.optim.RMSprop([self.net.vector], lr=settings.lr, alpha=settings.alpha, eps=settings.eps,
                                             foreach=False)

    def buffers(self, steps: int, threads: int) -> None:
        """Room for the activations of a block."""
        self.hidden = [torch.empty(steps, threads, layer.out_features) for layer in self.layers[:-1]]

    @torch.no_grad()
    def forward(self, x: Tensor, out: Tensor, step: int) -> None:
        """Write logits and values [threads, actions + 1] of observations [threads, inputs] to `out`."""
        for layer, buffer in zip(self.layers[:-1], self.hidden, strict=True):
            x = torch.addmm(layer.bias, x, layer.weight.t(), out=buffer[step]).relu_()
        torch.addmm(self.layers[-1].bias, x, self.layers[-1].weight.t(), out=out)

    @torch.no_grad()
    def values(self, x: Tensor) -> Tensor:
        """Values [N] of observations [N, inputs]."""
        return self.net.module(x)[:, -1]

    @torch.no_grad()
    def learn(self, x: Tensor, gradient: Tensor) -> None:
        """One optimiser step on the block last seen, from d cost / d outputs [steps · threads, actions + 1].

        `x`: the block's observations [steps · threads, inputs], whose activations `forward` has left behind.
        """
        inputs = [x, *(hidden.flatten(0, 1) for hidden in self.hidden)]
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            torch.mm(gradient.t(), inputs[i], out=layer.weight.grad)
            torch.sum(gradient, 0, out=layer.bias.grad)
            if i:
                gradient = torch.ops.aten.threshold_backward(gradient @ layer.weight, inputs[i], 0)
        masked_step(self.optimizer, self.net.vector, self.mask)

    def weights(self) -> dict[str, Tensor]:
        """All weights, those of dead units as they started."""
        return restored(self.net.get(), self.living, self.full)

    def saved(self) -> dict[str, Any]:
        """What `restore` needs to go on bit for bit, for a file: live, to be written or copied at once."""
        return {"vector": self.net.vector.detach(), "optimizer": self.optimizer.state_dict()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where a learner of the same ticket was; `saved` is left as it is."""
        self.net.vector.data.copy_(saved["vector"])
        self.optimizer.load_state_dict(deepcopy(saved["optimizer"]))
