"""What trains: batches in, weights out, from these weights under this mask. The loop knows nothing else of it."""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor

from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask

from ..examples import Examples
from ..flat import FlatNet
from .torch_engine import TorchEngine


class Engine(Protocol):
    """Trains the network that it was made with, from the weights that this held then.

    `module` gives logits for the inputs of `Examples.take`, with the present weights.
    """

    module: Any

    def steps(self, data: Examples, batches: Sequence[Tensor], lr: float, losses: Tensor) -> None:
        """Train on the batches of examples; each batch's mean loss is added to `losses`, a number on the device.

        Afterwards the network holds the new weights, pruned ones exactly 0.
        """

    def state(self) -> dict[str, Any]:
        """The optimiser's state: numbers, and vectors beside the network's. It is live, and any engine can load it."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""


def engine_of(name: str, net: FlatNet, mask: Mask, settings: Train) -> Engine:
    """The engine of a name, but `auto`, for a network that holds the weights to start from, already masked."""
    if name == "torch":
        return TorchEngine(net, mask, settings)
    if name == "recurrent":
        from .recurrent_engine import RecurrentEngine

        return RecurrentEngine(net, mask, settings)
    from .sparse_engine import SparseEngine  # imports Numba

    return SparseEngine(net, mask, settings)
