"""Training steps of the LSTM of texts (3 layers of 32 units, 32 reviews), forward and backward.

`usual` is nn.LSTM with autograd: texts that are read to both ends are packed; where the last of 32 positions is read,
the last layer's backward direction has read one word. `torch` is our engine. All weights are there: pruned ones cost
the same. The optimiser is the same and left out.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence

from lth_common.models.lstm import TextLSTM

from .measuring import Row, Run, measure, rows_of

BATCH, DIMENSIONS, UNITS = 32, 100, 32
WORKLOADS = {"LSTM, last of 32 positions": None, "LSTM, both ends of 180 to 230 words": (180, 231)}


class PlainLSTM(TextLSTM):
    """The same layers, run by nn.LSTM as a whole."""

    def read(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if lengths is None:
            return self.lstm(x)[0][:, -1]
        _, (states, _) = self.lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return torch.cat([states[-2], states[-1]], 1)


def stepper(net: nn.Module, y: Tensor, *x: Tensor) -> Run:
    """Forward and backward passes of one batch."""
    def run(steps: int) -> None:
        for _ in range(steps):
            net.zero_grad()
            cross_entropy(net(*x), y).backward()
    return run


def race(name: str, lefts: tuple[float, ...], rounds: int, peak: float) -> Iterator[Row]:
    """One reading of a review by both."""
    torch.manual_seed(0)
    words, y = WORKLOADS[name], torch.randint(0, 2, (BATCH,))
    lengths = None if words is None else torch.randint(*words, (BATCH,))
    x = torch.randn(BATCH, 32 if lengths is None else int(lengths.max()), DIMENSIONS)
    inputs = (x,) if lengths is None else (x, lengths)
    nets = {"usual": PlainLSTM(DIMENSIONS, UNITS, 3, 0.0, 2), "torch": TextLSTM(DIMENSIONS, UNITS, 3, 0.0, 2)}
    nets["torch"].load_state_dict(nets["usual"].state_dict())
    times = measure({who: stepper(net, y, *inputs) for who, net in nets.items()}, rounds, 3)
    yield from rows_of(name, "step", 1.0, times)
