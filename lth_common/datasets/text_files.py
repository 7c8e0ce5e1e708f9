"""The sets of labelled texts: where they lie below a data root, their checksums, and how to come by them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lth_common.errors import LTHError

from . import locate
from .generated_texts import generated_rows
from .text_formats import Corpus, Row, checksum_of, read_csv, read_imdb

IMDB_MD5 = "7c2ac02c03563afcf9b574c7e56c153a"  # of aclImdb_v1.tar.gz, as torchtext pins it from 0.9 on


@dataclass(frozen=True)
class TextFiles:
    """`place` is the folder or file below a data root, empty for a set that is made, not read. `remedy` says how to
    come by it; `fetch` makes `place` in an empty folder, where there is a public download.
    """

    place: str
    sha256: str
    read: Callable[[Path], Corpus]
    remedy: str
    fetch: Callable[[Path], None] | None = None


def read_texts(name: str, root: Path | None = None) -> Corpus:
    """The set `name`, a key of `TEXT_SETS`, in its official order, compared with its pinned checksum.

    It is looked for where images are (see `load_images`).

    Raises:
        LTHError: if the set is nowhere and cannot be downloaded, cannot be read, or has another checksum.
    """
    files = TEXT_SETS[name]
    if not files.place:
        return _read_checked(Path(), files)
    check = partial(_read_checked, files=files)
    return check(locate.find(name, files.place, files.remedy, files.fetch, check, root))


def _read_checked(path: Path, files: TextFiles) -> Corpus:
    corpus = files.read(path)
    if corpus.checksum != files.sha256:
        raise LTHError(f"{path} is damaged or another edition: its SHA-256 is {corpus.checksum}, expected "
                       f"{files.sha256}. {files.remedy}")
    return corpus


def _fetch_imdb(folder: Path) -> None:
    # torchtext knows the address. Its own download waits for ever on a dead line, and compares no checksum.
    from torchtext.datasets import IMDB
    from torchvision.datasets.utils import download_and_extract_archive

    download_and_extract_archive(IMDB.urls[0], folder / "imdb", md5=IMDB_MD5, remove_finished=True)


def _read_generated(path: Path) -> Corpus:
    train, test = ([Row(text, label, "generated texts") for text, label in rows] for rows in generated_rows())
    return Corpus(train, test, checksum_of(train + test))


def _kaggle(title: str, place: str) -> str:
    return f"Get the set '{title}' from kaggle.com and let LTH_DATA name a folder with {place}"


_SENTIMENT, _STOCKS = (f"financial_tweets/{name}.csv" for name in ("financial_sentiment", "stock_data"))
TEXT_SETS = {
    "imdb": TextFiles(
        "imdb", "b30ebde570f86b34d2e4a4c44caf32605b4964d47f527391c5a0dbfe94090140", read_imdb,
        "Run once with a network connection; or unpack aclImdb_v1.tar.gz from "
        "https://ai.stanford.edu/~amaas/data/sentiment/ and let LTH_DATA name a folder with imdb/aclImdb/",
        _fetch_imdb),
    # FiQA and the Financial PhraseBank in one file, mostly sentences of news.
    "financial_sentiment": TextFiles(
        _SENTIMENT, "3d86ea04e694471479b7473a84c005a5456491ddfdc43ce5340cb2ae1b6c6b05",
        partial(read_csv, column="Sentence"), _kaggle("Financial Sentiment Analysis", _SENTIMENT)),
    # Tweets on stocks; their labels are 1 and -1.
    "stock_tweets": TextFiles(
        _STOCKS, "2096ebef56aac6203d229eda26500cbe9344a93dc3b1e69eb4477c29c33ae8d0",
        partial(read_csv, column="Text"), _kaggle("Stock-Market Sentiment Dataset", _STOCKS)),
    "generated": TextFiles(
        "", "a6a2c206c1e57b561491d302d8e35e07048841e5df68cf998b87740f5b16de4f", _read_generated,
        "Install numpy anew, in the version that requirements.lock pins"),
}
