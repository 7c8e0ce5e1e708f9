"""Corpora of plain text: where their files lie below a data root, what proves them whole, and where they come from."""

import gzip
import hashlib
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from . import locate, wmt14
from .corpus_files import BuiltCorpus, CorpusFiles


def corpus_folder(name: str, root: Path | None = None) -> Path:
    """The folder of the corpus `name`, a key of `CORPORA`; each of its files has been compared with its proof.

    It is looked for where images are (see `load_images`), and downloaded if it is nowhere.

    Raises:
        LTHError: if it is nowhere and cannot be downloaded, or a file is missing or not the published one.
    """
    files = CORPORA[name]
    folder = locate.find(name, files.folder, files.remedy, files.fetch, files.check, root)
    if isinstance(files, BuiltCorpus) and folder.parent == locate.DATA_FOLDER:  # ours: made again if damaged
        return locate.download(files.folder, name, locate.DATA_FOLDER, files.fetch, files.check, mend=True)
    files.check(folder)
    return folder


def checksum(name: str, folder: Path) -> dict[str, str]:
    """The corpus and one SHA-256 over its files in `folder`, for records: over their checksums, and over the content of
    those that have none.
    """
    return {name: proofs_sum(name, CORPORA[name].unproven(folder))}


def proofs_sum(name: str, contents: Mapping[str, bytes] | None = None) -> str:
    """SHA-256 over the checksums of a corpus' files; over the contents of those without, or what is known of them."""
    total = hashlib.sha256()
    for file, proof in CORPORA[name].proofs.items():
        total.update((contents or {}).get(file, proof.partition(":")[2].encode()))
    return total.hexdigest()


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without their ends; a last line need not have one."""
    lines = path.read_text(encoding="utf-8").split("\n")  # no other character ends a line, as splitlines would have it
    return lines if lines[-1] else lines[:-1]


def _fetch_each(folder: str, names: tuple[str, ...], url: str, into: Path) -> None:
    """Fetch each file from `url`, with its name for {name}; an address that ends in .gz is unpacked."""
    from torchvision.datasets.utils import download_url  # seconds of import, so only when there is something to fetch

    for name in names:
        address = url.format(name=name)
        fetched = into / folder / address.rpartition("/")[2]
        download_url(address, into / folder, fetched.name)
        if address.endswith(".gz"):
            with gzip.open(fetched) as packed, open(into / folder / name, "wb") as plain:
                shutil.copyfileobj(packed, plain)
            fetched.unlink()


def _each(folder: str, url: str, proofs: dict[str, str]) -> CorpusFiles:
    return CorpusFiles(folder, {name: f"sha256:{proof}" for name, proof in proofs.items()}, url.format(name="NAME"),
                       partial(_fetch_each, folder, tuple(proofs), url))


_GITHUB = "https://raw.githubusercontent.com"
CORPORA = {
    # Word-level WikiText-2 v1 (Merity et al. 2016). Its own download has gone; these files are the same to the byte.
    "wikitext2": _each(
        "wikitext-2",
        f"{_GITHUB}/pytorch/examples/cf16e27b7b0a04a1b62971acb014f2adf80c6c56/word_language_model/data/wikitext-2/"
        "{name}", {
            "train.txt": "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
            "valid.txt": "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            "test.txt": "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
        }),
    # Multi30K, task 1, English and German (Elliott et al. 2016): 29,000, 1,014 and 1,000 sentences.
    "multi30k": _each(
        "multi30k",
        f"{_GITHUB}/multi30k/dataset/c60773c2a3db82db0e05655b3d01cf391e810800/data/task1/raw/{{name}}.gz", {
            "train.en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
            "train.de": "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
            "val.en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
            "val.de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
            "test_2016_flickr.en": "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
            "test_2016_flickr.de": "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
        }),
    # Tokens and subwords, as Google prepared them or built the same way.
    "wmt14": BuiltCorpus(CorpusFiles("wmt14", wmt14.PREPARED, wmt14.SOURCE, None), wmt14.recipe()),
}
