"""Whether what lies somewhere is the set that the table means."""

import hashlib
from pathlib import Path

from lth_common.errors import LTHError

from . import stamps
from .sets import BUILT, SETS, TEXTS, recipe_of


def verify(name: str, path: Path) -> None:
    """Compare the set `name` at `path` with its proofs.

    Raises:
        LTHError: if a file is missing, cannot be read, or is not the one that the table means.
    """
    if wrong := difference(name, path):
        raise LTHError(f"{wrong}. {remedy(name, path)}")


def difference(name: str, path: Path) -> str:
    """What is wrong with the set `name` at `path`; empty if it is whole."""
    if name in BUILT and (path / stamps.STAMP).exists():
        return _not_as_built(name, path)
    for what, proof in SETS[name].proofs.items():
        file = path if what in (TEXTS, path.name) else path / what
        if not file.exists():
            return f"{file} is missing"
        kind, _, wanted = proof.partition(":")
        try:
            found = _texts_sum(name, path) if what == TEXTS else _found(kind, file)
        except LTHError as error:  # texts that are none
            return str(error)
        except OSError as error:
            return f"{error.filename or file} cannot be read: {error.strerror or error}"
        if found != wanted:
            return unlike(file, proof, found)
    return ""


def _not_as_built(name: str, path: Path) -> str:
    """What is wrong with a set that was built here, by the checksums that were written then."""
    try:
        stamps.check(path)
    except LTHError as error:
        return str(error)
    built, wanted = stamps.recorded(path)["recipe"], recipe_of(name).digest
    return "" if built == wanted else f"{path} was built by another recipe, {built}; that of today is {wanted}"


def unlike(file: Path, proof: str, found: str) -> str:
    """The sentence for a file that gave another checksum or number than its proof."""
    kind, _, wanted = proof.partition(":")
    return f"{file} is damaged or another edition: {kind} {found}, expected {wanted}"


def remedy(name: str, path: Path) -> str:
    """What to do about a set that is there but not whole."""
    again = f"Delete {path} and run again to fetch it anew. " if SETS[name].addresses else ""
    return again + how_to_get(name)


def how_to_get(name: str) -> str:
    """How people come by a set: its size, licence and address, and how otherwise."""
    entry = SETS[name]
    if not entry.place:
        return f"{entry.by_hand}."
    address = entry.addresses[0].format(name="NAME", stem="NAME")
    return (f"Get it with a network connection by 'lth data fetch {name}' ({size(entry.bytes)}; "
            f"licence: {entry.licence}; from {address}). Or {entry.by_hand[0].lower()}{entry.by_hand[1:]}, and let "
            f"LTH_DATA name a folder with {entry.place}")


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def _found(kind: str, file: Path) -> str:
    with open(file, "rb") as lines:
        if kind == "lines":
            return str(sum(1 for _ in lines))
        if kind == "values":  # of the most frequent word, in one of the first lines
            values = (line.rstrip().count(b" ") for line in lines if line.startswith(b"the "))
            return str(next(values, "no word 'the'"))
        return hashlib.file_digest(lines, kind).hexdigest()


def _texts_sum(name: str, path: Path) -> str:
    from .text_files import READERS  # reads what only these sets are read with

    return READERS[name](path).checksum
