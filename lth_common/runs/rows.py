"""The rows of records, one number each, as a run writes them: what is legal, and their bytes. Needs no pandas."""

import csv
import io
from collections.abc import Iterable
from numbers import Real
from typing import Any

from lth_common.errors import LTHError

SPLITS = ("train", "validation", "test", "model")
TEXT = ("paper", "experiment", "variant", "arm", "split", "metric")
WHOLE = ("seed", "level", "step")
REAL = ("weights_remaining", "value")
NAMES = ("paper", "experiment", "variant", "arm", "seed")
OWN = ("level", "weights_remaining", "step", "split", "metric", "value")  # a run's file does not name the run
COLUMNS = (*NAMES, *OWN)
KEY = tuple(column for column in COLUMNS if column not in REAL)


def check_rows(rows: Iterable[dict[str, Any]], columns: tuple[str, ...], where: str = "records") -> None:
    """Rows with exactly the keys `columns` (COLUMNS or OWN) are records, each number once.

    Text columns are strings, `seed`, `level` and `step` whole numbers, `weights_remaining` lies in (0, 1]. `value` may
    be NaN or infinite (a diverged run is a result); everything else must be there.

    Raises:
        LTHError: naming the row for a missing or unknown column, a value that is not legal or a repeated key.
    """
    there: set[tuple] = set()
    names, key = set(columns), [name for name in KEY if name in columns]
    for number, row in enumerate(rows):
        if row.keys() != names:
            raise LTHError(f"{where}, row {number}: {column_mistake(row, columns)}: {row}")
        own = tuple(row[name] for name in key)
        if mistake := _mistake(row, columns) or ("this key is there already" if own in there else ""):
            raise LTHError(f"{where}, row {number}: {mistake}: {row}")
        there.add(own)


def own_bytes(rows: Iterable[dict[str, Any]]) -> bytes:
    """A run's own rows (`OWN`) as its file; floats have the fewest digits that give back the same bits.

    Raises:
        LTHError: as `check_rows`.
    """
    rows = list(rows)
    check_rows(rows, OWN)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(OWN)
    for row in rows:
        writer.writerow([int(row[name]) if name in WHOLE else float(row[name]) if name in REAL else row[name]
                         for name in OWN])
    return text.getvalue().encode()


def column_mistake(found: Iterable[str], columns: tuple[str, ...]) -> str:
    """What is wrong with these columns."""
    found = list(found)
    missing = [column for column in columns if column not in found]
    unknown = [str(column) for column in found if column not in columns]
    both = (("missing", missing), ("unknown", unknown))
    parts = [f"{what} {', '.join(names)}" for what, names in both if names]
    return f"wrong columns ({'; '.join(parts) or 'wrong order'}); legal: {', '.join(columns)}"


def _mistake(row: dict[str, Any], columns: tuple[str, ...]) -> str:
    for name in columns:
        value = row[name]
        if name in TEXT:
            if not isinstance(value, str) or value == "":
                return f"{name} must be text"
        elif value is None:
            return f"{name}: None is not legal; a diverged value is nan"
        elif name in WHOLE:
            if not isinstance(value, Real) or not (value >= 0 and value % 1 == 0):
                return f"{name} must be a whole number from 0"
        elif not isinstance(value, Real):
            return f"{name} must be a number"
    if not 0 < row["weights_remaining"] <= 1:
        return "weights_remaining must lie in (0, 1]"
    return "" if row["split"] in SPLITS else f"split must be one of {', '.join(SPLITS)}"
