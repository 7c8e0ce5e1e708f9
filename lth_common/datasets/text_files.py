"""The sets of labelled texts, read from their files or made."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lth_common.errors import LTHError

from .checks import remedy, unlike
from .generated_texts import generated_rows
from .locate import find
from .sets import SETS, pinned
from .text_formats import Corpus, Row, checksum_of, read_csv, read_imdb


def read_texts(name: str, root: Path | None = None) -> Corpus:
    """The set `name`, a key of `READERS`, in its official order, compared with its pinned checksum.

    It is looked for as `locate.find` does.

    Raises:
        LTHError: if the set is nowhere and cannot be downloaded, cannot be read, or has another checksum.
    """
    path = find(name, root)
    corpus = READERS[name](path)
    if corpus.checksum != pinned(name):
        [proof] = SETS[name].proofs.values()
        raise LTHError(f"{unlike(path, proof, corpus.checksum)}. {remedy(name, path)}")
    return corpus


def _read_generated(path: Path) -> Corpus:
    train, test = ([Row(text, label, "generated texts") for text, label in rows] for rows in generated_rows())
    return Corpus(train, test, checksum_of(train + test))


READERS: dict[str, Callable[[Path], Corpus]] = {
    "imdb": read_imdb, "financial_sentiment": partial(read_csv, column="Sentence"),
    "stock_tweets": partial(read_csv, column="Text"), "generated": _read_generated}
