"""Pretrained GloVe vectors (Pennington et al. 2014): finds their file, and reads the words that are needed."""

import re
import ssl
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from functools import partial
from io import StringIO
from itertools import chain
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.schema.text_settings import WordVectors

from . import locate
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
    places = [place / "glove" for place in locate.places_of(root)]
    found = [place / wanted.file for place in places if (place / wanted.file).is_file()]
    if found or wanted.source == "glove_or_skipgram":
        return found[0] if found else None
    reason = "only this place was to be searched"
    if root is None:
        try:
            return locate.download(f"glove/{wanted.file}", "glove", locate.DATA_FOLDER,
                                   fetch=partial(_fetch, wanted.file),
                                   check=lambda path: list(_lines_of(path, wanted.dimensions, {"the"})))
        except locate.DOWNLOAD_ERRORS as error:
            reason = f"the download failed: {str(error).strip()}"
    raise LTHError(
        f"data.vectors: no {wanted.file} in {' or in '.join(map(str, places))}; {reason}. Get it from "
        "https://nlp.stanford.edu/projects/glove/ and let LTH_DATA name a folder with glove/ in it, or set the source "
        "to glove_or_skipgram")


def _fetch(file: str, folder: Path) -> None:
    # torchtext knows the address. Its own download parses the whole file, for minutes, and trusts any certificate.
    from torchtext.vocab import GloVe
    from torchvision.datasets.utils import download_url

    name = re.fullmatch(r"glove\.(.+)\.\d+d\.txt", file)
    if name is None or name[1] not in GloVe.url:
        raise LTHError(f"{file} is none of Stanford's files; known: {', '.join(GloVe.url)}")
    address = GloVe.url[name[1]]
    download_url(address, folder)
    with zipfile.ZipFile(folder / Path(address).name) as archive:
        if file not in archive.namelist():
            raise LTHError(f"{address} has no {file} in it")
        archive.extract(file, folder / "glove")


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
