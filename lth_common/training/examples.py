"""Labelled examples in memory, and the batches that they are trained and scored in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Examples:
    """Inputs [N, …] and integer labels [N], on the training device."""

    x: Tensor
    y: Tensor

    def steps(self, size: int) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.y) / size)

    def batches(self, order: Tensor, size: int) -> Sequence[Tensor]:
        """The examples of each batch [≤ size] of an epoch, for a random `order` [N]."""
        return order.split(size)

    def in_turn(self, size: int) -> Sequence[Tensor | slice]:
        """The examples of each batch when all are scored."""
        return [slice(start, start + size) for start in range(0, len(self.y), size)]

    def take(self, chosen: Tensor | slice) -> tuple[Tensor, ...]:
        """What the network is called with for the chosen examples."""
        return (self.x[chosen],)

    def answers(self, module: nn.Module, chosen: Tensor | slice) -> tuple[Tensor, Tensor]:
        """The network's logits [B, C] for the chosen examples, and their labels [B]."""
        return module(*self.take(chosen)), self.y[chosen]
