"""Ticket files of the first format, `lth-1`, which say nothing of damage: still read, written no more."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lth_common.pruning.mask import Mask, Weights
from lth_common.tensor_files import damage_in, metadata_of, read_any


def read_first(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors and header if the file is an old one of this kind (ticket or book), else None.

    Raises:
        DamagedFile: if it is not a whole safetensors file, or has no header.
        LTHError: if it is not there or cannot be read.
    """
    metadata = metadata_of(path)
    if metadata.get("format") != f"lth-1-{kind}":
        return None
    with damage_in(path):
        return read_any(path)[0], json.loads(metadata["header"])


def unpacked_masks(tensors: Weights, levels: int, rewind: Weights) -> list[Mask]:
    """The masks `mask/<level>/<name>` of a book: uint8 [⌈n/8⌉], eight weights a byte, the first in the lowest bit.

    Raises:
        KeyError: if not every level has every mask.
    """
    names = [name.removeprefix("mask/0/") for name in tensors if name.startswith("mask/0/")]
    if not names or len(names) * levels != sum(name.startswith("mask/") for name in tensors):
        raise KeyError("not every level has every mask")
    return [Mask({name: _unpack(tensors[f"mask/{level}/{name}"], rewind[name].shape) for name in names})
            for level in range(levels)]


def _unpack(packed: Tensor, shape: torch.Size) -> Tensor:
    bits = (packed[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1
    return bits.flatten()[: shape.numel()].bool().view(shape)
