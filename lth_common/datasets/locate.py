"""Finds the folder of a data set, and downloads the set if it is nowhere."""

import fcntl
import http.client
import os
import socket
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path

from lth_common.errors import DamagedFile, LTHError
from lth_common.files import set_aside

from .image_files import FILE_SETS, read_checked

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
SECONDS_WITHOUT_ANSWER = 30  # urllib waits for ever by default, and other jobs would wait behind the lock
# A connection that is cut, or a page in place of a file, shows as anything, often only when it is unpacked.
DOWNLOAD_ERRORS = (OSError, RuntimeError, EOFError, http.client.HTTPException, zlib.error, tarfile.TarError,
                   zipfile.BadZipFile, LTHError)


def locate(name: str, root: Path | None = None) -> Path:
    """The folder that holds the files of the set `name`, a key of `FILE_SETS`.

    The set is looked for in `root` alone if given; else in the folder that the environment variable LTH_DATA
    names, then in the project's `data/`, where it is downloaded to if it is nowhere. The files themselves are
    not looked at. A set without a loader is part of an installed package.

    Raises:
        LTHError: if LTH_DATA is no folder, or if the set is nowhere and cannot be downloaded.
    """
    files = FILE_SETS[name]
    if not files.loader:  # the path alone spares the seconds that importing scikit-learn takes
        return Path(metadata.distribution("scikit-learn").locate_file(files.folder))
    remedy = (f"Let LTH_DATA name a folder with {files.folder}/ (files: {', '.join(files.md5)}), "
              "or run once with a network connection.")
    return find(name, files.folder, remedy, partial(_fetch, files.loader), partial(read_checked, files=files), root)


def find(name: str, target: str, remedy: str, fetch: Callable[[Path], object] | None,
         check: Callable[[Path], object], root: Path | None = None) -> Path:
    """The file or folder `target` of the set `name` below a data root, as `locate` searches, or downloaded.

    `fetch` and `check` are `download`'s; without `fetch` there is no public download. What is found is not checked.

    Raises:
        LTHError: if LTH_DATA is no folder, or if the set is nowhere and cannot be downloaded; it ends with `remedy`.
    """
    places = places_of(root)
    for place in places:
        if (place / target).exists():
            return place / target
    reason = "there is no public download" if fetch is None else "only this place was to be searched"
    if root is None and fetch is not None:
        try:
            return download(target, name, DATA_FOLDER, fetch, check)
        except DOWNLOAD_ERRORS as error:
            reason = f"the download failed: {str(error).strip()}"
    raise LTHError(f"data set {name}: no {target} in {' or in '.join(map(str, places))}; {reason}. {remedy}")


def places_of(root: Path | None = None) -> list[Path]:
    """The folders that data are looked for in, in order: `root` alone if given, else LTH_DATA and `data/`.

    Raises:
        LTHError: if LTH_DATA is no folder.
    """
    if root is not None:
        return [root]
    value = os.environ.get("LTH_DATA")
    if value and not Path(value).is_dir():
        raise LTHError(f"LTH_DATA={value} is no folder: correct it or unset it")
    return [*([Path(value)] if value else []), DATA_FOLDER]


def download(target: str, name: str, into: Path, fetch: Callable[[Path], object],
             check: Callable[[Path], object], mend: bool = False) -> Path:
    """Fetches a file or folder `target`, relative to `into`, whole and verified or not at all; returns its path.

    `fetch` gets an empty folder to make `target` in, `check` gets what it made and raises if that is wrong. With
    `mend`, what is there already is checked, too; if it is damaged, it is set aside and fetched again. Of several
    processes that want the same `name` at once, one fetches or mends it and the others wait.

    Raises:
        DOWNLOAD_ERRORS: whatever went wrong with the network, the disk or the checksums.
    """
    path = into / target
    into.mkdir(parents=True, exist_ok=True)
    with open(into / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, however the process ends
        if mend and path.exists():
            try:
                check(path)
            except DamagedFile as error:
                set_aside(path, error)
        if not path.exists():
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=into) as scratch:
                with _impatient_sockets():
                    fetch(Path(scratch))
                check(Path(scratch) / target)
                path.parent.mkdir(parents=True, exist_ok=True)
                os.rename(Path(scratch) / target, path)
    return path


@contextmanager
def _impatient_sockets() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS_WITHOUT_ANSWER)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _fetch(loader: str, root: Path) -> None:
    from torchvision import datasets  # seconds of import, so only when there is something to fetch

    getattr(datasets, loader)(str(root), download=True)
