"""Tickets: a mask and the weights to start from, with their provenance, in files that vouch for themselves."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask, Weights
from lth_common.tensor_files import damage_in, read_tensors, write_tensors

from .first_format import read_first

FORMAT = "lth-2-ticket"


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
    """Write one self-contained ticket: `weight/<name>` (pruned entries are 0) and `mask/<name>` (bool), atomically."""
    tensors = {f"mask/{n}": m for n, m in ticket.mask.items()}
    tensors |= {f"weight/{n}": w for n, w in ticket.mask.apply(ticket.weights).items()}
    header = {"step": ticket.step, "level": ticket.level, "provenance": ticket.provenance}
    write_tensors(path, tensors, header, FORMAT)


def load_ticket(path: Path) -> Ticket:
    """Read a ticket written by `save_ticket`, or one of the first format, which has no checksum.

    Raises:
        DamagedFile: if a bit of it has changed or a part is missing.
        LTHError: if there is none, it is not a ticket, or incomplete (a mask without its weights).
    """
    tensors, header = read_first(path, "ticket") or read_tensors(path, FORMAT)
    masks, weights = below("mask/", tensors), below("weight/", tensors)
    if not masks or not weights or not masks.keys() <= weights.keys():
        raise LTHError(f"{path}: incomplete ticket: it needs weights, and a mask for at least one of them")
    with damage_in(path):
        return Ticket(Mask(masks), weights, header["step"], header["level"], header["provenance"])


def below(prefix: str, tensors: Weights) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
