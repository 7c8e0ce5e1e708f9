"""Pretrained GloVe vectors (Pennington et al. 2014): finds their file, and reads the words that are needed."""

import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from itertools import chain
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.schema.text_settings import WordVectors

from . import locate
from .sets import SETS
from .text_tokens import SPECIALS
from .text_vectors import Texts, Vectors, vocabulary


def find_glove(wanted: WordVectors, root: Path | None = None) -> Path | None:
    """The file of vectors, in `glove/` below the folders that data are looked for in; None if none is to be used.

    `source: glove` downloads a file that is nowhere. `glove_or_skipgram` takes only what is there: vectors must
    not depend on whether the network was up.

    Raises:
        LTHError: if `source: glove` finds no file and cannot download it.
    """
    if wanted.file is None:
        return None
    places = [place / "glove" / wanted.file for place in locate.places_of(root)]
    found = [place for place in places if place.is_file()]
    if found or wanted.source == "glove_or_skipgram":
        return found[0] if found else None
    hint = "or set data.vectors.source to glove_or_skipgram"
    if wanted.file not in SETS:
        legal = ", ".join(name for name in SETS if name.startswith("glove."))
        raise LTHError(f"data.vectors.file: {wanted.file} is neither {' nor '.join(map(str, places))}, nor one of "
                       f"Stanford's files: {legal}; {hint}")
    try:
        return locate.find(wanted.file, root)
    except LTHError as error:
        raise LTHError(f"{error}, {hint}") from None


def glove_vectors(path: Path, dimensions: int, texts: Texts) -> Vectors:
    """The vectors of those words in `texts` that the file has; all others are unknown.

    Unknown words and markers have zero vectors, as torchtext gives them.

    Raises:
        LTHError: if the file is damaged, has other dimensions, or none of the words.
    """
    from torchtext.vocab import Vectors as Pretrained

    counts = Counter(chain.from_iterable(texts))
    with tempfile.TemporaryDirectory() as scratch, _tamed_torchtext():
        excerpt = Path(scratch) / path.name  # of the whole file, torchtext would make Python objects for minutes
        excerpt.write_bytes(b"".join(_lines_of(path, dimensions, counts.keys() - set(SPECIALS))))
        if not excerpt.stat().st_size:
            raise LTHError(f"{path}: none of the words has a vector of {dimensions} dimensions in it")
        try:
            found = Pretrained(str(excerpt), cache=scratch)
        except ValueError as error:
            raise LTHError(f"{path} is damaged: {error}") from None
    words = vocabulary(Counter({word: counts[word] for word in found.itos}))
    return words, found.get_vecs_by_tokens(words)


def _lines_of(path: Path, dimensions: int, words: set[str]) -> Iterator[bytes]:
    """The lines `word value … value` of these words. A longer line is the vector of a phrase with spaces in it."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if line.partition(b" ")[0].decode(errors="replace") in words:
                values = line.rstrip().count(b" ")
                if values < dimensions:
                    raise LTHError(f"{path}, line {number}: {values} values, expected {dimensions}: the file is "
                                   "damaged, or data.vectors.dimensions is not its own")
                if values == dimensions:
                    yield line.rstrip() + b"\n"


@contextmanager
def _tamed_torchtext() -> Iterator[None]:
    """torchtext draws a progress bar even into a log, and turns the check of certificates off for good."""
    https = ssl._create_default_https_context
    try:
        with redirect_stderr(sys.stderr if sys.stderr.isatty() else StringIO()):
            yield
    finally:
        ssl._create_default_https_context = https
