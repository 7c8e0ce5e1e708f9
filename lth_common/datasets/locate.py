"""Finds data sets, and downloads what is nowhere."""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from lth_common.errors import DamagedFile, LTHError
from lth_common.files import set_aside
from lth_common.protocol.task_names import tasks

from .addresses import DOWNLOAD_ERRORS, reason_of
from .checks import difference, how_to_get, size, verify
from .sets import BUILT, SETS, recipe_of
from .unpack import make

log = logging.getLogger("lth")
DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
# In an installed package: its name and a folder in it. The path alone spares the seconds of importing it.
BUNDLED = {"digits": ("scikit-learn", "sklearn/datasets/data")}


def names_read(task: str, data: Any) -> list[str]:
    """The sets that a run with the settings `data` of a task needs from disk, by their names in `SETS`.

    Vectors that are only used if they are at hand, and a file of one's own, are not among them.
    """
    if "edition" not in tasks()[task]:
        return []  # games
    vectors = getattr(data, "vectors", None)
    names = [data.name, *([vectors.file] if vectors is not None and vectors.source == "glove" else [])]
    return [name for name in names if name in SETS and SETS[name].place]


def present(name: str, root: Path | None = None) -> Path | None:
    """Where the set `name` lies, its content not looked at; None if it is nowhere.

    It is looked for in `root` alone if given; else in the folder that the environment variable LTH_DATA names, then
    in the project's `data/`. A set that is bundled or made up is always there.

    Raises:
        LTHError: if LTH_DATA is no folder.
    """
    if name in BUNDLED:
        package, folder = BUNDLED[name]
        return Path(metadata.distribution(package).locate_file(folder))
    if not SETS[name].place:
        return Path(__file__).parent
    places = (place / SETS[name].place for place in places_of(root))
    return next((place for place in places if place.exists()), None)


def find(name: str, root: Path | None = None) -> Path:
    """Where the set `name` lies, as `present` looks for it; if it is nowhere, it is downloaded into `data/`.

    What is downloaded is compared with its proofs, what is found is not.

    Raises:
        LTHError: if LTH_DATA is no folder, or if the set is nowhere and no address gives it whole. Nothing is kept
            of such a download.
    """
    if (found := present(name, root)) is not None:
        return found
    reason = "only this place was to be searched"
    if root is None:
        try:
            return download(SETS[name].place, name, DATA_FOLDER, partial(_fetch, name), os.stat)
        except DOWNLOAD_ERRORS as error:
            reason = f"the download failed: {reason_of(error)}"
    places = " or in ".join(map(str, places_of(root)))
    raise LTHError(f"data set {name}: no {SETS[name].place} in {places}; {reason}. {how_to_get(name)}")


def fetch(name: str, root: Path | None = None) -> Path:
    """As `find`, and what is found is compared with its proofs, too.

    Raises:
        LTHError: as `find`, or if it is not the set that the table means.
    """
    if (found := present(name, root)) is None:
        return find(name, root)  # which has compared it
    verify(name, found)
    return found


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
        for left in into.glob(f".{name}-????????"):  # of a process that was killed; none other can be at it now
            shutil.rmtree(left)
        if not path.exists():
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=into) as scratch:
                fetch(Path(scratch))
                check(Path(scratch) / target)
                path.parent.mkdir(parents=True, exist_ok=True)
                os.rename(Path(scratch) / target, path)
    return path


def _fetch(name: str, into: Path) -> None:
    """Make the set below `into` from the first of its addresses that gives it whole.

    Raises:
        LTHError: if none does; it names each, with what went wrong.
    """
    entry, failures = SETS[name], []
    log.info("%s: fetching %s", name, size(entry.bytes))
    if name in BUILT:
        recipe_of(name).build(into / entry.place)
        if wrong := difference(name, into / entry.place):
            raise LTHError(wrong)
        return
    for number, address in enumerate(entry.addresses):
        attempt, shown = into / str(number), address.format(name="NAME", stem="NAME")
        attempt.mkdir()
        try:
            make(entry, address, attempt)
            if wrong := difference(name, attempt / entry.place):
                raise LTHError(wrong)
        except DOWNLOAD_ERRORS as error:
            failures.append(f"{shown}: {reason_of(error).replace(f'{attempt}/', '')}")
            shutil.rmtree(attempt)
        else:
            (into / entry.place).parent.mkdir(parents=True, exist_ok=True)
            os.rename(attempt / entry.place, into / entry.place)
            if failures:
                log.warning("%s: fetched from %s after %s", name, shown, "; ".join(failures))
            return
    raise LTHError("; ".join(failures))
