"""What an address gives, made into the files of a set."""

import gzip
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from lth_common.errors import LTHError

from .addresses import save
from .sets import TEXTS, DataSet


def make(entry: DataSet, address: str, into: Path) -> None:
    """Fetch a set from one of its addresses and put it at its place below the empty folder `into`.

    Raises:
        DOWNLOAD_ERRORS: whatever went wrong with network, disk or archive. What is made is not yet checked.
    """
    place = into / entry.place
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        for url, name in entry.urls(address).items():
            fetched = Path(scratch) / PurePosixPath(urlsplit(url).path).name
            save(url, fetched)
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if fetched.name.endswith((".tar.gz", ".tgz")):
                unpack(fetched, None if TEXTS in entry.proofs else set(entry.proofs), target)
            else:
                _put(fetched, target)
            fetched.unlink(missing_ok=True)
    if entry.name in RECODED:
        place.write_bytes(RECODED[entry.name](place.read_bytes()))


def unpack(archive: Path, names: set[str] | None, into: Path) -> None:
    """Take the files of these names out of a .tar.gz, wherever in it they are; None takes all, in their folders."""
    into.mkdir(exist_ok=True)
    with tarfile.open(archive, "r:gz") as packed:
        for member in packed:
            name = PurePosixPath(member.name)
            if not member.isfile() or names is not None and name.name not in names:
                continue
            if name.is_absolute() or ".." in name.parts:
                raise LTHError(f"{archive.name} would write outside its folder: {name}")
            target = into / (name if names is None else name.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.extractfile(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)


def _put(fetched: Path, target: Path) -> None:
    """A file as it is, or unpacked; of a zip archive the file of the target's name, or the only one."""
    if fetched.suffix == ".gz":
        with gzip.open(fetched) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file)
    elif fetched.suffix == ".zip":
        with zipfile.ZipFile(fetched) as archive:
            names = archive.namelist()
            chosen = [name for name in names if PurePosixPath(name).name == target.name] or names
            if len(chosen) != 1:
                raise LTHError(f"{fetched.name} has no {target.name} in it")
            with archive.open(chosen[0]) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)
    else:
        shutil.move(fetched, target)


def _negative_is_minus_one(blob: bytes) -> bytes:
    """The label 0 at the end of a row as -1, and all ends of lines as \\n."""
    return (blob.replace(b"\r\n", b"\n") + b"\n").replace(b",0\n", b",-1\n")[:-1]


RECODED = {"stock_tweets": _negative_is_minus_one}
