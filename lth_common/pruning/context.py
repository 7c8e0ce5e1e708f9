"""What a criterion is given to score weights with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lth_common.errors import LTHError

from .mask import Mask, Weights


@dataclass(frozen=True)
class Batch:
    """Training examples: what the network is called with, each tensor [B, …], and labels [B]. `len` is B."""

    inputs: tuple[Tensor, ...]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


class Lent(NamedTuple):
    """What a task lends: a copy of its network, batches (so many, or those of an epoch), and the loss of one."""

    network: nn.Module
    batches: Callable[[int | None], Iterator[Batch]]
    loss: Callable[[Batch], Tensor]


@dataclass(frozen=True)
class Context:
    """A network to be pruned: `weights` by name (CPU; what `mask` has pruned already is 0), and what tells their worth.

    `generator` is the seed's and level's own. `lend` is the task's, None if it has nothing to lend.
    """

    weights: Weights
    mask: Mask
    generator: torch.Generator = field(default_factory=torch.Generator)
    lend: Callable[[], Lent] | None = None

    @property
    def network(self) -> nn.Module:
        """A copy of the network with these weights, on the training device and in evaluation mode: a criterion may
        change it, train it and take gradients, and the run knows nothing of it. (On CUDA, LSTMs give gradients in
        training mode only.)

        Raises:
            LTHError: if the task lends none.
        """
        return self._lent.network

    def batches(self, count: int | None = None) -> Iterator[Batch]:
        """So many training batches, or those of one epoch, in an order that seed and level decide.

        Raises:
            LTHError: if the task lends none.
        """
        return self._lent.batches(count)

    def loss(self, batch: Batch) -> Tensor:
        """The training loss of `network` on a batch (its mean over examples), differentiable.

        Raises:
            LTHError: if the task lends no network.
        """
        return self._lent.loss(batch)

    @cached_property
    def _lent(self) -> Lent:
        if self.lend is None:
            raise LTHError("prune.criterion: it asks for the network or for batches, and this task lends neither; "
                           "legal: a criterion of weights and mask alone, or a task of images or texts")
        return self.lend()
