"""Records: one tidy table for every number that a run measures, one number a row."""

import gzip
import io
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes

SPLITS = ("train", "validation", "test", "model")
TEXT = ("paper", "experiment", "variant", "arm", "split", "metric")
WHOLE = ("seed", "level", "step")
REAL = ("weights_remaining", "value")
NAMES = ("paper", "experiment", "variant", "arm", "seed")
OWN = ("level", "weights_remaining", "step", "split", "metric", "value")  # a run's file does not name the run
COLUMNS = (*NAMES, *OWN)
KEY = tuple(column for column in COLUMNS if column not in REAL)


def frame(rows: Iterable[dict], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Rows (dicts with exactly the keys `columns`, COLUMNS or OWN) as a typed, checked table in the given order.

    Text columns are strings, `seed`, `level` and `step` int64, `weights_remaining` and `value` float64.
    `value` may be NaN or infinite (a diverged run is a result); everything else must be there.

    Raises:
        LTHError: naming the row for a missing or unknown column, a value of the wrong type,
            `weights_remaining` outside (0, 1], an unknown split or a repeated key.
    """
    rows = list(rows)
    for number, row in enumerate(rows):
        if set(row) != set(columns):
            raise LTHError(f"record {number}: {_column_mistake(row, columns)}: {row}")
        if None in row.values():
            raise LTHError(f"record {number}: None is not legal; a diverged value is nan: {row}")
    return _checked(pd.DataFrame(rows, columns=list(columns)), "records", columns)


def write_records(records: pd.DataFrame, path: str | Path) -> None:
    """Write the records of many runs as `.csv` or `.csv.gz`, atomically, in the order given.

    Equal records give equal bytes: the gzip header carries no time and no name.

    Raises:
        LTHError: if the name has another ending, or the records break the schema.
    """
    path = Path(path)
    if not path.name.endswith((".csv", ".csv.gz")):
        raise LTHError(f"{path}: records are written as .csv or .csv.gz")
    text = csv_bytes(_checked(records, str(path), COLUMNS))
    if path.suffix == ".gz":
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=6) as file:
            file.write(text)
        text = buffer.getvalue()
    atomic_write_bytes(path, text)


def csv_bytes(records: pd.DataFrame) -> bytes:
    """A table of records as a file; floats have the fewest digits that give back the same bits."""
    return records.to_csv(index=False, na_rep="nan", lineterminator="\n").encode()


def read_records(path: str | Path, columns: tuple[str, ...] = COLUMNS, checked: bool = True) -> pd.DataFrame:
    """Records of one file, bit for bit as they were written; `checked=False` if its checksum has been compared.

    Raises:
        LTHError: if the file is missing, cut off, garbled or breaks the schema.
    """
    try:
        data = Path(path).read_bytes()
        text = gzip.decompress(data) if Path(path).suffix == ".gz" else data
        if not text.endswith(b"\n"):
            raise ValueError("the last line is cut off")
        # Floats are read as text first: Python's conversion is exact, that of pandas depends on its version.
        table = pd.read_csv(io.BytesIO(text), dtype=dict.fromkeys(TEXT + REAL, str), keep_default_na=False)
        table = table.assign(**{name: table[name].map(float) for name in REAL if name in table})
    except FileNotFoundError:
        raise LTHError(f"{path}: no such records; make them first") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise LTHError(f"{path}: not a whole records file ({error})") from None
    if tuple(table.columns) != columns:
        raise LTHError(f"{path}: {_column_mistake(table.columns, columns)}")
    return _checked(table, str(path), columns) if checked else table.astype(dict.fromkeys(TEXT[-2:], "str"))


def named(own: pd.DataFrame, **names: str | int) -> pd.DataFrame:
    """A run's own records with its names (`NAMES`) in front."""
    table = own.assign(**names).astype({name: "int64" if name in WHOLE else "str" for name in NAMES})
    return table[list(COLUMNS)]


def collect(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Records of several runs in one table, sorted by key: their order does not matter.

    Raises:
        LTHError: if there is none, or two tables have the same key.
    """
    tables = list(tables)
    if not tables:
        raise LTHError("no records to collect: not one run was given")
    merged = pd.concat(tables, ignore_index=True)
    repeated = merged.duplicated(list(KEY)).to_numpy()
    if repeated.any():
        raise LTHError(f"two runs both have the record {merged.loc[repeated, list(KEY)].iloc[0].to_dict()}")
    return merged.sort_values(list(KEY), kind="stable", ignore_index=True)


def _column_mistake(found: Iterable[str], columns: tuple[str, ...]) -> str:
    found = list(found)
    missing = [column for column in columns if column not in found]
    unknown = [str(column) for column in found if column not in columns]
    both = (("missing", missing), ("unknown", unknown))
    parts = [f"{what} {', '.join(names)}" for what, names in both if names]
    return f"wrong columns ({'; '.join(parts) or 'wrong order'}); legal: {', '.join(columns)}"


def _checked(table: pd.DataFrame, where: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A copy of `table` with the right types, or LTHError naming the first bad row."""
    if tuple(table.columns) != columns:
        raise LTHError(f"{where}: {_column_mistake(table.columns, columns)}")
    table = table.copy()

    def demand(good: pd.Series, rule: str) -> None:
        if not good.all():
            row = int(np.flatnonzero(~good.to_numpy(dtype=bool))[0])
            raise LTHError(f"{where}, row {row}: {rule}: {table.iloc[row].to_dict()}")

    for column in (name for name in TEXT if name in columns):
        is_text = table[column].map(lambda value: isinstance(value, str) and value != "").astype(bool)
        demand(is_text, f"{column} must be text")
        table[column] = table[column].astype("str")
    for column in (name for name in WHOLE + REAL if name in columns):
        numbers = pd.to_numeric(table[column], errors="coerce")
        if column in WHOLE:
            demand((numbers >= 0) & (numbers % 1 == 0), f"{column} must be a whole number from 0")
        demand(numbers.notna() | _is_nan(table[column]), f"{column} must be a number")
        table[column] = numbers.astype("int64" if column in WHOLE else "float64")
    remaining = table["weights_remaining"]
    demand((remaining > 0) & (remaining <= 1), "weights_remaining must lie in (0, 1]")
    demand(table["split"].isin(SPLITS), f"split must be one of {', '.join(SPLITS)}")
    demand(~table.duplicated([name for name in KEY if name in columns]), "this key is there already")
    return table


def _is_nan(column: pd.Series) -> pd.Series:
    return column.map(lambda v: isinstance(v, float | np.floating) and np.isnan(v)).astype(bool)
