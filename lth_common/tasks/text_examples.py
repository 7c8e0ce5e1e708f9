"""Batches of texts: word vectors are looked up a batch at a time, and texts of like length go together."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from lth_common.training.examples import Examples

WINDOW = 50  # batches whose texts are sorted by length among themselves


@dataclass(frozen=True)
class TextExamples(Examples):
    """x: word numbers [N, T], padded with 0; y: labels [N]; lengths [N], in words, or None for texts read as padded.

    `vectors` [V, D] are the frozen word vectors.
    """

    vectors: Tensor
    lengths: Tensor | None = None

    def batches(self, order: Tensor, size: int) -> Sequence[Tensor]:
        """The batches of an epoch, as many as without lengths; `order` alone decides them."""
        if self.lengths is None:
            return order.split(size)
        result = []
        for window in order.split(WINDOW * size):
            ranks = self.lengths[window].sort(stable=True).indices
            # Short and long batches alternate at random: each comes when the first of its texts was to come.
            result += [window[chosen] for chosen in sorted(ranks.split(size), key=lambda chosen: int(chosen.min()))]
        return result

    def in_turn(self, size: int) -> Sequence[Tensor | slice]:
        """All texts, by length."""
        return super().in_turn(size) if self.lengths is None else self.lengths.sort(stable=True).indices.split(size)

    def answers(self, module: nn.Module, chosen: Tensor | slice) -> tuple[Tensor, Tensor]:
        """As for all examples; what can read word numbers is given them."""
        if not hasattr(module, "of_words"):
            return super().answers(module, chosen)
        words, lengths = self._words(chosen)
        return module.of_words(words, self.vectors, lengths), self.y[chosen]

    def take(self, chosen: Tensor | slice) -> tuple[Tensor, ...]:
        """Word vectors [B, T, D], and with lengths, which end the padding at the longest text, these [B]."""
        words, lengths = self._words(chosen)
        return (self.vectors[words],) if lengths is None else (self.vectors[words], lengths)

    def _words(self, chosen: Tensor | slice) -> tuple[Tensor, Tensor | None]:
        words = self.x[chosen]
        if self.lengths is None:
            return words, None
        lengths = self.lengths[chosen]
        return words[:, : int(lengths.max())], lengths
