"""Corpora of plain text: where their files lie below a data root, their checksums, and where they are fetched."""

import gzip
import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import LTHError
from . import locate


@dataclass(frozen=True)
class CorpusFiles:
    """`folder` is relative to a data root; `sha256` lists every file that is read; `url` is the address of a file,
    with {name} for its name. An address that ends in .gz is unpacked.
    """

    folder: str
    sha256: Mapping[str, str]
    url: str


def corpus_folder(name: str, root: Path | None = None) -> Path:
    """The folder of the corpus `name`, a key of `CORPORA`; each of its files has been compared with its checksum.

    It is looked for where images are (see `load_images`), and downloaded if it is nowhere.

    Raises:
        LTHError: if it is nowhere and cannot be downloaded, or a file is missing or has another checksum.
    """
    files = CORPORA[name]
    remedy = (f"Put {', '.join(files.sha256)} from {files.url.format(name='NAME')} into a folder {files.folder}/ and "
              "let LTH_DATA name the folder that it is in")
    folder = locate.find(name, files.folder, remedy, partial(_fetch, files), partial(_check, files=files, remedy=""),
                         root)
    _check(folder, files, remedy)
    return folder


def checksum(name: str) -> dict[str, str]:
    """The corpus and one SHA-256 over those of its files, for records."""
    return {name: hashlib.sha256("".join(CORPORA[name].sha256.values()).encode()).hexdigest()}


def _check(folder: Path, files: CorpusFiles, remedy: str) -> None:
    for name, wanted in files.sha256.items():
        path = folder / name
        if not path.is_file():
            raise LTHError(f"{path} is missing. {remedy}")
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != wanted:
            raise LTHError(f"{path} is damaged or another edition: its SHA-256 is {found}, expected {wanted}. {remedy}")


def _fetch(files: CorpusFiles, into: Path) -> None:
    from torchvision.datasets.utils import download_url  # seconds of import, so only when there is something to fetch

    folder = into / files.folder
    for name in files.sha256:
        url = files.url.format(name=name)
        fetched = folder / url.rpartition("/")[2]
        download_url(url, folder, fetched.name)
        if url.endswith(".gz"):
            with gzip.open(fetched) as packed, open(folder / name, "wb") as plain:
                shutil.copyfileobj(packed, plain)
            fetched.unlink()


_GITHUB = "https://raw.githubusercontent.com"
CORPORA = {
    # Word-level WikiText-2 v1 (Merity et al. 2016). Its own download has gone; these files are the same to the byte.
    "wikitext2": CorpusFiles("wikitext-2", {
        "train.txt": "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
        "valid.txt": "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
        "test.txt": "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
    }, f"{_GITHUB}/pytorch/examples/cf16e27b7b0a04a1b62971acb014f2adf80c6c56/word_language_model/data/wikitext-2/"
       "{name}"),
}
