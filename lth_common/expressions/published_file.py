"""`published.csv` of a paper folder: each published number once, with its unit and source, read and checked.

A paper without published numbers (an original study) has a file with the header alone.
"""

import csv
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import suggestion

Table = dict[str, list[Any]]  # column -> its values, one for each row

COLUMNS = ("paper", "item", "series", "x_name", "x", "y_name", "y", "unit", "source", "uncertainty")
SOURCES = ("text", "table", "read-from-figure", "author-log")
# What an x means as a share of the weights kept; a suffix `_as_plotted` (the axis as printed) is ignored.
AS_PLOTTED = "_as_plotted"
WEIGHTS_REMAINING = {
    "weights_remaining": lambda x: x,
    "fraction_pruned": lambda x: 1 - x,
    "percent_weights_remaining": lambda x: x / 100,
    "percent_capacity": lambda x: x / 100,
    "percent_pruned": lambda x: 1 - x / 100,
    "pruning_rate_percent": lambda x: 1 - x / 100,
}
X_NAMES = (*WEIGHTS_REMAINING, *(name + AS_PLOTTED for name in WEIGHTS_REMAINING), "epoch", "epochs", "pruning_round")
PERCENT_UNITS = ("percent", "percentage points")
COUNTS = ("count", "epoch", "epochs", "steps", "iterations", "iterations (unit disputed)", "updates", "rounds",
          "samples", "examples", "images", "sequences", "reviews", "tokens", "parameters", "nodes", "units", "layers",
          "networks", "runs", "games", "environments", "threads")
# The lowest and highest y of each unit. No unit: what is set, as printed, be it text or a number.
UNITS = {"percent": (0, 100), "percentage points": (-100, 100), "fraction": (0, 1), "ratio": (0, math.inf),
         "nats": (-math.inf, math.inf), "BLEU": (-100, 100), "reward": (-math.inf, math.inf),
         "": (-math.inf, math.inf)} | dict.fromkeys(COUNTS, (0, math.inf))
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_table(path: str | Path, file: str, paper: str | None = None) -> Table:
    """The published numbers in `path`, called `file` in errors, of the paper of that name (None: any one).

    Columns as in the file, all text but `x` and `uncertainty` (floats, NaN where empty), and in addition
    `number`: y as a float, percentages and percentage points as fractions (0.978 for 97.8 %), NaN where y
    is text such as 'Adam', and `file`.

    Raises:
        LTHError: naming file, line, column, value and what is legal.
    """
    table: Table = {column: [] for column in (*COLUMNS, "number", "file")}
    places, seen, series = [], set(), {}
    for line, cells in _lines(path, file):
        where = f"{file}, line {line}"
        if len(cells) != len(COLUMNS):
            raise LTHError(f"{where}: {len(cells)} cells; legal: {len(COLUMNS)}, one for each of {', '.join(COLUMNS)}")
        row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
        paper = paper or row["paper"]
        row |= _checked(where, row, paper) | {"file": file}
        key = tuple(row[column] for column in ("item", "series", "y_name", "x_name", "x"))
        if key in seen:
            raise _illegal(where, row, "item", "a row whose item, series, y_name, x_name and x occur once")
        seen.add(key)
        series.setdefault(key[:3], []).append(len(places))
        places.append(where)
        for column, value in row.items():
            table[column].append(value)
    for rows in series.values():
        _check_series(places, table, rows)
    return table


def _lines(path: str | Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line below the header; empty lines are passed over."""
    try:
        data = Path(path).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise LTHError(f"{file}: not readable ({error.strerror}); legal: a file with the header {','.join(COLUMNS)}, "
                       "and no line below it if nothing was published") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LTHError(f"{file}, line {line}: byte {data[error.start]:#04x} is not UTF-8; legal: a file saved as "
                       "UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise LTHError(f"{file}: columns are {', '.join(header) or 'missing'}; legal: {', '.join(COLUMNS)}")
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        raise LTHError(f"{file}, line {reader.line_num}: not readable as CSV ({error}); legal: cells with a comma "
                       'in double quotes, a double quote in them as ""') from None


def _checked(where: str, row: dict[str, str], paper: str) -> dict[str, float]:
    """The numbers of one line (x, uncertainty, number), all its cells checked."""
    for column, value in row.items():
        if value != value.strip() or not value.isprintable():
            raise _illegal(where, row, column, "printable text without spaces around it")
    for column in ("paper", "item", "y_name", "y"):
        if not row[column]:
            raise _illegal(where, row, column, "any text but the empty one")
    if row["paper"] != paper:
        raise _illegal(where, row, "paper", f"'{paper}', the same in every line")
    kind, comma, derived = row["source"].partition(",")
    if kind not in SOURCES or (comma and not derived.strip()):
        raise _illegal(where, row, "source", f"{', '.join(SOURCES)}, and after a comma how the number was derived")
    _closed(where, row, "unit", UNITS)
    _closed(where, row, "x_name", ("", *X_NAMES))
    if (row["x_name"] == "") != (row["x"] == ""):
        raise _illegal(where, row, "x_name", "given exactly where x is")
    if row["x_name"] and not row["unit"]:
        raise _illegal(where, row, "unit", "a unit wherever x is given")
    x = _x(where, row) if row["x_name"] else math.nan
    return {"x": x, "uncertainty": _uncertainty(where, row), "number": _y(where, row)}


def _x(where: str, row: dict[str, str]) -> float:
    number, name = _number(where, row, "x"), row["x_name"].removesuffix(AS_PLOTTED)
    if name not in WEIGHTS_REMAINING and number < 0:
        raise _illegal(where, row, "x", "0 or more")
    if name in WEIGHTS_REMAINING and not 0 < WEIGHTS_REMAINING[name](number) <= 1:
        raise _illegal(where, row, "x", f"{name} for which more than 0 and at most 100 % of the weights remain")
    return number


def _y(where: str, row: dict[str, str]) -> float:
    unit = row["unit"]
    if not unit and not NUMBER.fullmatch(row["y"]):
        try:
            float(row["y"])
        except ValueError:
            return math.nan  # text
    number, (low, high) = _number(where, row, "y"), UNITS[unit]
    if not low <= number <= high:
        raise _illegal(where, row, "y", f"{low:g} to {high:g} {unit}")
    return number / 100 if unit in PERCENT_UNITS else number


def _uncertainty(where: str, row: dict[str, str]) -> float:
    if row["uncertainty"] == "":
        return math.nan
    number, high = _number(where, row, "uncertainty"), UNITS[row["unit"]][1]
    if not 0 <= number <= high:
        raise _illegal(where, row, "uncertainty", f"0 to {high:g}, or nothing")
    return number


def _number(where: str, row: dict[str, str], column: str) -> float:
    if not NUMBER.fullmatch(row[column]) or not math.isfinite(float(row[column])):
        raise _illegal(where, row, column, "a finite number such as 97.8 or 5e-05")
    return float(row[column])


def _check_series(places: list[str], table: Table, rows: list[int]) -> None:
    """One x_name and one unit in a series, and percentages that are not all shares of 1."""
    first, last = rows[0], rows[-1]
    for column in ("x_name", "unit"):
        for i in rows:
            if table[column][i] != table[column][first]:
                row = {name: values[i] for name, values in table.items()}
                raise _illegal(places[i], row, column, f"'{table[column][first]}', as in the series' first line")
    in_percent = {"x": "percent" in table["x_name"][first],
                  "y": table["unit"][first] == "percent" and table["x_name"][first] != ""}
    for column in (column for column, percent in in_percent.items() if percent):
        values = [float(table[column][i]) for i in rows]
        if max(values) <= 1 and not {0.0, 1.0}.issuperset(values):
            raise LTHError(f"{places[first]}: {column} {table[column][first]} of a series in percent that ends with "
                           f"{table[column][last]} looks like a fraction: none is above 1; legal: percentages (50 for "
                           "one half), or the x_name or unit of a fraction")


def _closed(where: str, row: dict[str, str], column: str, legal: Any) -> None:
    value = row[column]
    if value not in legal:
        raise LTHError(f"{where}: {column} {value!r} is not legal here{suggestion(value, [n for n in legal if n])}, "
                       "or nothing")


def _illegal(where: str, row: dict[str, Any], column: str, legal: str) -> LTHError:
    return LTHError(f"{where}: {column} {row[column]!r} is not legal here; legal: {legal}")
