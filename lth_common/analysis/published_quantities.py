"""The paper's own numbers put through a rule."""

import math

import numpy as np
import pandas as pd

from lth_common.expressions.published_numbers import number, of_printed
from lth_common.expressions.quantities import LOWEST
from lth_common.expressions.rules import Place, Rule

from .number_formats import factor
from .published import curve, value_at
from .quantities import SIDES, quantities
from .where import ROUNDING, floor

LIKE_DENSE = 0.85  # weights remaining, where a curve has no point at the dense network


def published_quantities(rule: Rule | Place, pairs: pd.DataFrame,
                         table: pd.DataFrame) -> tuple[dict[int, float], str]:
    """The paper's numbers in the rule's unit, and a note on how much of the rule they cover.

    A printed number, or the paper's own points at the levels of `pairs` put through the rule: a number for each level
    for `every` and `some`, else one; none if the paper has no point at these levels, or its points have no slope, meet
    `where` nowhere and the like. A side whose source is one
    printed number without x is that number: it is not put through `slope` and its like. Points are held to a `where`
    that is about themselves, not to one about another metric.

    Raises:
        LTHError: if the selection finds nothing, text where a number is needed, or points where only a printed number
            can stand.
    """
    source = rule.published
    if source is None:
        return {}, ""
    if source.value is not None:
        return {0: factor(rule.unit) * number(table, source.value)}, ""
    curves = {side: curve(table, selection) for side in SIDES if (selection := getattr(source, side)) is not None}
    rule = of_printed(rule, {side: bool(points["weights_remaining"].isna().all()) for side, points in curves.items()})
    points, note = _points(rule, curves, pairs)
    there = points[list(curves)].notna().all(axis=1) & points["counts"]
    if not there.any():
        return {}, "no published point at these levels" if len(points) else ""
    if not there.all():
        note = "; ".join(filter(None, (note, f"published points at {there.sum()} of {there.size} levels")))
    numbers = {key: float(value) for key, value in enumerate(quantities(rule, points[there])) if not math.isnan(value)}
    return numbers, note if numbers else "published points make no number of this kind"


def _points(rule: Rule, curves: dict[str, pd.DataFrame], pairs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The paper's points in the form of `pairs_of`, one row a level (NaN: no point there), and a note."""
    rows = pairs.groupby(level="level")[[f"{side}_weights" for side in SIDES]].mean()
    for side in SIDES:
        points = curves.get(side)
        values = [math.nan if points is None else value_at(points, weights) for weights in rows[f"{side}_weights"]]
        rows[side], rows[f"{side}_meets"] = np.array(values, dtype=float), True
        if points is not None and rule.where is not None and rule.where.metric is None:
            rows[f"{side}_meets"] = rows[side] >= floor(rule.where, _dense(points)) - ROUNDING
    held = rule.where is None or rule.where.metric is None
    each = rule.across_levels in LOWEST
    rows["failed"] = False
    rows["counts"] = True if each else rows["of_meets"] & rows["against_meets"]
    return rows, "" if held else "published points are not held to 'where'"


def _dense(points: pd.DataFrame) -> float:
    """The printed value that stands for the dense network: of the least pruned one, if at least 85 % are left there."""
    first = points.iloc[0]
    return first["number"] if first["weights_remaining"] >= LIKE_DENSE else math.nan
