"""What figures, tables and claims take from `published.csv` must be there, and be of their kind and unit."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lth_common.errors import LTHError

from .curves import Published
from .figures import Column, Figure, Row
from .paper import Paper
from .published_file import COUNTS, PERCENT_UNITS, Table, read_table
from .published_numbers import chosen, curve, figure_points, number, of_printed, printed, select
from .quantities import LOWEST
from .rules import Place, Rule

SHARES = (*PERCENT_UNITS, "fraction", "ratio")
# Published units that may stand beside each of ours: a share of 0.3 shows as 30 %, a 30 without unit as 3,000 %.
BESIDE = dict.fromkeys(("percent", "points", "fraction", "ratio"), SHARES) | {
    "nats": ("nats",), "bleu": ("BLEU",), "reward": ("reward",), "count": ("", *COUNTS), "epochs": ("epoch", "epochs"),
    "steps": ("steps", "iterations", "updates"), "samples": ("samples", "examples", "images", "sequences", "reviews")}
Check = Callable[[Table], None]


def check_published(name: str, paper: Paper, root: Path) -> None:
    """Read and check `published.csv` of a paper, and everything that its figures, tables and claims take from it.

    Raises:
        LTHError: naming file, line or key, value and what is legal.
    """
    file = f"replications/{name}/published.csv"
    table = read_table(root / file, file, name)
    for where, check in published_checks(paper):
        try:
            check(table)
        except LTHError as error:
            raise LTHError(f"replications/{name}/{where}: {error}") from None


def published_checks(paper: Paper) -> Iterator[tuple[str, Check]]:
    """A check of each published number or series that the paper's page shows, and where it stands."""
    for key, figure in paper.figures.items():
        yield from ((f"figures.py: {key}", check) for check in _of_figure(figure))
    for key, table in paper.tables.items():
        cells = [(row.published, None if row.setting else row.unit) for row in table.rows] if table.variants else [
            (published_cell(row, column), column.unit) for row in table.rows for column in table.columns]
        yield from ((f"figures.py: {key}", partial(_check_shown, printed, cell, unit)) for cell, unit in cells if cell)
    for key, claim in paper.claims.items():
        for theirs, quantity in ((q.published, q) for rule in claim.rules for q in rule.quantities if q.published):
            yield f"claims.py: {key}", (partial(_check_sides, quantity) if theirs.value is None else
                                    partial(_check_shown, number, theirs.value, quantity.unit))


def published_cell(row: Row, column: Column) -> Published | None:
    """What a table by columns takes from published.csv for one row and column; None if the paper has nothing."""
    if row.published is None or column.published is None:
        return None
    scale = row.published.scale * column.published_scale
    return row.published.model_copy(update={"y_name": column.published, "scale": scale})


def _of_figure(figure: Figure) -> Iterator[Check]:
    for panel in figure.panels:
        unit = panel.unit or figure.unit
        for series in panel.series:
            if series.point is not None:
                yield partial(_check_shown, number, series.point.epoch, "epochs")
                yield partial(_check_shown, number, series.point.value, unit)
            if series.published is not None:
                yield partial(_check_shown, partial(figure_points, figure.x), series.published, unit)


def _check_shown(read: Callable, selection: Published, unit: str | None, table: Table) -> None:
    """What is shown beside ours in `unit` (None: a setting, shown as printed)."""
    read(table, selection)
    if unit is not None:
        _check_unit(selection, unit, table)


def _check_sides(quantity: Rule | Place, table: Table) -> None:
    """Points that are put through a rule: both sides alike, and in the rule's unit, unless it is about weights."""
    sides = {side: selection for side in ("of", "against")
             if (selection := getattr(quantity.published, side)) is not None}
    alone = {side: not table["x_name"][select(table, selection)[0]] for side, selection in sides.items()}
    for selection in sides.values():
        curve(table, selection)
    of_printed(quantity, alone)
    units = {table["unit"][select(table, selection)[0]] for selection in sides.values()}
    if len({"share" if unit in SHARES else unit for unit in units}) > 1:
        raise LTHError(f"{chosen(sides['of'])}: the units of 'of' and 'against' differ: {', '.join(sorted(units))}; "
                       "legal: one unit")
    about_weights = quantity.across_levels in (*LOWEST, "r_squared") and not all(alone.values())
    if quantity.quantity != "ratio" and not about_weights and not isinstance(quantity, Place):
        for selection in sides.values():
            _check_unit(selection, quantity.unit, table)


def _check_unit(selection: Published, unit: str, table: Table) -> None:
    theirs = table["unit"][select(table, selection)[0]]
    if theirs not in BESIDE[unit]:
        raise LTHError(f"{chosen(selection)}: unit '{theirs}' of published.csv cannot stand beside ours in '{unit}'; "
                       f"legal: {', '.join(filter(None, BESIDE[unit]))}")
