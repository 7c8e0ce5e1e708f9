"""A bidirectional LSTM that reads a text and says its class."""

import torch
from torch import Tensor, nn

PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class TextLSTM(nn.Module):
    """Bidirectional LSTM layers, dropout, one linear layer.

    Called with word vectors [B, T, D], and for texts of different lengths with these [B], at least 1: then the read-out
    is each direction's state after its last word. Without lengths it is the output at position T, which the last
    layer's backward direction has read one word of.
    """

    is_bidirectional_lstm = True  # dropout and a linear layer, no more: an engine may compute it its way

    def __init__(self, dimensions: int, hidden: int, layers: int, dropout: float, outputs: int):
        super().__init__()
        self.lstm = nn.LSTM(dimensions, hidden, layers, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits [B, outputs]."""
        return self.output(self.dropout(self.read(x, lengths)))

    def read(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What the output layer reads [B, 2 * hidden]."""
        return self._at_last_position(x) if lengths is None else self._at_ends(x, lengths)

    def _at_ends(self, x: Tensor, lengths: Tensor) -> Tensor:
        """What nn.LSTM gives for packed texts, with the fused kernels, which take padded ones only.

        Each direction reads its text from the left, so that padding comes last, where nothing is read any more.
        """
        turn = turned(lengths, x.shape[1])
        for layer in range(self.lstm.num_layers):
            forward, _, _ = self._fused(x, self.weights(layer), 1)
            backward, _, _ = self._fused(rows(x, turn), self.weights(layer, "_reverse"), 1)
            if layer < self.lstm.num_layers - 1:
                x = torch.cat([forward, rows(backward, turn)], 2)
        ends = torch.arange(len(x), device=x.device), lengths - 1
        return torch.cat([forward[ends], backward[ends]], 1)

    def _at_last_position(self, x: Tensor) -> Tensor:
        """What nn.LSTM gives there, without the last layer's backward steps that nobody reads."""
        last = self.lstm.num_layers - 1
        for layer in range(last):
            x = self._fused(x, self.weights(layer) + self.weights(layer, "_reverse"), 2)[0]
        _, forward, _ = self._fused(x, self.weights(last), 1)
        return torch.cat([forward[0], one_step(x[:, -1], *self.weights(last, "_reverse"))], 1)

    def weights(self, layer: int, direction: str = "") -> list[Tensor]:
        """Of one direction of a layer, as PARTS names them; `direction` is "" or "_reverse"."""
        return [getattr(self.lstm, f"{part}_l{layer}{direction}") for part in PARTS]

    def _fused(self, x: Tensor, weights: list[Tensor], directions: int) -> tuple[Tensor, ...]:
        zeros = x.new_zeros(directions, len(x), self.lstm.hidden_size)
        return torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, self.training, directions == 2, True)


def turned(lengths: Tensor, positions: int) -> Tensor:
    """Places in the flattened batch [B * T] that reverse each text's words and leave its padding where it is."""
    steps = torch.arange(positions, device=lengths.device)
    within = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return (within + positions * torch.arange(len(lengths), device=lengths.device)[:, None]).flatten()


def rows(x: Tensor, places: Tensor) -> Tensor:
    """x [B, T, D] with its rows taken from these places."""
    return x.flatten(0, 1).index_select(0, places).view_as(x)


def one_step(x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """An LSTM's output [B, H] after the one word x [B, D], from zero states (the recurrent weights meet zeros)."""
    entry, _, cell, exit_ = torch.addmm(b_ih + b_hh, x, w_ih.t()).chunk(4, 1)
    return exit_.sigmoid() * (entry.sigmoid() * cell.tanh()).tanh()
