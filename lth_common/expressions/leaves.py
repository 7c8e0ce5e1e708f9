"""What figures, tables and claims draw on: all that planning must know of them."""

from collections.abc import Iterator
from typing import NamedTuple

from .curves import Curve, Pooled
from .figures import Figure, Row, Table
from .paper import Paper
from .quantities import Levels
from .rules import Claim, Quantity, Rule


class Leaf(NamedTuple):
    """Numbers of one arm, and where (file: name) they are asked for.

    `arm` and `metric` are None for a setting; `level` is None for whatever levels there are.
    """

    where: str
    experiment: str
    variant: str
    arm: str | None = None
    metric: str | None = None
    split: str | None = None
    level: int | None = None


def leaves(paper: Paper) -> Iterator[Leaf]:
    """Everything that a paper's figures, tables and claims draw on.

    The dense network (level 0) is among it where a condition, a difference from it or a scale of scores needs it.
    """
    for key, figure in paper.figures.items():
        yield from _of_figure(f"figures.py: {key}", figure)
    for key, table in paper.tables.items():
        yield from _of_table(f"figures.py: {key}", table)
    for key, claim in paper.claims.items():
        for quantity, marks in measured(claim):
            yield from _of_quantity(f"claims.py: {key}", quantity, marks)


def measured(claim: Claim) -> Iterator[tuple[Quantity, tuple[Curve, ...]]]:
    """Each quantity of a claim's rules, and what its scores of 0 and 1 are taken from, if they are scores."""
    for rule in claim.rules:
        for quantity in rule.quantities:
            yield quantity, (rule.pooled.marks(quantity.of.experiment, quantity.of.variant)
                             if isinstance(rule, Rule) and rule.pooled else ())


def row_variants(table: Table, row: Row) -> list[str]:
    """The variants that a row shows: its own in a table by columns, else the table's."""
    return table.variants if row.variant is None else [row.variant]


def _of_figure(where: str, figure: Figure) -> Iterator[Leaf]:
    for panel in figure.panels:
        measure = (panel.metric or figure.metric, panel.split or figure.split)
        shown = measure if figure.x != "initial_weight" else (None, None)
        for experiment in panel.experiments:
            for series in panel.series:
                levels = dict.fromkeys((series.level, *([] if panel.learned is None else [0])))
                yield from (Leaf(where, experiment, panel.variant, arm, *shown, level)
                            for arm in series.arms for level in levels)
            for mark in _marks(panel.pooled):
                yield Leaf(where, experiment, panel.variant, mark.arm, mark.metric, mark.split, 0)


def _of_table(where: str, table: Table) -> Iterator[Leaf]:
    for row in table.rows:
        for variant in row_variants(table, row):
            at = (where, row.experiment, variant, row.arm)
            yield Leaf(*at, row.metric, row.split if row.metric else None, row.level if row.arm else None)
            for column in table.columns:
                yield Leaf(*at, column.metric, column.split, row.level)
                yield from _of_condition(at, column, column.metric, column.split)


def _of_quantity(where: str, quantity: Quantity, marks: tuple[Curve, ...]) -> Iterator[Leaf]:
    for side in (*quantity.sides, *(side.dense for side in quantity.sides if side.dense), *marks):
        at = (where, side.experiment, side.variant, side.arm)
        yield Leaf(*at, side.metric, side.split, side.level)
    for side in quantity.sides:
        yield from _of_condition((where, side.experiment, side.variant, side.arm), quantity, side.metric, side.split)


def _of_condition(at: tuple, chosen: Levels, metric: str, split: str) -> Iterator[Leaf]:
    if (where := chosen.where) is not None:
        yield Leaf(*at, where.metric or metric, where.split or split, 0 if where.at_least is None else None)


def _marks(pooled: Pooled | None) -> list:
    return [] if pooled is None else [pooled.zero, pooled.one]

