"""Checksums of a folder's files, in the form of sha256sum: what was released is as it was released."""

from pathlib import Path

from lth_common.errors import DamagedFile
from lth_common.files import atomic_write_text, sha256_of

SUMS = "SHA256SUMS"


def write_sums(folder: Path) -> None:
    """Write the checksums of all files below `folder` into it."""
    atomic_write_text(folder / SUMS, "".join(f"{total}  {name}\n" for name, total in _sums(folder).items()))


def check_sums(folder: Path) -> None:
    """Compare a folder with its checksums; one without them, as of earlier releases, passes.

    Raises:
        DamagedFile: naming the first file that is missing, another, or not listed.
    """
    if not (folder / SUMS).exists():
        return
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    wanted = {name: total for total, _, name in (line.partition("  ") for line in lines)}
    found = _sums(folder)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise DamagedFile(folder / name, f"it is not as {SUMS} has it")


def _sums(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path)
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name != SUMS}
