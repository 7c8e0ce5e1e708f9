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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_whole(value: Any) -> bool:
    return type(value) is int and value >= 0 or isinstance(value, Real) and value >= 0 and value % 1 == 0


def _is_real(value: Any) -> bool:
    return type(value) is float or isinstance(value, Real)


# What is legal in a column, and how that is said.
LEGAL = (dict.fromkeys(TEXT, (_is_text, "must be text"))
         | dict.fromkeys(WHOLE, (_is_whole, "must be a whole number from 0"))
         | dict.fromkeys(REAL, (_is_real, "must be a number"))
         | {"weights_remaining": (lambda value: _is_real(value) and 0 < value <= 1, "must lie in (0, 1]"),
            "split": (lambda value: _is_text(value) and value in SPLITS, f"must be one of {', '.join(SPLITS)}")})


def check_rows(rows: Iterable[dict[str, Any]], columns: tuple[str, ...], where: str = "records") -> None:
    """Rows with exactly the keys `columns` (COLUMNS or OWN) are records, each number once.

    Raises:
        LTHError: naming the row for a missing or unknown column, or as `check_columns`.
    """
    rows, names = list(rows), set(columns)
    for number, row in enumerate(rows):
        if row.keys() != names:
            raise LTHError(f"{where}, row {number}: {column_mistake(row, columns)}: {row}")
    check_columns({name: [row[name] for row in rows] for name in columns}, where)


def check_columns(columns: dict[str, list], where: str) -> None:
    """Columns of equal length (all of COLUMNS or of OWN) are records, each number once.

    Text columns are strings, `seed`, `level` and `step` whole numbers, `weights_remaining` lies in (0, 1]. `value` may
    be NaN or infinite (a diverged run is a result); everything else must be there.

    Raises:
        LTHError: naming the row for a value that is not legal or a repeated key.
    """

    def refuse(number: int, rule: str) -> None:
        row = {name: values[number] for name, values in columns.items()}
        raise LTHError(f"{where}, row {number}: {rule}: {row}")

    for name, values in columns.items():
        is_legal, rule = LEGAL[name]
        for number, value in enumerate(values):
            if not is_legal(value):
                refuse(number, f"{name} {rule}" if value is not None else
                       f"{name}: None is not legal; a diverged value is nan")
    keys = list(zip(*(columns[name] for name in KEY if name in columns), strict=True))
    if len(set(keys)) < len(keys):
        first = {key: number for number, key in reversed(list(enumerate(keys)))}
        refuse(next(number for number, key in enumerate(keys) if first[key] < number), "this key is there already")


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
