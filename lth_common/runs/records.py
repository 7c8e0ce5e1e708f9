"""Records: one tidy table for every number that runs measured, one number a row (see `rows`)."""

import gzip
import io
import zlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes

from .rows import COLUMNS, KEY, NAMES, REAL, TEXT, WHOLE, check_columns, check_rows, column_mistake


def frame(rows: Iterable[dict], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Rows (dicts with exactly the keys `columns`, COLUMNS or OWN) as a typed, checked table in the given order.

    Text columns are strings, `seed`, `level` and `step` int64, `weights_remaining` and `value` float64.

    Raises:
        LTHError: as `check_rows`.
    """
    rows = list(rows)
    check_rows(rows, columns)
    return _typed(pd.DataFrame(rows, columns=list(columns)))


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
        raise LTHError(f"{path}: {column_mistake(table.columns, columns)}")
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


def _checked(table: pd.DataFrame, where: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A copy of `table` with the right types, or LTHError naming the first bad row."""
    if tuple(table.columns) != columns:
        raise LTHError(f"{where}: {column_mistake(table.columns, columns)}")
    check_columns({name: table[name].tolist() for name in columns}, where)
    return _typed(table)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(TEXT, "str") | dict.fromkeys(WHOLE, "int64") | dict.fromkeys(REAL, "float64")
    return table.astype({name: kinds[name] for name in table})
