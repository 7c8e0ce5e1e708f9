"""One ticket's network while it learns: the forward and backward passes and the optimiser's step, written out."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet
from lth_common.training.optimizers import RMSprop
from lth_common.training.step import masked_step

from .block import Block
from .network import ActorCritic, living_units, reduced, restored
from .schema import Train


class Learner:
    """Only the units that the mask leaves alive are computed, which changes nothing but the time.

    Pruned weights stay exactly 0. This one is torch's, the reference; `NativeLearner` does the same.
    """

    is_native = False

    def __init__(self, ticket: Ticket, settings: Train, threads: int):
        self.settings = settings
        self.full, mask = ticket.mask.apply(ticket.weights), ticket.whole_mask()
        hidden = sum(name.startswith("layers.") and name.endswith(".weight") for name in self.full)
        self.living = living_units(mask, hidden)
        small = reduced(self.full, self.living)
        network = ActorCritic(self.full["layers.0.weight"].shape[1], tuple(int(unit.sum()) for unit in self.living),
                              len(self.full["heads.bias"]) - 1)
        self.net = FlatNet(network)
        self.net.set(small)
        self.kept = Mask(reduced(mask, self.living))
        for parameter in network.parameters():
            parameter.requires_grad_(False)  # gradients are ours: they are written into the flat vector
        self._prepare(threads)

    def _prepare(self, threads: int) -> None:
        """Room for the activations of a block, and the optimiser's."""
        network, own = self.net.module, self.settings.optimizer
        self.mask, self.layers = self.net.flatten(self.kept), [*network.layers, network.heads]
        self.hidden = [torch.empty(self.settings.steps, threads, layer.out_features) for layer in self.layers[:-1]]
        self.optimizer = RMSprop(self.net.vector, own.lr, own.alpha, own.eps)

    def act(self, block: Block, step: int) -> None:
        """Write logits and values of what is seen at a step of the block, and the actions that the noise chooses."""
        x, out = torch.from_numpy(block.observations[step]), torch.from_numpy(block.outputs[step])
        for layer, buffer in zip(self.layers[:-1], self.hidden, strict=True):
            x = torch.addmm(layer.bias, x, layer.weight.t(), out=buffer[step]).relu_()
        torch.addmm(self.layers[-1].bias, x, self.layers[-1].weight.t(), out=out)
        # The largest logit plus Gumbel noise is a draw from the softmax.
        np.argmax(block.outputs[step, :, :-1] + block.noise[step], axis=-1, out=block.actions[step])

    def values(self, x: np.ndarray) -> Tensor:
        """Values [N] of observations [N, inputs]."""
        return self.net.module(torch.from_numpy(x))[:, -1]

    @torch.no_grad()
    def learn(self, block: Block) -> None:
        """One optimiser step on the block last played, whose activations `act` has left behind."""
        outputs, actions = torch.from_numpy(block.outputs), torch.from_numpy(block.actions)
        gradient = cost_gradient(outputs, actions, targets(block, self), self.settings).flatten(0, 1)
        inputs = [torch.from_numpy(block.observations[:-1]).flatten(0, 1),
                  *(hidden.flatten(0, 1) for hidden in self.hidden)]
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            torch.mm(gradient.t(), inputs[i], out=layer.weight.grad)
            torch.sum(gradient, 0, out=layer.bias.grad)
            if i:
                gradient = torch.ops.aten.threshold_backward(gradient @ layer.weight, inputs[i], 0)
        masked_step(self.optimizer, self.net.vector, self.mask)

    def is_finite(self) -> bool:
        """Whether all weights are numbers."""
        return bool(self.net.vector.isfinite().all())

    def weights(self) -> dict[str, Tensor]:
        """All weights, those of dead units as they started."""
        return restored(self.net.get(), self.living, self.full)

    def saved(self) -> dict[str, Any]:
        """What `restore` needs to go on bit for bit, for a file: live, to be written or copied at once."""
        return {"vector": self.net.vector.detach(), "square": self.optimizer.square}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where a learner of the same ticket was; `saved` is left as it is."""
        self.net.vector.data.copy_(saved["vector"])
        self.optimizer.square.copy_(saved["square"])


def learner_of(engine: str) -> type[Learner]:
    """The learner of the engine `torch` or `sparse`."""
    if engine == "torch":
        return Learner
    from .native_learner import NativeLearner  # imports Numba

    return NativeLearner


def targets(block: Block, learner: Learner) -> Tensor:
    """One-step targets r + γ V(s') [steps, threads].

    After a terminal state there is no value; after a time-out there is: that of the state in which the game was cut
    off (FLARE's compute_next_values).
    """
    settings, following = learner.settings, torch.empty(block.rewards.shape)
    following[:-1] = torch.from_numpy(block.outputs[1:, :, -1])
    following[-1] = learner.values(block.observations[-1])
    if block.cut:
        steps, threads, seen = zip(*block.cut, strict=True)
        following[list(steps), list(threads)] = learner.values(np.stack(seen))
    rewards = torch.from_numpy(block.rewards / settings.reward_divisor).float()
    return rewards + settings.discount * following * torch.from_numpy(~block.ended)


def cost_gradient(outputs: Tensor, actions: Tensor, targets: Tensor, settings: Train) -> Tensor:
    """d cost / d outputs [..., actions + 1] of the cost summed over steps and threads.

    cost = value_weight · (target − V)² − (target − V) · log π(a) − entropy · H(π), the advantage held constant
    (FLARE's SimpleAC).
    """
    log_policy = outputs[..., :-1].log_softmax(-1)
    policy, advantage = log_policy.exp(), (targets - outputs[..., -1]).unsqueeze(-1)
    entropy = -(policy * log_policy).sum(-1, keepdim=True)
    gradient = torch.empty_like(outputs)
    gradient[..., :-1] = policy * (advantage + settings.entropy * (log_policy + entropy))
    gradient[..., :-1].scatter_add_(-1, actions.unsqueeze(-1), -advantage)
    gradient[..., -1:] = -2 * settings.value_weight * advantage
    return gradient
