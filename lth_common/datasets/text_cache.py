"""Texts as tensors in one file, made once for all runs that read the same texts in the same way."""

import fcntl
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from torch import Tensor

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.tensor_files import read_tensors, write_tensors

from . import locate

log = logging.getLogger("lth")
FORMAT = 2  # raise it when the same settings give other tensors than before, or the file another form
KIND = "texts"


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
            write_tensors(path, found.tensors, found.about, KIND)
    return found


def _load(path: Path) -> EncodedTexts | None:
    """What was written there, if it is there and not a bit of it has changed."""
    try:
        return EncodedTexts(*read_tensors(path, KIND))
    except LTHError:
        return None
