"""Tickets: a mask and the weights to start from, with their provenance, in safetensors files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes
from lth_common.pruning.mask import Mask, Weights

FORMAT = "lth-1"


@dataclass(frozen=True)
class Ticket:
    """A mask and the weights that training starts from.

    `weights`: every trainable parameter and buffer by name; training multiplies them by the mask. `step` is the
    rewind step (0 = initialisation), `level` the pruning level (0 = dense).
    """

    mask: Mask
    weights: Weights
    step: int = 0
    level: int = 0
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.mask.check_fits(self.weights, "ticket")

    def whole_mask(self) -> dict[str, Tensor]:
        """The mask with entries for every weight: all True for those that are never pruned."""
        return {name: self.mask.get(name, torch.ones(weight.shape, dtype=torch.bool))
                for name, weight in self.weights.items()}


def save_ticket(ticket: Ticket, path: Path) -> None:
    """Write one self-contained ticket: `weight/<name>` (pruned entries are 0) and `mask/<name>`, atomically."""
    tensors = {f"mask/{n}": m.contiguous() for n, m in ticket.mask.items()}
    tensors |= {f"weight/{n}": w.contiguous() for n, w in ticket.mask.apply(ticket.weights).items()}
    header = {"step": ticket.step, "level": ticket.level, "provenance": ticket.provenance}
    _write(path, tensors, header, "ticket")


def load_ticket(path: Path) -> Ticket:
    """Read a ticket written by `save_ticket`.

    Raises:
        LTHError: if the file is missing, damaged, not a ticket, or incomplete (a mask without its weights).
    """
    tensors, header = _read(path, "ticket")
    masks = {n.removeprefix("mask/"): t for n, t in tensors.items() if n.startswith("mask/")}
    weights = {n.removeprefix("weight/"): t for n, t in tensors.items() if n.startswith("weight/")}
    if not masks or not weights or not masks.keys() <= weights.keys():
        raise LTHError(f"{path}: incomplete ticket: it needs weights, and a mask for at least one of them")
    with _damage_in(path):
        return Ticket(Mask(masks), weights, header["step"], header["level"], header["provenance"])


@dataclass
class TicketBook:
    """All tickets of one chain. They share the rewind weights, so those are stored once.

    `carried[level]`: tensors that differ from the rewind weights at that level. `trained[level]`: weights at the
    end of that level's training, for the levels that the chain keeps.
    """

    rewind: dict[str, Tensor]
    step: int
    masks: list[Mask] = field(default_factory=list)
    carried: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    trained: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)

    def ticket(self, level: int) -> Ticket:
        """The winning ticket of a level.

        Raises:
            LTHError: for a level that the chain does not have.
        """
        if not 0 <= level < len(self.masks):
            raise LTHError(f"level {level}: this chain has the levels 0 to {len(self.masks) - 1}")
        weights = self.rewind | self.carried.get(level, {})
        return Ticket(self.masks[level], weights, self.step, level, self.provenance)


def save_book(book: TicketBook, path: Path) -> None:
    """Write a chain's tickets into one file, atomically; masks take one bit a weight."""
    tensors = {f"rewind/{n}": w.contiguous() for n, w in book.rewind.items()}
    for level, mask in enumerate(book.masks):
        tensors |= {f"mask/{level}/{n}": _pack(m) for n, m in mask.items()}
    for group in ("carried", "trained"):
        for level, weights in getattr(book, group).items():
            tensors |= {f"{group}/{level}/{n}": w.contiguous() for n, w in weights.items()}
    _write(path, tensors, {"step": book.step, "levels": len(book.masks), "provenance": book.provenance}, "book")


def load_book(path: Path) -> TicketBook:
    """Read the tickets written by `save_book`.

    Raises:
        LTHError: if the file is missing, damaged or not a chain's tickets.
    """
    tensors, header = _read(path, "book")
    with _damage_in(path):
        book = TicketBook({}, header["step"], provenance=header["provenance"])
        packed: list[dict[str, Tensor]] = [{} for _ in range(header["levels"])]
        groups = {"carried": book.carried, "trained": book.trained}
        for key, tensor in tensors.items():
            group, rest = key.split("/", 1)
            if group == "rewind":
                book.rewind[rest] = tensor
            elif group == "mask":
                packed[int(rest.split("/", 1)[0])][rest.split("/", 1)[1]] = tensor
            else:
                groups[group].setdefault(int(rest.split("/", 1)[0]), {})[rest.split("/", 1)[1]] = tensor
        if any(level.keys() != packed[0].keys() for level in packed) or not packed[0]:
            raise KeyError("not every level has every mask")
        book.masks = [Mask({n: _unpack(bits, book.rewind[n].shape) for n, bits in level.items()}) for level in packed]
        return book


def _pack(mask: Tensor) -> Tensor:
    """A boolean tensor as uint8 [⌈n/8⌉], eight entries a byte, the first in the lowest bit."""
    bits = torch.nn.functional.pad(mask.flatten().to(torch.uint8), (0, -mask.numel() % 8)).view(-1, 8)
    return (bits << torch.arange(8, dtype=torch.uint8)).sum(1, dtype=torch.uint8)


def _unpack(packed: Tensor, shape: torch.Size) -> Tensor:
    bits = (packed[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1
    return bits.flatten()[: shape.numel()].bool().view(shape)


def _write(path: Path, tensors: dict[str, Tensor], header: dict, kind: str) -> None:
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    metadata = {"format": f"{FORMAT}-{kind}", "header": json.dumps(header, sort_keys=True)}
    atomic_write_bytes(path, to_bytes(tensors, metadata))


@contextmanager
def _damage_in(path: Path) -> Iterator[None]:
    """Whatever is wrong inside a file that could be read becomes one clear error."""
    try:
        yield
    except (KeyError, IndexError, ValueError, TypeError, RuntimeError) as error:
        raise LTHError(f"{path}: damaged ticket file ({type(error).__name__} {error}); "
                       "delete it and run its chain again") from None


def _read(path: Path, kind: str) -> tuple[dict[str, Tensor], dict]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise LTHError(f"{path}: there is no such ticket file") from None
    except (SafetensorError, OSError) as error:
        raise LTHError(f"{path}: damaged ticket file ({error}); delete it and run its chain again") from None
    if metadata.get("format") != f"{FORMAT}-{kind}":
        raise LTHError(f"{path}: format is {metadata.get('format')!r}, expected {FORMAT}-{kind} "
                       "(a ticket is one mask with its weights, a book all tickets of a chain)")
    with _damage_in(path):
        return tensors, json.loads(metadata["header"])
