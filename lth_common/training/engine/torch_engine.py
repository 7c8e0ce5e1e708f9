"""Training of any network by torch: the reference."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn.functional import cross_entropy

from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask

from ..examples import Examples
from ..flat import FlatNet
from ..optimizers import FusedOptimizer
from ..step import masked_step


class TorchEngine:
    """Masked dense steps (see `engine.Engine`)."""

    def __init__(self, net: FlatNet, mask: Mask, settings: Train):
        self.net, self.clip_norm, self.module = net, settings.clip_norm, net.module
        full = settings.mask == "applied_once" or mask.kept() == mask.size()
        self.mask: Tensor | None = None if full else net.flatten(mask)
        self.optimizer = FusedOptimizer(net.vector, settings.optimizer)

    def steps(self, data: Examples, batches: Sequence[Tensor], lr: float, losses: Tensor) -> None:
        net, gradient, self.optimizer.lr = self.net, self.net.vector.grad, lr
        self.module.train()
        for chosen in batches:
            gradient.zero_()
            loss = cross_entropy(*data.answers(self.module, chosen))
            loss.backward()
            masked_step(self.optimizer, net.vector, self.mask, self.clip_norm)
            losses += loss.detach()

    def state(self) -> dict[str, Any]:
        return self.optimizer.state()

    def load(self, state: dict[str, Any]) -> None:
        self.optimizer.load(state)
