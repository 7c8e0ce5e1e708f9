"""Our numbers in the cells of a table."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lth_common.expressions.curves import Curve
from lth_common.expressions.figures import Column
from lth_common.expressions.quantities import LOWEST, Levels
from lth_common.expressions.rules import Quantity

from .failures import share_failed
from .levels import missing_levels
from .number_formats import factor, show
from .quantities import lowest_by_seed, pairs_of, quantities
from .selection import select
from .stats import Interval, t_interval

ABSENT = "–"
Resolved = Mapping[tuple[str, str], Mapping[str, Any]]


def of_column(ours: Curve, column: Column, records: pd.DataFrame, resolved: Resolved) -> Interval | str | None:
    """What a column says of one arm; None as in `of_arm`, or if the column's range was not run to its end.

    `lowest_weights` and its like are text, each seed's own in their order, since bounds have no mean: '≤' marks a seed
    that meets the condition to the last level, 'n/a' one that meets it nowhere, 'failed' one whose training failed.

    Raises:
        LTHError: if the metric, or that of the condition, is not in the records.
    """
    if column.across_levels is None:
        return of_arm(ours, factor(column.unit) * column.scale, records, resolved)
    if not _is_run(ours, resolved):
        return None
    chosen = {name: getattr(column, name) for name in Levels.model_fields}
    quantity = Quantity(quantity="value", of=ours, **chosen)
    pairs, _ = pairs_of(quantity, records)
    if missing_levels(quantity, records, pairs) or not pairs["counts"].any():
        return None
    times = column.scale * factor(column.unit)
    if column.across_levels in LOWEST:
        found = lowest_by_seed(quantity, pairs, "of")
        return ", ".join("failed" if failed else f"{'≤ ' if at_end else ''}{show(times * weights, column.unit)}"
                         for weights, at_end, failed in found.itertuples(index=False))
    seeds = pairs[pairs["counts"]].groupby(level="seed")
    numbers = [column.scale * quantities(quantity, group).item() for _, group in seeds]
    return _unless_failed(numbers, seeds["failed"].any())


def of_arm(ours: Curve, times: float, records: pd.DataFrame, resolved: Resolved) -> Interval | str | None:
    """Mean over seeds, times `times`, with its interval; None if pair, arm or level was not run.

    If a seed's training failed, text that says so, such as '1 of 3 failed': no mean is taken without it.

    Raises:
        LTHError: if the metric is not in the records.
    """
    rows = select(records, ours) if _is_run(ours, resolved) else pd.DataFrame()
    return _unless_failed(times * rows["value"], rows["failed"]) if len(rows) else None


def _unless_failed(numbers: Iterable[float], failed: pd.Series) -> Interval | str:
    return share_failed(failed.sum(), len(failed)) if failed.any() else t_interval(numbers)


def measured(interval: Interval | str | None, unit: str, with_seeds: bool = True) -> str:
    """A cell such as '97.90 % (97.70 to 98.10, n = 3)'; an interval without width or end is left out."""
    if interval is None or isinstance(interval, str):
        return interval or ABSENT
    mean, low, high, n = interval
    within = [f"n = {n}"] * with_seeds
    if low < high and math.isfinite(high):
        within.insert(0, " to ".join(show(end, unit, suffix=False) for end in (low, high)))
    return show(mean, unit) + (f" ({', '.join(within)})" if within else "")


def _is_run(ours: Curve, resolved: Resolved) -> bool:
    return ours.arm in resolved.get((ours.experiment, ours.variant), {"arms": ()})["arms"]
