"""A mask says which weights of a network exist. It lives outside the module and is never inferred from values."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from lth_common.errors import LTHError

Weights = Mapping[str, Tensor]


class Mask(Mapping[str, Tensor]):
    """Prunable parameter name -> boolean tensor of the parameter's shape; True = the weight is kept.

    Immutable in use: every operation returns a new mask.

    Raises:
        LTHError: if an entry is not a boolean tensor.
    """

    def __init__(self, entries: Weights):
        for name, entry in entries.items():
            if not isinstance(entry, Tensor) or entry.dtype != torch.bool:
                kind = entry.dtype if isinstance(entry, Tensor) else type(entry).__name__
                raise LTHError(f"mask of {name}: {kind} is not legal, a mask is a boolean tensor")
        self._entries = {name: entry.detach().clone() for name, entry in entries.items()}

    def __getitem__(self, name: str) -> Tensor:
        return self._entries[name]

    def __eq__(self, other: object) -> bool:
        """Same parameters, shapes and entries."""
        return isinstance(other, Mask) and self.keys() == other.keys() and all(
            torch.equal(self[n], other[n]) for n in self)

    __hash__ = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @staticmethod
    def dense(weights: Weights, names: list[str]) -> "Mask":
        """All ones over the named parameters of `weights`."""
        return Mask({name: torch.ones(weights[name].shape, dtype=torch.bool) for name in names})

    def kept(self) -> int:
        """Number of weights kept."""
        return sum(int(entry.sum()) for entry in self.values())

    def size(self) -> int:
        """Number of prunable weights."""
        return sum(entry.numel() for entry in self.values())

    def weights_remaining(self) -> float:
        """Kept share of the prunable weights, in [0, 1]; 1 for a mask without entries."""
        return self.kept() / self.size() if self.size() else 1.0

    def check_fits(self, weights: Weights, what: str = "model") -> None:
        """Raises LTHError unless each entry names a tensor of `weights` with the same shape."""
        for name, entry in self.items():
            if name not in weights:
                raise LTHError(f"mask has {name}, the {what} has not; it has: {', '.join(weights)}")
            if weights[name].shape != entry.shape:
                shapes = f"{tuple(entry.shape)}, the {what} has {tuple(weights[name].shape)}"
                raise LTHError(f"mask of {name} has shape {shapes}")

    def apply(self, weights: Weights) -> dict[str, Tensor]:
        """Copies of `weights` with pruned entries set to exactly 0; parameters without a mask are copied whole."""
        self.check_fits(weights)
        return {n: torch.where(self[n], w, 0) if n in self else w.clone() for n, w in weights.items()}

    def permuted(self, generator: torch.Generator) -> "Mask":
        """Entries shuffled inside each layer, so that every layer keeps its count (the random-mask control)."""
        return Mask({n: m.flatten()[torch.randperm(m.numel(), generator=generator)].view(m.shape)
                     for n, m in self.items()})

    def hamming(self, other: "Mask") -> float:
        """Share of entries that differ, in [0, 1] (the distance of Early-Bird tickets).

        Raises:
            LTHError: if the masks are not over the same parameters.
        """
        other.check_fits(self, "other mask")
        self.check_fits(other, "other mask")
        return sum(int((self[n] ^ other[n]).sum()) for n in self) / max(self.size(), 1)
