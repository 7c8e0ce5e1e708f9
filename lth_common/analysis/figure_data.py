"""The numbers of a figure: ours as mean and spread over seeds, and the paper's own points."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.expressions.published_numbers import figure_points, number

from .epoch_curves import epoch_curves
from .histograms import Pooled, bin_edges, density
from .pooled import pooled_levels
from .selection import describe, select
from .stats import t_interval

STATISTICS = ("mean", "low", "high", "n")
FAILED = "failed"


class Sources(NamedTuple):
    """What figures are drawn from: records, `read_published`'s table, and `ticket_weights.starting_weights`."""

    records: pd.DataFrame
    published: pd.DataFrame
    weights: Pooled


def columns(figure: Figure) -> list[str]:
    """Columns of `figure_data`; the one named as the figure's x is absent for x: arm, where the series is the x."""
    return ["panel", "series", "source", *([] if figure.x == "arm" else [figure.x]), *STATISTICS]


def complete(figure: Figure, panel: Panel) -> Panel:
    """The panel with the figure's metric, split, y_label, unit, y_log and y_shared where it has none of its own."""
    absent = {name: getattr(figure, name) for name in ("metric", "split", "y_label", "unit", "y_log", "y_shared")
              if getattr(panel, name) is None}
    return panel.model_copy(update=absent)


def figure_data(figure: Figure, records: pd.DataFrame, published: pd.DataFrame,
                weights: Pooled | None = None) -> pd.DataFrame:
    """The numbers of a figure: one row a point, columns as `columns` says.

    `source` is 'ours' (mean, low, high over n seeds, by the figure's `spread`) or 'published' (mean only; low,
    high NaN, n 0). Values are in the units of the records (accuracies as fractions), densities per unit of
    weight; a line across has NaN for weights remaining. `weights` (`ticket_weights.starting_weights`) is for x:
    initial_weight, the centres of common bins.
    If trainings failed there is a last column, `failed`: how many of a point's seeds did. Their mean is NaN; only a
    histogram is that of the n tickets that are left.

    Raises:
        LTHError: naming figure, panel and series for an arm, level, metric, ticket or published number that is
            not there, or a curve over epochs whose steps per epoch are not recorded.
    """
    sources, parts = Sources(records, published, weights or {}), []
    for panel in (complete(figure, panel) for panel in figure.panels):
        for series in panel.series:
            try:
                points = {"ours": OURS[figure.x](figure, panel, series, sources) if series.is_run else None,
                          "published": _published(figure, series, published)}
            except LTHError as error:
                where = f"figure '{figure.title}', panel '{panel.title}', series '{series.label}'"
                raise LTHError(f"{where}: {error}") from None
            parts += [rows.assign(panel=panel.title, series=series.label, source=source)
                      for source, rows in points.items() if rows is not None]
    if not parts:
        raise LTHError(f"figure '{figure.title}': none of its series was run, so there is nothing to draw")
    table = pd.concat(parts, ignore_index=True)
    table[FAILED] = table[FAILED].fillna(0).astype("int64") if FAILED in table else 0
    return table[[*columns(figure), *([FAILED] if table[FAILED].any() else [])]]


def over_seeds(values: pd.DataFrame, by: str, spread: str) -> pd.DataFrame:
    """Mean and spread of column `value` for each value of column `by`, rising: columns `by`, mean, low, high, n and
    failed, the number of seeds of which column `failed` is true.

    `spread` 'interval': 95 % t-interval; 'range': lowest to highest seed, infinite if a seed's value is not finite.
    """
    rows = [(x, *_statistics(group["value"], spread), group[FAILED].sum()) for x, group in values.groupby(by)]
    return pd.DataFrame(rows, columns=[by, *STATISTICS, FAILED]).astype({"n": "int64", FAILED: "int64"})


def _levels(figure: Figure, panel: Panel, series: Series, sources: Sources) -> pd.DataFrame:
    ours = _ours(figure, panel, series)
    if panel.pooled is not None:
        return pooled_levels(ours, panel.experiments, panel.pooled, sources.records)
    selected = _average([_learned(figure, panel, ours.model_copy(update={"arm": arm}), sources)
                         for arm in series.arms])
    if selected.empty:  # none has learned
        table = pd.DataFrame({"weights_remaining": [1.0], "mean": math.nan, "low": math.nan, "high": math.nan, "n": 0})
    else:
        remaining = selected.groupby(level="level")["weights_remaining"].mean()
        table = over_seeds(selected.reset_index(), "level", figure.spread)
        table = table.assign(weights_remaining=table["level"].map(remaining))
    return table if series.level is None else table.assign(weights_remaining=math.nan)


def _learned(figure: Figure, panel: Panel, ours: Curve, sources: Sources) -> pd.DataFrame:
    """`select`'s rows of an arm, without the seeds whose dense network has learned less than the panel asks."""
    selected = select(sources.records, ours)
    if panel.learned is None:
        return selected
    first = _ours(figure, panel, next(series for series in panel.series if series.is_run))
    dense = pd.concat([select(sources.records, arm.at(0)) for arm in (first, ours)]).droplevel("level")["value"]
    dense = dense[~dense.index.duplicated(keep="last")]
    return selected[~selected.index.get_level_values("seed").isin(dense.index[dense < panel.learned])]


def _average(arms: list[pd.DataFrame]) -> pd.DataFrame:
    """The mean of each seed's arms, at the levels of all of them that have any seed; `failed` if one has."""
    arms = [arm for arm in arms if len(arm)] or arms[:1]
    if len(arms) == 1:
        return arms[0]
    shared = set.intersection(*(set(arm.index.unique("level")) for arm in arms))
    rows = pd.concat([arm[arm.index.get_level_values("level").isin(shared)] for arm in arms])
    return rows.groupby(level=["seed", "level"]).agg(
        {"value": lambda own: own.mean(skipna=False), "weights_remaining": "mean", "failed": "any"})


def _epochs(figure: Figure, panel: Panel, series: Series, sources: Sources) -> pd.DataFrame:
    return over_seeds(epoch_curves(sources.records, _ours(figure, panel, series)), "epoch", figure.spread)


def _value(figure: Figure, panel: Panel, series: Series, sources: Sources) -> pd.DataFrame:
    ours = _ours(figure, panel, series)
    selected = select(sources.records, ours)
    if selected.empty:
        raise LTHError(f"records of {describe(ours)}: the level was not run")
    return over_seeds(selected.reset_index(), "level", figure.spread)


def _histogram(figure: Figure, panel: Panel, series: Series, sources: Sources) -> pd.DataFrame:
    keys = [(panel.experiment, panel.variant, s.arm, s.level) for s in panel.series]
    key = (panel.experiment, panel.variant, series.arm, series.level)
    if key not in sources.weights:
        raise LTHError(f"no tickets of {'/'.join(key[:3])}, level {series.level}")
    edges = bin_edges(sample for k in keys for sample in sources.weights.get(k, []))
    densities = [density(sample, edges) for sample in sources.weights[key]]
    left = [heights for heights in densities if np.isfinite(heights).all()]
    centres = (edges[1:] + edges[:-1]) / 2
    long = pd.concat([pd.DataFrame({"initial_weight": centres, "value": heights, FAILED: False})
                      for heights in left or densities])
    failed = len(densities) - len(left)
    return over_seeds(long, "initial_weight", figure.spread).assign(**{FAILED: failed})


OURS = {"weights_remaining": _levels, "epoch": _epochs, "arm": _value, "initial_weight": _histogram}


def _published(figure: Figure, series: Series, table: pd.DataFrame) -> pd.DataFrame | None:
    """The published points of a series, None if it has none; without spread."""
    points = []
    if series.point is not None:
        points.append((number(table, series.point.epoch), number(table, series.point.value)))
    if series.published is not None:
        points += figure_points(figure.x, table, series.published)
    if not points:
        return None
    shown = pd.DataFrame(points, columns=[figure.x, "mean"])
    return (shown.drop(columns="arm") if figure.x == "arm" else shown).assign(low=math.nan, high=math.nan, n=0)


def _ours(figure: Figure, panel: Panel, series: Series) -> Curve:
    return Curve(experiment=panel.experiment, arm=series.arm, variant=panel.variant, metric=panel.metric,
                split=panel.split, level=series.level, over_epochs=figure.over_epochs)


def _statistics(values: pd.Series, spread: str) -> tuple[float, float, float, int]:
    mean, low, high, n = t_interval(values)
    if spread == "range":
        known = np.isfinite(values).all()
        low, high = (values.min(), values.max()) if known else (-math.inf, math.inf)
    return mean, low, high, n
