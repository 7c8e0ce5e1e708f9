"""Finds the folder of a data set, and downloads the set if it is nowhere."""

import fcntl
import http.client
import os
import socket
import tempfile
from importlib import metadata
from pathlib import Path

from ..errors import LTHError
from .files import FILE_SETS, FileSet, read_checked

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
SECONDS_WITHOUT_ANSWER = 30  # urllib waits for ever by default, and other jobs would wait behind the lock


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
    places = [root] if root is not None else [*_lth_data(), DATA_FOLDER]
    for place in places:
        if (place / files.folder).is_dir():
            return place / files.folder
    reason = "only this place was to be searched"
    if root is None:
        try:
            return download(files, DATA_FOLDER)
        except (OSError, RuntimeError, http.client.HTTPException, LTHError) as error:
            reason = f"the download failed: {str(error).strip()}"
    raise LTHError(
        f"data set {name}: no folder {files.folder} in {' or in '.join(map(str, places))}; {reason}. "
        f"Let LTH_DATA name a folder with {files.folder}/ (files: {', '.join(files.md5)}), "
        "or run once with a network connection.")


def _lth_data() -> list[Path]:
    value = os.environ.get("LTH_DATA")
    if not value:
        return []
    if not Path(value).is_dir():
        raise LTHError(f"LTH_DATA={value} is no folder: correct it or unset it")
    return [Path(value)]


def download(files: FileSet, into: Path) -> Path:
    """Fetches a set into `into`, whole and verified or not at all, and returns its folder.

    Of several processes that want the same set at once, one fetches it and the others wait.

    Raises:
        OSError, RuntimeError, http.client.HTTPException, LTHError: whatever went wrong with the network, the
            disk or the checksums.
    """
    target = into / files.folder
    into.mkdir(parents=True, exist_ok=True)
    with open(into / f".{files.loader}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, however the process ends
        if not target.is_dir():
            with tempfile.TemporaryDirectory(prefix=f".{files.loader}-", dir=into) as scratch:
                _fetch(files.loader, Path(scratch))
                read_checked(Path(scratch) / files.folder, files)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.rename(Path(scratch) / files.folder, target)
    return target


def _fetch(loader: str, root: Path) -> None:
    from torchvision import datasets  # seconds of import, so only when there is something to fetch

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS_WITHOUT_ANSWER)
    try:
        getattr(datasets, loader)(str(root), download=True)
    finally:
        socket.setdefaulttimeout(before)
