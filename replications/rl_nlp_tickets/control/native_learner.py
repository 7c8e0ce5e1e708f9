"""One ticket's network while it learns, in native code over the weights that are left."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lth_common.training.engine.compiled import Calls, actor_critic
from lth_common.training.engine.network import network_of, positions, rows_of

from .block import Block
from .learner import Learner

WIDEST = 8  # vectors of columns that are gone through at once; wider rows leave the nearest cache


class NativeLearner(Learner):
    """What `Learner` does, for the edges of the network alone (see `lth_common.training.engine.actor_critic`)."""

    is_native = True

    def _prepare(self, threads: int) -> None:
        self.native, self.call = actor_critic(), Calls()
        masks = [mask.numpy() for name, mask in self.kept.items() if name.endswith(".weight")]
        self.network, places = network_of(masks)
        self.where = torch.from_numpy(positions([tuple(shape) for shape in self.net.shapes.values()], places))
        self.fixed = np.flatnonzero(~self.net.flatten(self.kept)[self.where].bool().numpy())  # pruned biases
        vectors = -(-threads // self.native.LANES)
        steps = self.settings.steps * vectors
        passes = -(-steps // WIDEST)
        self.window, self.lanes = (0,) * vectors, (0,) * -(-steps // passes)
        columns = (passes * len(self.lanes) + vectors) * self.native.LANES
        units = self.network.units
        self.units, self.slopes = rows_of(self.network.inputs + units, columns), rows_of(units, columns)
        self.own = self.net.vector.detach()[self.where].numpy()
        self.gradient, self.square = np.zeros_like(self.own), np.zeros_like(self.own)
        own, train = self.settings.optimizer, self.settings
        self.numbers = tuple(map(np.float32, (own.lr, own.alpha, own.eps, train.discount, train.entropy,
                                              train.value_weight)))

    def act(self, block: Block, step: int) -> None:
        self.call(self.native.act, self.network, self.window, self.own, self.units, step, block.observations[step],
                  block.noise[step], block.outputs[step], block.actions[step])

    def learn(self, block: Block) -> None:
        places = np.array([(cut.step, cut.thread) for cut in block.cut], np.int64).reshape(-1, 2)
        seen = np.array([cut.seen for cut in block.cut], np.float32).reshape(-1, block.observations.shape[-1])
        self.call(self.native.learn, self.network, self.window, self.lanes, self.fixed, self.numbers, self.own,
                  self.gradient, self.square, self.units, self.slopes, block.actions,
                  (block.rewards / self.settings.reward_divisor).astype(np.float32), block.ended,
                  block.observations[-1], places, seen)

    def is_finite(self) -> bool:
        return bool(np.isfinite(self.own).all())

    def weights(self) -> dict[str, Tensor]:
        self.net.vector.data.copy_(self._beside_all(self.own))
        return super().weights()

    def saved(self) -> dict[str, Any]:
        return {"vector": self._beside_all(self.own), "square": self._beside_all(self.square)}

    def restore(self, saved: dict[str, Any]) -> None:
        self.own[:] = saved["vector"][self.where].numpy()
        self.square[:] = saved["square"][self.where].numpy()

    def _beside_all(self, own: np.ndarray) -> Tensor:
        """A vector beside the network's: `own` where weights are left, else 0."""
        return torch.zeros_like(self.net.vector.data).index_copy_(0, self.where, torch.from_numpy(own))
