"""The tickets of one chain in one file, which safetensors alone can read (format `lth-2-book`).

Tensors, by name:

    lives/<weight>             uint8, of the weight's shape, for each prunable weight: the last level that it lives in,
                               so that the mask of a level is `lives >= level`; level 0 is dense
    rewind/<weight>            what training starts from at every level, in the weight's own type; buffers, too
    carried/<level>/<weight>   what that level starts from in its place
    trained/<level>/<weight>   weights at the end of that level's training, for the levels that the chain kept

Metadata: one entry, `lth`, a JSON text with `format` ("lth-2-book"), `sha256` (see `lth_common.tensor_files`) and
`header`:

    step         steps of training that the rewind weights have seen
    levels       number of levels, the dense one included
    provenance   which run they come from
    failures     level → why there is no result of it
    initial      names: rewind weights that are not in the file, because they are the seed's own initial weights;
                 sha256: of those weights (`lth_common.tensor_files.checksum`)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask, Weights
from lth_common.tensor_files import checksum, damage_in, read_tensors, same_bits, write_tensors

from .first_format import read_first, unpacked_masks
from .ticket import Ticket, below

FORMAT = "lth-2-book"
LAST_LEVEL = 255  # what a byte can say


@dataclass
class TicketBook:
    """All tickets of one chain; they share the rewind weights.

    `carried[level]`: tensors that differ from the rewind weights at that level. `trained[level]`: weights at the
    end of that level's training, for the levels that the chain keeps. `failures[level]`: why it has no result; the
    book may then end before the chain's last level.
    """

    rewind: dict[str, Tensor]
    step: int
    masks: list[Mask] = field(default_factory=list)
    carried: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    trained: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    def ticket(self, level: int) -> Ticket:
        """The winning ticket of a level.

        Raises:
            LTHError: for a level that the chain does not have.
        """
        if not 0 <= level < len(self.masks):
            raise LTHError(f"level {level}: this chain has the levels 0 to {len(self.masks) - 1}")
        weights = self.rewind | self.carried.get(level, {})
        return Ticket(self.masks[level], weights, self.step, level, self.provenance)


def save_book(book: TicketBook, path: Path, initial: Weights | None = None) -> None:
    """Write a chain's tickets into one file, atomically.

    `initial`: the seed's initial weights; a book that rewinds to step 0 leaves out what equals them bit for bit.

    Raises:
        LTHError: if the masks are not those of a chain: level 0 dense, nothing that revives, at most 255 levels more.
    """
    known = initial if initial is not None and book.step == 0 else {}
    left_out = {n: w for n, w in book.rewind.items() if n in known and same_bits(w, known[n])}
    tensors = {f"lives/{n}": level for n, level in _last_levels(book.masks).items()}
    tensors |= {f"rewind/{n}": w for n, w in book.rewind.items() if n not in left_out}
    for group in ("carried", "trained"):
        for level, weights in getattr(book, group).items():
            tensors |= {f"{group}/{level}/{n}": w for n, w in weights.items()}
    write_tensors(path, tensors, {
        "step": book.step, "levels": len(book.masks), "provenance": book.provenance,
        "failures": {str(level): reason for level, reason in book.failures.items()},
        "initial": {"names": sorted(left_out), "sha256": checksum(left_out)}}, FORMAT)


def load_book(path: Path, initial: Callable[[], Weights] | None = None) -> TicketBook:
    """Read the tickets written by `save_book`, or a file of the first format, which has no checksum.

    `initial` gives the seed's initial weights; it is called only if the file leaves them out.

    Raises:
        DamagedFile: if a bit of the file has changed or a part is missing.
        LTHError: if there is no such file, it is not a chain's tickets, or it leaves out initial weights that
            `initial` does not give.
    """
    old = read_first(path, "book")
    tensors, header = old or read_tensors(path, FORMAT)
    with damage_in(path):
        book = TicketBook(below("rewind/", tensors), header["step"], provenance=header["provenance"],
                          failures={int(level): reason for level, reason in header.get("failures", {}).items()})
        for group in ("carried", "trained"):
            for name, tensor in below(f"{group}/", tensors).items():
                level, _, weight = name.partition("/")
                getattr(book, group).setdefault(int(level), {})[weight] = tensor
        if old:
            book.masks = unpacked_masks(tensors, header["levels"], book.rewind)
        else:
            book.masks = [Mask({n: last >= level for n, last in below("lives/", tensors).items()})
                          for level in range(header["levels"])]
    if not old and header["initial"]["names"]:
        book.rewind = dict(sorted((book.rewind | _left_out(path, header["initial"], initial)).items()))
    return book


def _last_levels(masks: list[Mask]) -> dict[str, Tensor]:
    """The last level that each weight lives in, uint8."""
    if len(masks) > LAST_LEVEL + 1:
        raise LTHError(f"a chain of {len(masks) - 1} levels: a file of tickets holds {LAST_LEVEL} after the dense one")
    if not masks or masks[0].kept() < masks[0].size():
        raise LTHError("the mask of level 0 prunes weights: a chain begins with the dense network")
    lives = {name: torch.zeros(entry.shape, dtype=torch.uint8) for name, entry in masks[0].items()}
    for level, (before, mask) in enumerate(pairwise(masks), 1):
        mask.check_fits(before, "level before")
        before.check_fits(mask, f"level {level}")
        for name, entry in mask.items():
            if (entry & ~before[name]).any():
                raise LTHError(f"level {level} keeps weights of {name} that level {level - 1} has pruned: the masks of "
                               "a chain are nested")
            lives[name] += entry
    return lives


def _left_out(path: Path, about: dict[str, Any], initial: Callable[[], Weights] | None) -> dict[str, Tensor]:
    """The initial weights that the file leaves out, if they are still what they were."""
    if initial is None:
        raise LTHError(f"{path}: these tickets start from their seed's initial weights, which the file leaves out: "
                       "load_book needs `initial`")
    drawn = initial()
    found = {name: drawn[name].detach().cpu() for name in about["names"] if name in drawn}
    if checksum(found) != about["sha256"]:
        raise LTHError(f"{path}: these tickets start from other initial weights: another version of the network or of "
                       "torch")
    return found
