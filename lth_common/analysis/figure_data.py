"""The numbers of a figure: ours as mean and spread over seeds, and the paper's own points."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.protocol.schema.analysis import Figure, Panel, Series
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.selections import Ours, Published

from . import published as numbers
from .histograms import Pooled, bin_edges, density
from .pooled import pooled_levels
from .selection import describe, select
from .stats import t_interval

STATISTICS = ("mean", "low", "high", "n")
STEPS_PER_EPOCH = "steps_per_epoch"  # recorded once a level: split 'model', step 0


class Sources(NamedTuple):
    """What figures are drawn from: records, `read_published`'s table, and `survivors.starting_weights`."""

    records: pd.DataFrame
    published: pd.DataFrame
    weights: Pooled


def columns(figure: Figure) -> list[str]:
    """Columns of `figure_data`; the one named as the figure's x is absent for x: arm, where the series is the x."""
    return ["panel", "series", "source", *([] if figure.x == "arm" else [figure.x]), *STATISTICS]


def complete(figure: Figure, panel: Panel) -> Panel:
    """The panel with the figure's metric, split, y_label, unit and y_log where it has none of its own."""
    absent = {name: getattr(figure, name) for name in ("metric", "split", "y_label", "unit", "y_log")
              if getattr(panel, name) is None}
    return panel.model_copy(update=absent)


def figure_data(figure: Figure, records: pd.DataFrame, published: pd.DataFrame,
                weights: Pooled | None = None) -> pd.DataFrame:
    """The numbers of a figure: one row a point, columns as `columns` says.

    `source` is 'ours' (mean, low, high over n seeds, by the figure's `spread`) or 'published' (mean only; low,
    high NaN, n 0). Values are in the units of the records (accuracies as fractions), densities per unit of
    weight. `weights` (`survivors.starting_weights`) is for x: initial_weight, the centres of common bins.

    Raises:
        LTHError: naming figure, panel and series for an arm, level, metric, ticket or published number that is
            not there, or a curve over epochs whose steps per epoch are not recorded.
    """
    sources, parts = Sources(records, published, weights or {}), []
    for panel in (complete(figure, panel) for panel in figure.panels):
        for series in panel.series:
            try:
                points = {"ours": OURS[figure.x](figure, panel, series, sources),
                          "published": _published(figure, series, published)}
            except LTHError as error:
                where = f"figure '{figure.title}', panel '{panel.title}', series '{series.label}'"
                raise LTHError(f"{where}: {error}") from None
            parts += [rows.assign(panel=panel.title, series=series.label, source=source)
                      for source, rows in points.items() if rows is not None]
    if not parts:
        raise LTHError(f"figure '{figure.title}': none of its series was run, so there is nothing to draw")
    return pd.concat(parts, ignore_index=True)[columns(figure)]


def over_seeds(values: pd.DataFrame, by: str, spread: str) -> pd.DataFrame:
    """Mean and spread of column `value` for each value of column `by`, rising: columns `by`, mean, low, high, n.

    `spread` 'interval': 95 % t-interval; 'range': lowest to highest seed, infinite if a seed's value is not finite.
    """
    rows = [(x, *_statistics(group, spread)) for x, group in values.groupby(by)["value"]]
    return pd.DataFrame(rows, columns=[by, *STATISTICS]).astype({"n": "int64"})


def epoch_curves(records: pd.DataFrame, ours: Ours) -> pd.DataFrame:
    """A metric of one arm at one level over training: columns seed, epoch (step / steps per epoch), value.

    Raises:
        LTHError: if experiment, variant, arm, level, split or metric is not in the records (what is there is
            named), or the steps per epoch of a seed are not.
    """
    place = {name: getattr(ours, name) for name in ("experiment", "variant", "arm", "level")}
    rows = _rows(records, ours, {**place, "split": ours.split, "metric": ours.metric})
    at_level = (records[list(place)] == pd.Series(place)).all(axis=1)
    per_epoch = records[at_level & (records["split"] == "model") & (records["metric"] == STEPS_PER_EPOCH)]
    per_epoch = per_epoch.set_index("seed")["value"]
    unknown = sorted(set(rows["seed"]) - set(per_epoch.index[per_epoch > 0]))
    if unknown:
        raise LTHError(f"records of {describe(ours)}: no '{STEPS_PER_EPOCH}' (split 'model', step 0) for "
                       f"{'seeds' if len(unknown) > 1 else 'seed'} {', '.join(map(str, unknown))}, so that steps "
                       "cannot be counted in epochs; run the experiment again")
    # Rounded, so that the same epoch of two seeds is one number whatever the division leaves in the last bit.
    epoch = (rows["step"] / rows["seed"].map(per_epoch)).round(6)
    return pd.DataFrame({"seed": rows["seed"], "epoch": epoch, "value": rows["value"]})


def _levels(figure: Figure, panel: Panel, series: Series, sources: Sources) -> pd.DataFrame:
    if panel.pooled is not None:
        return pooled_levels(_ours(figure, panel, series), panel.experiments, panel.pooled, sources.records)
    selected = select(sources.records, _ours(figure, panel, series))
    remaining = selected.groupby(level="level")["weights_remaining"].mean()
    table = over_seeds(selected.reset_index(), "level", figure.spread)
    return table.assign(weights_remaining=table["level"].map(remaining))


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
    centres = (edges[1:] + edges[:-1]) / 2
    long = pd.concat([pd.DataFrame({"initial_weight": centres, "value": density(sample, edges)})
                      for sample in sources.weights[key]])
    return over_seeds(long, "initial_weight", figure.spread)


OURS = {"weights_remaining": _levels, "epoch": _epochs, "arm": _value, "initial_weight": _histogram}


def _published(figure: Figure, series: Series, table: pd.DataFrame) -> pd.DataFrame | None:
    """The published points of a series, None if it has none; without spread."""
    parts = []
    if series.point is not None:
        epoch, value = (numbers.printed(table, part)[1] for part in (series.point.epoch, series.point.value))
        parts.append(pd.DataFrame({"epoch": [epoch], "mean": [value]}))
    if series.published is not None:
        parts.append(_published_series(figure.x, series.published, table))
    if not parts:
        return None
    points = pd.concat(parts, ignore_index=True)
    if points["mean"].isna().any():
        raise LTHError(f"the published y of {(series.published or series.point).model_dump(exclude_none=True)} "
                       "is text, which no figure can show")
    return points.assign(low=math.nan, high=math.nan, n=0)


def _published_series(x: str, selection: Published, table: pd.DataFrame) -> pd.DataFrame:
    if x == "weights_remaining":
        return numbers.curve(table, selection).rename(columns={"number": "mean"})
    if x == "arm":
        return pd.DataFrame({"mean": [numbers.printed(table, selection)[1]]})
    rows = numbers.select(table, selection)
    if x != "epoch" or set(rows["x_name"]) - {"epoch", "epochs"}:
        raise LTHError(f"published x_name {', '.join(map(repr, rows['x_name'].unique()))} cannot be shown over {x}"
                       + ("; legal: 'epoch', or one 'point'" if x == "epoch" else ""))
    return pd.DataFrame({"epoch": rows["x"], "mean": rows["number"]})


def _ours(figure: Figure, panel: Panel, series: Series) -> Ours:
    return Ours(experiment=panel.experiment, arm=series.arm, variant=panel.variant, metric=panel.metric,
                split=panel.split, level=series.level, over_epochs=figure.over_epochs)


def _rows(records: pd.DataFrame, ours: Ours, wanted: Mapping[str, Any]) -> pd.DataFrame:
    rows = records
    for column, value in wanted.items():
        left = rows[rows[column] == value]
        if left.empty:
            legal = list(map(str, sorted(rows[column].unique())))
            raise LTHError(f"records of {describe(ours)}: no {column} '{value}'{suggestion(str(value), legal)}")
        rows = left
    return rows


def _statistics(values: pd.Series, spread: str) -> tuple[float, float, float, int]:
    mean, low, high, n = t_interval(values)
    if spread == "range":
        known = np.isfinite(values).all()
        low, high = (values.min(), values.max()) if known else (-math.inf, math.inf)
    return mean, low, high, n
