"""What a selection finds among the published numbers: one printed number, or the points of a curve.

`Table` is that of `published_file`, or the analysis' data frame of it: both are columns by name, rows counted from 0.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lth_common.errors import LTHError

from .curves import Published
from .published_file import AS_PLOTTED, WEIGHTS_REMAINING
from .quantities import LOWEST
from .rules import Place, Rule

Columns = Mapping[str, Sequence[Any]]
Points = list[tuple[float, float]]  # what a figure shows over its x: (x, number times the selection's scale)


def select(table: Columns, selection: Published) -> list[int]:
    """The rows that a selection names, in file order: all of one series and one y_name.

    Raises:
        LTHError: if nothing is left, or rows of several series or y_names are, naming the legal values.
    """
    rows = list(range(len(table["item"])))
    for column in ("item", "series", "y_name", "x"):
        value, cells = getattr(selection, column), list(table[column])
        left = rows if value is None else [row for row in rows if cells[row] == value]
        if not left:
            legal = _legal(cells[row] for row in rows) or "nothing, the file has no rows"
            raise LTHError(f"{_where(table, selection)}: no such {column}; legal: {legal}")
        if column in ("series", "y_name") and len({cells[row] for row in left}) > 1:
            raise LTHError(f"{_where(table, selection)}: name one {column}; legal: {_legal(cells[i] for i in left)}")
        rows = left
    return rows


def printed(table: Columns, selection: Published) -> tuple[str, float]:
    """One number: y as printed, and the same as a float with percentages as fractions, times `selection.scale`.

    The float is NaN if y is text.

    Raises:
        LTHError: if the selection is empty or has several rows; the legal x are named.
    """
    row, *more = select(table, selection)
    if more:
        legal = _legal(float(table["x"][i]) for i in (row, *more))
        raise LTHError(f"{_where(table, selection)}: {1 + len(more)} rows where one is needed; name one x; "
                       f"legal: {legal}")
    return table["y"][row], selection.scale * float(table["number"][row])


def number(table: Columns, selection: Published) -> float:
    """The float of `printed`.

    Raises:
        LTHError: as `printed`, or if y is text.
    """
    text, value = printed(table, selection)
    if math.isnan(value):
        raise LTHError(f"{_where(table, selection)}: y '{text}' is no number")
    return value


def curve(table: Columns, selection: Published) -> Points:
    """A series over weights remaining: (weights remaining in (0, 1], number), the former falling.

    A series without x (one printed number) has one point with NaN for weights remaining.

    Raises:
        LTHError: if the selection is empty, y is text, or x is no share of weights.
    """
    rows = select(table, selection)
    name = table["x_name"][rows[0]].removesuffix(AS_PLOTTED)
    if not name:
        return [(math.nan, number(table, selection))]
    if name not in WEIGHTS_REMAINING:
        raise LTHError(f"{_where(table, selection)}: x_name '{name}' is not one share of weights that levels can be "
                       f"matched with; legal: {', '.join(WEIGHTS_REMAINING)}")
    points = [(WEIGHTS_REMAINING[name](float(table["x"][i])), selection.scale * float(table["number"][i]))
              for i in rows]
    return sorted(points, key=lambda point: -point[0])


def figure_points(x: str, table: Columns, selection: Published) -> Points:
    """The published points of a series over a figure's x; NaN where the series itself is the x.

    Raises:
        LTHError: if they cannot be shown over it.
    """
    if x == "weights_remaining":
        return curve(table, selection)
    if x == "arm":
        return [(math.nan, number(table, selection))]
    rows = select(table, selection)
    name = table["x_name"][rows[0]]
    if x != "epoch" or name not in ("epoch", "epochs"):
        raise LTHError(f"{_where(table, selection)}: x_name '{name}' cannot be shown over {x}; legal: "
                       + ("'epoch', 'epochs', or one 'point'" if x == "epoch" else "no 'published'"))
    return [(float(table["x"][i]), selection.scale * float(table["number"][i])) for i in rows]


def of_printed(rule: Rule | Place, alone: Mapping[str, bool]) -> Rule | Place:
    """The rule for printed numbers, whose mean over levels is what they are.

    `alone`: of each side (of, against) that the paper has, whether it is one printed number.

    Raises:
        LTHError: if one side is a printed number and the other is not, or points do not say whether they meet `where`.
    """
    if rule.across_levels in ("mean", "every", "some"):
        return rule
    if all(alone.values()):
        return rule.model_copy(update={"across_levels": "mean", "where": None})
    for side in (side for side in alone if alone[side]):
        raise LTHError(f"{chosen(getattr(rule.published, side))}: a printed number on one side of "
                       f"{rule.how}, points over levels on the other; legal: the same on both")
    if rule.across_levels in LOWEST and rule.where.metric is not None:
        raise LTHError(f"{chosen(rule.published.of)}: points do not say where {rule.where.metric} is high enough; "
                       "legal: a printed number")
    return rule


def chosen(selection: Published) -> str:
    """A selection in an error message."""
    keys = selection.model_dump(exclude_none=True, exclude={"scale"})
    return "published " + ", ".join(f"{key} {value!r}" for key, value in keys.items())


def _legal(values: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(map(repr, values)))


def _where(table: Columns, selection: Published) -> str:
    return f"{table['file'][0] if len(table['file']) else 'published.csv'}: {chosen(selection)}"
