"""Published numbers: `published.csv` of a paper folder, each number once with its source."""

from pathlib import Path

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.protocol.schema.selections import Published

COLUMNS = ("paper", "item", "series", "x_name", "x", "y_name", "y", "unit", "source", "uncertainty")
SOURCES = ("text", "table", "read-from-figure", "author-log")
PERCENT_UNITS = ("percent", "percentage points")
# What an x means as a share of the weights kept; a suffix `_as_plotted` (the axis as printed) is ignored.
WEIGHTS_REMAINING = {
    "weights_remaining": lambda x: x,
    "fraction_pruned": lambda x: 1 - x,
    "percent_weights_remaining": lambda x: x / 100,
    "percent_capacity": lambda x: x / 100,
    "percent_pruned": lambda x: 1 - x / 100,
    "pruning_rate_percent": lambda x: 1 - x / 100,
}


def read_published(path: str | Path) -> pd.DataFrame:
    """Published numbers of one paper.

    Columns as in the file, all text except `x` and `uncertainty` (floats, NaN if empty), and in addition
    `number`: y as a float with percentages and percentage points as fractions (0.978 for 97.8 %), NaN where y
    is text such as 'Adam', and `file` for error messages.

    Raises:
        LTHError: naming file, line and value for a wrong column, source or number, or a repeated row.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise LTHError(f"{path}: not readable as published numbers: {error}") from None
    if tuple(table.columns) != COLUMNS:
        raise LTHError(f"{path}: columns are {', '.join(table.columns)}; legal: {', '.join(COLUMNS)}")
    kind = table["source"].str.split(",").str[0]  # what follows a comma says how the number was derived
    _demand(path, table, "source", kind.isin(SOURCES), ", ".join(SOURCES))
    for column in ("item", "y_name", "y"):
        _demand(path, table, column, table[column] != "", "any text but the empty one")
    for column in ("x", "uncertainty"):
        numbers = pd.to_numeric(table[column], errors="coerce").astype("float64")
        _demand(path, table, column, numbers.notna() | (table[column] == ""), "a number or nothing")
        table[column] = numbers
    _demand(path, table, "uncertainty", ~(table["uncertainty"] < 0), "0 or more")
    _demand(path, table, "x_name", (table["x_name"] != "") == table["x"].notna(), "given exactly where x is")
    key = ["item", "series", "x_name", "x", "y_name"]
    _demand(path, table, "item", ~table.duplicated(key), f"a row whose {', '.join(key)} occur once")
    number = pd.to_numeric(table["y"], errors="coerce").astype("float64")
    table["number"] = number.where(~table["unit"].isin(PERCENT_UNITS), number / 100)
    return table.assign(file=str(path))


def select(published: pd.DataFrame, selection: Published) -> pd.DataFrame:
    """The rows of `read_published` that a selection names, in file order: all of one series and one y_name.

    Raises:
        LTHError: if nothing is left, or rows of several series or y_names are, naming the legal values.
    """
    rows = published
    for column in ("item", "series", "y_name", "x"):
        value = getattr(selection, column)
        left = rows if value is None else rows[rows[column] == value]
        if left.empty:
            raise LTHError(f"{_where(published, selection)}: no such {column}; legal: {_legal(rows[column])}")
        if column in ("series", "y_name") and left[column].nunique() > 1:
            where = _where(published, selection)
            raise LTHError(f"{where}: name one {column}; legal: {_legal(left[column])}")
        rows = left
    return rows


def printed(published: pd.DataFrame, selection: Published) -> tuple[str, float]:
    """One number: y as printed, and the same as a float with percentages as fractions, times `selection.scale`.

    The float is NaN if y is text.

    Raises:
        LTHError: if the selection is empty or has several rows; the legal x are named.
    """
    rows = select(published, selection)
    if len(rows) > 1:
        raise LTHError(f"{_where(published, selection)}: {len(rows)} rows where one is needed; "
                       f"name one x; legal: {_legal(rows['x'])}")
    return rows["y"].iloc[0], selection.scale * float(rows["number"].iloc[0])


def curve(published: pd.DataFrame, selection: Published) -> pd.DataFrame:
    """A series over weights remaining: columns `weights_remaining` (in (0, 1], falling) and `number` (scaled).

    A series without x (one printed number) has one row with NaN for weights remaining.

    Raises:
        LTHError: if the selection is empty, y is text, or x is no share of weights.
    """
    rows = select(published, selection)
    if rows["number"].isna().any():
        text = rows.loc[rows["number"].isna(), "y"].iloc[0]
        raise LTHError(f"{_where(published, selection)}: y '{text}' is no number")
    names = rows["x_name"].str.removesuffix("_as_plotted")
    unknown = set(names) - {*WEIGHTS_REMAINING, ""}
    if unknown or names.nunique() > 1 or (len(rows) > 1 and "" in set(names)):
        raise LTHError(f"{_where(published, selection)}: x_name {_legal(rows['x_name'])} is not one share of "
                       f"weights that levels can be matched with; legal: {', '.join(WEIGHTS_REMAINING)}")
    name = names.iloc[0]
    remaining = WEIGHTS_REMAINING[name](rows["x"]) if name else rows["x"]
    if not (remaining.isna() | (remaining > 0) & (remaining <= 1)).all():
        raise LTHError(f"{_where(published, selection)}: {name} gives weights remaining outside (0, 1]")
    points = pd.DataFrame({"weights_remaining": remaining, "number": selection.scale * rows["number"]})
    return points.sort_values("weights_remaining", ascending=False, kind="stable", ignore_index=True)


def value_at(points: pd.DataFrame, weights_remaining: float, tolerance: float = 0.045) -> float:
    """Value of a `curve` at the nearest published level, NaN if none is within a relative `tolerance`.

    The tolerance is for whole numbers of weights in small layers (5 % of 192 are 10 of them, 5.2 %). A single printed
    number without x stands for every level.
    """
    levels = points["weights_remaining"].to_numpy()
    if np.isnan(levels).all():
        return float(points["number"].iloc[0])
    distance = np.abs(levels / weights_remaining - 1)
    nearest = int(distance.argmin())
    return float(points["number"].iloc[nearest]) if distance[nearest] <= tolerance else float("nan")


def _demand(path: str | Path, table: pd.DataFrame, column: str, good: pd.Series, legal: str) -> None:
    if not good.all():
        row = int(np.flatnonzero(~good.to_numpy(dtype=bool))[0])
        value = table[column].iloc[row]
        raise LTHError(f"{path}, line {row + 2}: {column} '{value}' is not legal here; legal: {legal}")


def _legal(column: pd.Series) -> str:
    return ", ".join(repr(value) for value in column.unique().tolist())


def _where(published: pd.DataFrame, selection: Published) -> str:
    file = published["file"].iloc[0] if len(published) else "published.csv (empty)"
    chosen = selection.model_dump(exclude_none=True, exclude={"scale"})
    return f"{file}: published " + ", ".join(f"{key} {value!r}" for key, value in chosen.items())
