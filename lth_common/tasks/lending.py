"""What classification of separate examples lends a criterion that scores weights."""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lth_common.pruning.context import Batch, Lent
from lth_common.pruning.mask import Weights
from lth_common.seeds import stream
from lth_common.training.flat import FlatNet


class Lending:
    """For tasks whose examples are scored one by one: not for texts whose state goes from a batch to the next."""

    def lend(self, weights: Weights, seed: int, level: int) -> Lent:
        """A copy of the network with `weights`, in evaluation mode, and the arm's training data."""
        net = FlatNet(deepcopy(self.net.module), self.device)
        net.set(weights)
        torch.manual_seed(stream(seed, "scoring_dropout", level).initial_seed())

        def batches(count: int | None = None) -> Iterator[Batch]:
            size = self.settings.train.batch_size
            for number in range(self.data.steps(size) if count is None else count):
                epoch, place = divmod(number, self.data.steps(size))
                if place == 0:
                    order = torch.randperm(len(self.data.y), generator=stream(seed, "scoring_order", level, epoch))
                    chosen = self.data.batches(order.to(self.device), size)
                yield Batch(self.data.take(chosen[place]), self.data.y[chosen[place]])

        def loss(batch: Batch) -> Tensor:
            return cross_entropy(net.module(*batch.inputs), batch.labels)

        return Lent(net.module.eval(), batches, loss)
