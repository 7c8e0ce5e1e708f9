"""Corpora of plain text: their folders, their checksums for records, and their lines."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from . import locate
from .sets import SETS

CORPORA = SETS  # by this name papers' own tasks read the table; their text is part of their runs' names


def corpus_folder(name: str, root: Path | None = None) -> Path:
    """The folder of the corpus `name`, found or downloaded; each of its files has been compared with its proof.

    Raises:
        LTHError: if it is nowhere and cannot be downloaded, or a file is missing or not the published one.
    """
    return locate.fetch(name, root)


def checksum(name: str, folder: Path) -> dict[str, str]:
    """The corpus and one SHA-256 over its files in `folder`, for records: over their checksums, and over the content of
    those that have none.
    """
    contents = {file: (folder / file).read_bytes() for file, proof in SETS[name].proofs.items()
                if proof.startswith("lines:")}
    return {name: proofs_sum(name, contents)}


def proofs_sum(name: str, contents: Mapping[str, bytes] | None = None) -> str:
    """SHA-256 over the checksums of a corpus' files; over the contents of those without, or what is known of them."""
    total = hashlib.sha256()
    for file, proof in SETS[name].proofs.items():
        total.update((contents or {}).get(file, proof.partition(":")[2].encode()))
    return total.hexdigest()


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without their ends; a last line need not have one."""
    lines = path.read_text(encoding="utf-8").split("\n")  # no other character ends a line, as splitlines would have it
    return lines if lines[-1] else lines[:-1]
