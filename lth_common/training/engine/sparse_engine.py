"""Training of fully connected ReLU networks that costs what the weights cost that are left, in native code."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask

from ..examples import Examples
from ..flat import FlatNet
from ..optimizers import moments_of
from .compiled import call, kernels
from .network import network_of, positions, rows_of

WIDEST = 13  # vectors of a block of examples: that many sums stay in registers


class SparseEngine:
    """Whole steps over the surviving weights and all biases, on one thread (see `engine.Engine`).

    The network is a stack of linear layers with ReLU between them (`choice.obstacle` says what else must hold).
    """

    def __init__(self, net: FlatNet, mask: Mask, settings: Train):
        self.net, self.settings, self.native = net, settings, kernels()
        shapes = list(net.shapes.items())  # a weight and a bias in turn
        masks = [mask.get(name, torch.ones(shape, dtype=torch.bool)).numpy() for name, shape in shapes[::2]]
        self.network, places = network_of(masks)
        self.where = torch.from_numpy(positions([tuple(shape) for _, shape in shapes], places))
        vectors = -(-settings.batch_size // self.native.LANES)
        self.lanes = (0,) * -(-vectors // -(-vectors // WIDEST))
        lanes, units = len(self.lanes) * self.native.LANES, self.network.units
        self.values, self.slopes = rows_of(self.network.inputs + units, lanes), rows_of(units, lanes)
        self.gradient = np.zeros(len(self.where), np.float32)
        self.moments = {name: torch.zeros(len(self.where)) for name in moments_of(settings.optimizer)}
        self.inputs, self.outputs, self.made = masks[0].shape[1], len(masks[-1]), 0
        self.module = Scorer(self)

    def steps(self, data: Examples, batches: Sequence[Tensor], lr: float, losses: Tensor) -> None:
        if not batches:
            return
        if not 0 <= int(data.y.min()) <= int(data.y.max()) < self.outputs:
            raise LTHError(f"labels {int(data.y.min())} to {int(data.y.max())} for a network of {self.outputs} outputs")
        own, weights = self.settings.optimizer, self._weights()
        rule = {"adam": self.native.ADAM, "adamw": self.native.ADAMW, "sgd": self.native.SGD}[own.name]
        clip_norm = np.inf if self.settings.clip_norm is None else self.settings.clip_norm
        numbers = (lr, own.weight_decay, own.momentum if own.name == "sgd" else own.eps, clip_norm)
        spare = np.zeros(len(weights) if len(self.moments) == 0 else 0, np.float32)
        first, second = ([moment.numpy() for moment in self.moments.values()] + [spare] * 2)[:2]
        losses += call(self.native.train, self.network, self.lanes, self._pixels(data.x), data.y.numpy(),
                       torch.cat(list(batches)).numpy(), len(batches[0]), rule, tuple(map(float, numbers)), self.made,
                       weights, self.gradient, first, second, self.values, self.slopes)
        self.made += len(batches)
        self.net.vector.data.copy_(self._beside_all(torch.from_numpy(weights)))

    def logits(self, x: Tensor) -> Tensor:
        """The network's outputs [N, classes] for inputs [N, …], with the weights that it holds."""
        out = np.empty((len(x), self.outputs), np.float32)
        call(self.native.logits, self.network, self.lanes, self._pixels(x), self._weights(), self.values, out)
        return torch.from_numpy(out)

    def state(self) -> dict[str, Any]:
        return {"steps": self.made} | {name: self._beside_all(moment) for name, moment in self.moments.items()}

    def load(self, state: dict[str, Any]) -> None:
        self.made = state["steps"]
        for name, moment in self.moments.items():
            moment.copy_(state[name][self.where])

    def _weights(self) -> np.ndarray:
        return self.net.vector.detach()[self.where].numpy()

    def _beside_all(self, own: Tensor) -> Tensor:
        """A vector beside the network's: `own` where weights are left, else 0."""
        return torch.zeros_like(self.net.vector.data).index_copy_(0, self.where, own)

    def _pixels(self, x: Tensor) -> np.ndarray:
        """Inputs as [N, features]: native code looks at no bounds."""
        x = x.flatten(1).contiguous()
        if x.shape[1] != self.inputs:
            raise LTHError(f"inputs of {x.shape[1]} features for a network of {self.inputs}")
        return x.numpy()


class Scorer:
    """What `evaluate` calls in place of the module."""

    def __init__(self, engine: SparseEngine):
        self.engine = engine

    def __call__(self, x: Tensor) -> Tensor:
        return self.engine.logits(x)

    def eval(self) -> None:
        """There is no other mode."""
