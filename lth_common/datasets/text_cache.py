"""Texts as tensors in one file, made once for all runs that read the same texts in the same way."""

import fcntl
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lth_common.digest import digest
from lth_common.files import atomic_write_bytes

from . import locate

log = logging.getLogger("lth")
FORMAT = 1  # raise it when the same settings give other tensors than before


@dataclass(frozen=True, eq=False)
class EncodedTexts:
    """All texts of a set as row numbers of their words, uncut and without markers.

    `tensors`: `vectors` float32 [V, D]; for train and test: `…_ids` int32 [all words], `…_starts` int64 [N + 1]
    (text i is ids[starts[i]:starts[i + 1]]), `…_labels` int64 [N], numbers of label words.
    `about`: what the tensors do not say, as JSON: label_words ([word, place of the first] by number), checksums
    and sources.
    """

    tensors: dict[str, Tensor]
    about: dict[str, Any]


def cached(recipe: dict[str, Any], build: Callable[[], EncodedTexts]) -> EncodedTexts:
    """What `build` gives, from the file that the recipe names in `data/cache/`, or built and written there.

    The recipe must hold all that the result depends on; versions of the libraries are added. Of several
    processes one builds and the others wait. A file that is damaged is built anew.

    Raises:
        LTHError: as `build` does.
    """
    versions = {name: metadata.version(name) for name in ("gensim", "nltk", "torchtext")}
    name = f"texts-{digest(recipe | versions | {'format': FORMAT})}"
    path = locate.DATA_FOLDER / "cache" / f"{name}.safetensors"
    found = _load(path)
    if found is not None:
        return found
    log.info("texts: reading them anew, or waiting for a process that does")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.parent / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _load(path)  # another process may have made it by now
        if found is None:
            if path.exists():
                log.warning("%s is damaged and is made anew", path)
            found = build()
            _save(path, found)
    return found


def _save(path: Path, texts: EncodedTexts) -> None:
    about = json.dumps(texts.about, sort_keys=True)
    atomic_write_bytes(path, save(texts.tensors, {"about": about, "sha256": _checksum(texts.tensors, about)}))


def _load(path: Path) -> EncodedTexts | None:
    """What `_save` wrote, if it is there and not a bit of it has changed."""
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        if header["sha256"] == _checksum(tensors, header["about"]):
            return EncodedTexts(tensors, json.loads(header["about"]))
    except (OSError, SafetensorError, KeyError, ValueError):
        pass
    return None


def _checksum(tensors: dict[str, Tensor], about: str) -> str:
    total = hashlib.sha256(about.encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        total.update(tensor.numpy())
    return total.hexdigest()
