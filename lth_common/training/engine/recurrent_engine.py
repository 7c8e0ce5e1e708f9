"""Training of bidirectional LSTMs with the steps through time in native code, where padding costs nothing."""

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask

from ..flat import FlatNet
from . import compiled
from .torch_engine import TorchEngine


class RecurrentEngine(TorchEngine):
    """The reference's steps with a faster network (see `engine.Engine`); `choice.unreadable` says what must hold."""

    def __init__(self, net: FlatNet, mask: Mask, settings: Train):
        super().__init__(net, mask, settings)
        self.module = Reader(net.module)


class Reader:
    """Called in place of a bidirectional LSTM for texts: the same function of the same weights."""

    def __init__(self, module: nn.Module):
        self.whole = module
        self.train, self.eval = module.train, module.eval

    def __call__(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.whole.output(self.whole.dropout(self.read(x, lengths)))

    def of_words(self, words: Tensor, vectors: Tensor, lengths: Tensor | None) -> Tensor:
        """Logits of texts as word numbers [B, T]: a word that comes more than once is multiplied once."""
        found, places = words.unique(return_inverse=True)
        states = self._read(vectors[found], places.flatten(), *words.shape, lengths)
        return self.whole.output(self.whole.dropout(states))

    def read(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What the output layer reads [B, 2 * hidden]."""
        return self._read(x.flatten(0, 1), None, *x.shape[:2], lengths)

    def _read(self, x: Tensor, places: Tensor | None, count: int, positions: int, lengths: Tensor | None) -> Tensor:
        """As `read`; x [rows, D], or those rows of it that `places` [rows] names."""
        whole = torch.full((count,), positions) if lengths is None else lengths
        starts = torch.arange(count) * positions
        texts, last, ends = Texts(starts, whole), self.whole.lstm.num_layers - 1, starts + whole - 1
        for layer in range(last):
            x = torch.cat([self._direction(x, places, layer, texts, back) for back in (False, True)], 1)
            places = None
        forward = self._direction(x, places, last, texts, False)[ends]
        if lengths is None:  # the last layer's backward direction reads one word
            seen = ends if places is None else places[ends]
            return torch.cat([forward, self._direction(x[seen], None, last, Texts.single(count), True)], 1)
        return torch.cat([forward, self._direction(x, places, last, texts, True)[starts]], 1)

    def _direction(self, x: Tensor, places: Tensor | None, layer: int, texts: "Texts", back: bool) -> Tensor:
        return Direction.apply(x, places, *self.whole.weights(layer, "_reverse" if back else ""), texts, back)


class Texts(NamedTuple):
    """Where each text's words are among the rows of a batch."""

    starts: Tensor
    lengths: Tensor

    @classmethod
    def single(cls, count: int) -> "Texts":
        """Texts of one word each."""
        return cls(torch.arange(count), torch.ones(count, dtype=torch.int64))

    def longest_first(self) -> tuple[Any, Any]:
        """As numpy arrays, so that no slot is left with a long text at the end."""
        order = self.lengths.argsort(descending=True, stable=True)
        return self.starts[order].numpy(), self.lengths[order].numpy()


class Direction(torch.autograd.Function):
    """One direction of a layer: outputs [rows, hidden] for inputs x [rows, D]; those of padding are 0.

    With `places` [rows], input k is row places[k] of x.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, places: Tensor | None, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor,
                texts: Texts, back: bool) -> Tensor:
        rows, hidden = len(x if places is None else places), w_hh.shape[1]
        gates = x.new_empty(rows + 1, 4 * hidden)
        gates[rows] = 0
        if places is None:
            torch.addmm(b_ih + b_hh, x, w_ih.t(), out=gates[:rows])
        else:
            torch.index_select(torch.addmm(b_ih + b_hh, x, w_ih.t()), 0, places, out=gates[:rows])
        states, outputs, before = (x.new_zeros(rows + 1, hidden) for _ in range(3))
        native, where = kernels(), texts.longest_first()
        compiled.call(native.read, *_together(hidden), *where, back, gates.numpy(), w_hh.t().contiguous().numpy(),
                      states.numpy(), outputs.numpy(), before.numpy())
        ctx.save_for_backward(x, w_ih, w_hh, gates, states, before)
        ctx.where, ctx.back, ctx.places = where, back, places
        return outputs[:rows]

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, w_ih, w_hh, gates, states, before = ctx.saved_tensors
        rows, native = len(states) - 1, kernels()
        outer, inner = torch.zeros_like(states), torch.zeros_like(gates)
        outer[:rows] = slopes[0]
        compiled.call(native.read_slopes, *_together(w_hh.shape[1]), *ctx.where, ctx.back, gates.numpy(), w_hh.numpy(),
                      states.numpy(), outer.numpy(), inner.numpy())
        inner = inner[:rows]
        bias, w_hh_slopes = inner.sum(0), inner.t() @ before[:rows]
        if ctx.places is not None:
            inner = inner.new_zeros(len(x), inner.shape[1]).index_add_(0, ctx.places, inner)
        x_slopes = inner @ w_ih if ctx.needs_input_grad[0] else None
        return x_slopes, None, inner.t() @ x, w_hh_slopes, bias, bias, None, None


def _together(hidden: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Tuples as long as many texts, and eights of units, are computed at once."""
    return (0,) * 4, (0,) * (1 if hidden % 16 else 2)


@cache
def kernels() -> ModuleType:
    """The module of native code."""
    with compiled.kept(*(Path(__file__).with_name(f"recurrent_{part}.py") for part in ("vectors", "kernels"))):
        from . import recurrent_kernels
    return recurrent_kernels
