"""Downloads of large files that go on where they were cut off, and are believed by their checksum alone."""

import hashlib
import logging
import os
import shutil
import urllib.error
from dataclasses import dataclass
from pathlib import Path

from lth_common.errors import LTHError

from . import locate
from .addresses import DOWNLOAD_ERRORS, reason_of, request

BLOCK = 1 << 20  # bytes
log = logging.getLogger("lth")


@dataclass(frozen=True)
class Archive:
    """A published file: its name, its addresses in the order of trying, its `sha256:…` or `md5:…`, who published that,
    and its size in bytes, None where nobody says it.
    """

    file: str
    addresses: tuple[str, ...]
    proof: str
    proven_by: str
    bytes: int | None = None


def fetch_archive(archive: Archive, folder: str, into: Path, parts: Path) -> None:
    """The file `archive` as `into/<its name>`, whole and as published.

    It is taken from `folder` below a data root if a person has put it there, else fetched. What has come of it when a
    connection is cut lies in `parts` as `<its name>.part`, and the next try asks only for the rest. If the whole is
    another file than was published, it is fetched once more from its start, and nothing of it is kept.

    Raises:
        LTHError: if no address gives the published file; it says how to get it by hand.
    """
    target = into / archive.file
    for place in locate.places_of():
        own = place / folder / archive.file
        if own.is_file():
            if (reason := _difference(own, archive)) is not None:
                raise LTHError(f"{own} is not the published file: {reason}. Remove it, or get {archive.file} again "
                               f"from {' or '.join(archive.addresses)}")
            link(own, target)
            return
    reasons = []
    for address in archive.addresses:
        part = parts / f"{archive.file}.part"
        try:
            _fetch_whole(address, archive, part)
            os.replace(part, target)
            return
        except DOWNLOAD_ERRORS as error:
            reasons.append(f"{address}: {reason_of(error)}")
            log.warning("%s", reasons[-1])
    raise LTHError(f"{archive.file} could not be fetched: {'; '.join(reasons)}. Run again with a network connection "
                   f"(what has come is kept), or put the file into a folder {folder}/ below the folder that LTH_DATA "
                   "names, or below data/")


def _fetch_whole(address: str, archive: Archive, part: Path) -> None:
    """Leave the published file as `part`; another file is removed, and fetched again if it was pieced together."""
    pieced = part.is_file()
    if not pieced or not _is_whole(part, archive):
        _fetch_rest(address, part, archive.bytes)
    reason = _difference(part, archive)
    if reason is None:
        return
    part.unlink()
    if not pieced:
        raise LTHError(f"another file than the published one: {reason}")
    log.warning("%s: the parts of %s do not fit together (%s); fetching it from its start", address, part, reason)
    _fetch_whole(address, archive, part)


def _fetch_rest(address: str, part: Path, size: int | None) -> None:
    """Append to `part` what it lacks; a server that cannot go on in the middle sends all again."""
    have = part.stat().st_size if part.is_file() else 0
    try:
        answer = request(address, headers={"Range": f"bytes={have}-"} if have else None)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # there is no rest: the checksum will say whether all is there
            raise
        return
    with answer, open(part, "ab" if answer.status == 206 else "wb") as file:
        expected = answer.headers.get("Content-Length")
        whole = int(expected) + file.tell() if expected else size
        while block := answer.read(BLOCK):
            file.write(block)
        if whole is not None and file.tell() < whole:
            raise LTHError(f"the connection was cut after {file.tell():,} of {whole:,} bytes")


def _is_whole(path: Path, archive: Archive) -> bool:
    return archive.bytes is not None and path.stat().st_size >= archive.bytes


def _difference(path: Path, archive: Archive) -> str | None:
    """What tells a file from the published one; None if they are equal."""
    kind, _, wanted = archive.proof.partition(":")
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    return None if found == wanted else f"{kind} {found}, expected {wanted}, {path.stat().st_size:,} bytes"


def link(source: Path, target: Path) -> None:
    """`target` is the file `source`: one file with two names where the disk can do that, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
