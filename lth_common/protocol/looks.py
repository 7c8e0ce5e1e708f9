"""Which seeds a replication has: those of its looks, by the plan in `replications/<paper>/looks.csv`.

Seeds 0 to 9 are pilots: rules were written while they were seen, so they decide nothing. A look is the first 5, 10, 20
or 30 seeds from 10 on, planned before they are trained and for a whole experiment, so that nothing can be added because
of how a verdict leans. An experiment without a look has the pilots that its protocol names.
"""

import csv
import io
import subprocess
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.protocol.schema.paper import SCALES

LOOKS = (5, 10, 20, 30)  # seeds of a look
FIRST_SEED = 10


class Look(NamedTuple):
    """One planned look: its size, the core-hours that it was expected to cost, and the day on which it was planned."""

    scale: str
    experiment: str
    variant: str
    look: int
    hours: float
    planned: str


def looks_path(paper: str, root: Path) -> Path:
    return root / "replications" / paper / "looks.csv"


def read_looks(paper: str, root: Path) -> list[Look]:
    """The looks that a paper's folder plans; none without the file.

    Raises:
        LTHError: naming file, line, value and what would be legal.
    """
    path = looks_path(paper, root)
    if not path.exists():
        return []
    where = f"replications/{paper}/looks.csv"
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LTHError(f"{where}: no CSV file in UTF-8: {error}") from None
    if not rows or tuple(rows[0]) != Look._fields:
        raise LTHError(f"{where}: line 1: the header must be {','.join(Look._fields)}")
    looks = [_look(row, f"{where}: line {number}") for number, row in enumerate(rows[1:], 2) if row]
    for number, look in enumerate(looks):
        before = [one.look for one in looks[:number] if one[:3] == look[:3]]
        if before and look.look <= before[-1]:
            raise LTHError(f"{where}: {'/'.join(look[:3])}: look {look.look} after look {before[-1]}; looks grow")
    return looks


def seeds_of(looks: Iterable[Look], scale: str, experiment: str, variant: str) -> list[int] | None:
    """The seeds of the largest look of an experiment; None if it has none."""
    sizes = [look.look for look in looks if look[:3] == (scale, experiment, variant)]
    return list(range(FIRST_SEED, FIRST_SEED + max(sizes))) if sizes else None


def next_look(size: int) -> int | None:
    """The look after one of so many seeds (0: none yet); None after the last."""
    return next((look for look in LOOKS if look > size), None)


def append_looks(paper: str, looks: Iterable[Look], root: Path) -> None:
    """Add looks at the end of a paper's file, which is made if it is not there.

    Raises:
        LTHError: if the file would no longer be legal; it is then as it was.
    """
    path, buffer = looks_path(paper, root), io.StringIO()
    before = path.read_text(encoding="utf-8") if path.exists() else None
    csv.writer(buffer, lineterminator="\n").writerows([*read_looks(paper, root), *looks])
    atomic_write_text(path, f"{','.join(Look._fields)}\n{buffer.getvalue()}")
    try:
        read_looks(paper, root)
    except LTHError:
        path.unlink() if before is None else atomic_write_text(path, before)
        raise


def check_committed(papers: Iterable[str], root: Path) -> None:
    """What is to be trained must have been planned in a commit, or the plan could follow the numbers.

    Raises:
        LTHError: naming files of looks that differ from the last commit. Where there is no repository, none is named.
    """
    paths = [str(path.relative_to(root)) for paper in papers if (path := looks_path(paper, root)).exists()]
    if not paths:
        return
    try:
        command = ["git", "status", "--porcelain", "--", *paths]
        status = subprocess.run(command, cwd=root, capture_output=True, text=True)
    except OSError:
        return
    if changed := [line[3:] for line in status.stdout.splitlines()]:
        raise LTHError(f"{', '.join(changed)}: looks are planned before they are trained: commit first")


def today() -> str:
    return date.today().isoformat()


def _look(row: list[str], where: str) -> Look:
    if len(row) != len(Look._fields):
        raise LTHError(f"{where}: {len(row)} fields; legal: {len(Look._fields)}, {','.join(Look._fields)}")
    scale, experiment, variant, look, hours, planned = row
    if scale not in SCALES:
        raise LTHError(f"{where}: scale '{scale}'; legal: {', '.join(SCALES)}")
    if look not in map(str, LOOKS):
        raise LTHError(f"{where}: look '{look}'; legal: {', '.join(map(str, LOOKS))}")
    try:
        cost, day = float(hours), date.fromisoformat(planned)
    except ValueError as error:
        raise LTHError(f"{where}: hours '{hours}', planned '{planned}': {error}; legal: a number, and a day such as "
                       "2026-11-30") from None
    if not 0 <= cost < float("inf"):
        raise LTHError(f"{where}: hours '{hours}'; legal: a number of core-hours, at least 0")
    return Look(scale, experiment, variant, int(look), cost, day.isoformat())
