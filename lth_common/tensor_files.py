"""Tensors with a header in one safetensors file, which tells by itself whether it is still what was written.

Its only metadata entry is `lth`, because safetensors writes several in an order that differs between processes: JSON
{"format": kind of file, "header": what belongs to the tensors, "sha256": `checksum` of all}.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from lth_common.errors import DamagedFile, LTHError
from lth_common.files import atomic_write_bytes

ENTRY = "lth"


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], header: dict[str, Any], kind: str) -> None:
    """Write one file, atomically; equal content gives equal bytes.

    `header` is JSON data, and comes back as JSON has it: keys as text, tuples as lists.

    Raises:
        OSError: if the file cannot be written; an older one stays whole.
    """
    whole = {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
             for name, tensor in tensors.items()}
    atomic_write_bytes(path, to_bytes(whole, {ENTRY: _entry(whole, json.loads(_json(header)), kind)}))


def read_tensors(path: str | Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors, in the order of their names, and header of a file that `write_tensors` wrote as this kind.

    Raises:
        DamagedFile: if a bit of it has changed or a part is missing.
        LTHError: if it is not there, cannot be read, is not ours or of another kind.
    """
    tensors, metadata = read_any(path)
    if ENTRY not in metadata:
        if any('"format": ' in text and '"sha256": ' in text for text in metadata.values()):
            raise DamagedFile(path, "the name of its metadata has changed")
        raise LTHError(f"{path}: its format is {metadata.get('format')!r}, expected {kind}")
    with damage_in(path):
        about = json.loads(metadata[ENTRY])
        if metadata[ENTRY] != _entry(tensors, about["header"], about["format"]):
            raise ValueError("its checksum is of another content")
    if about["format"] != kind:
        raise LTHError(f"{path}: its format is {about['format']!r}, expected {kind}")
    return tensors, about["header"]


def read_any(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of any safetensors file; whether bits of it have changed is not looked at.

    Raises:
        DamagedFile: if it is not a whole safetensors file.
        LTHError: if it is not there or cannot be read.
    """
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in sorted(file.keys())}, file.metadata() or {}


def metadata_of(path: str | Path) -> dict[str, str]:
    """The metadata of a safetensors file; raises as `read_any` does."""
    with _opened(path) as file:
        return file.metadata() or {}


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError:
        raise LTHError(f"{path}: there is no such file") from None
    except OSError as error:
        raise LTHError(f"{path}: cannot be read ({error})") from None
    except SafetensorError as error:
        raise DamagedFile(path, error) from None


@contextmanager
def damage_in(path: str | Path) -> Iterator[None]:
    """Whatever goes wrong while a file's content is taken apart becomes one clear error."""
    try:
        yield
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise DamagedFile(path, f"{type(error).__name__}: {error}") from None


def checksum(tensors: Mapping[str, Tensor], *words: Any) -> str:
    """SHA-256, in hex, of the JSON of `words`, then of each tensor in the order of names: the JSON of
    [name, dtype, shape], such as ["w", "torch.float32", [2, 3]], and its bytes, row by row.
    """
    total = hashlib.sha256(_json(words).encode())
    for name in sorted(tensors):
        total.update(_json([name, str(tensors[name].dtype), list(tensors[name].shape)]).encode())
        total.update(_raw(tensors[name]))
    return total.hexdigest()


def same_bits(left: Tensor, right: Tensor) -> bool:
    """Equal type, shape and bits: -0.0 differs from 0.0, and a NaN equals itself."""
    return left.dtype == right.dtype and left.shape == right.shape and np.array_equal(_raw(left), _raw(right))


def _entry(tensors: Mapping[str, Tensor], header: dict[str, Any], kind: str) -> str:
    # Compared as a whole text when it is read: another spelling of the same JSON is damage, too.
    return _json({"format": kind, "header": header, "sha256": checksum(tensors, kind, header)})


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def _raw(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
