"""The axes of a panel, with their scales, limits and ticks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lth_common.expressions.figures import Figure, Panel

from .figure_layout import ROW, ROWS_MARGIN
from .figure_style import INK
from .histograms import BINS
from .number_formats import factor

TICKS = [m * 10.0**e for e in range(-3, 3) for m in (1, 2, 5) if m * 10.0**e <= 100]
X_LABELS = {"weights_remaining": "weights remaining (%)", "epoch": "epoch", "initial_weight": "initial weight"}


def set_axes(figure: Figure, panel: Panel, axes: Axes, data: pd.DataFrame, everything: pd.DataFrame) -> None:
    """Scales, limits and ticks of a panel (made complete).

    `data`: the rows of all panels with the same value axis, `everything`: those of the figure, in shown units.
    """
    axes.tick_params(length=0)
    values = axes.xaxis if figure.x == "arm" else axes.yaxis
    log = panel.y_log and figure.x != "initial_weight"
    if log:
        (axes.set_xscale if figure.x == "arm" else axes.set_yscale)("log")
    values.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
    limits = axes.set_xlim if figure.x == "arm" else axes.set_ylim
    limits(*value_limits(figure, panel, data))
    if log:
        _set_log_ticks(values)
    if figure.x == "arm":
        _set_rows(panel, axes)
        return
    axes.set_xlabel(X_LABELS[figure.x])
    if figure.x == "weights_remaining":
        last = 100 * everything["weights_remaining"].min()
        if not figure.x_log:
            axes.set_xlim(103, min(last, 90) - 3)
            return
        axes.set_xscale("log")
        axes.set_xticks([tick for tick in TICKS if tick >= last / 1.1])
        axes.set_xlim(100 * 1.12, min(last, 90) / 1.12)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        return
    last = data.loc[data["panel"] == panel.title, figure.x].max()
    if figure.x == "epoch":
        first, margin = 0.0, 0.02 * last or 1.0
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    else:
        first, margin = -last, 0.5 * last / (BINS // 2)
    axes.set_xlim(first - margin, last + margin)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}".replace("-", "−")))


def _set_log_ticks(values: Axis) -> None:
    """Labels at 1, 2 and 5; evenly spaced ones where the limits are closer than that."""
    low, high = values.get_view_interval()
    values.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if high > 5 * low else MaxNLocator(5))
    values.set_minor_locator(NullLocator())


def _set_rows(panel: Panel, axes: Axes) -> None:
    """One row a series, the first on top."""
    rows, margin = len(panel.series), ROWS_MARGIN / ROW / 2
    axes.set_ylim(rows - 0.5 + margin, -0.5 - margin)
    axes.set_yticks(range(rows), [series.label for series in panel.series])
    axes.tick_params(axis="y", labelcolor=INK, pad=6)


def value_limits(figure: Figure, panel: Panel, data: pd.DataFrame) -> tuple[float, float]:
    """Limits of the value axis.

    `y_limits` of the figure, if metric, unit and y_log are the figure's and at least half of our means lie inside;
    else means and published points: intervals of few seeds would dwarf them. Ranges from the lowest to the highest
    seed are shown whole; a dot plot shows intervals up to once the span of the means on either side. Densities start
    at 0. Where all has failed they are `y_limits`, or up to 100 % or 1.
    """
    finite = data[np.isfinite(data["mean"]) & ((data["mean"] > 0) | (not panel.y_log))]
    keys = ("metric", "unit", "y_log")
    if figure.y_limits is not None and all(getattr(panel, key) == getattr(figure, key) for key in keys):
        ours = finite.loc[finite["source"] == "ours", "mean"]
        if ours.empty or ours.between(*figure.y_limits).mean() >= 0.5:
            return figure.y_limits
    if figure.x == "initial_weight":
        return 0.0, 1.06 * finite["mean"].max() if finite["mean"].any() else 1.0
    whole = factor(panel.unit)
    low, high = (finite["mean"].min(), finite["mean"].max()) if len(finite) else (0.1 * whole, whole)
    if figure.spread == "range":
        low, high = _ends(finite, low, high, panel.y_log)
    elif figure.x == "arm":
        low, high = _with_intervals(finite, low, high, panel.y_log)
    if panel.y_log:
        margin = max((high / low) ** 0.06, 1.05)
        return low / margin, high * margin
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _ends(data: pd.DataFrame, low: float, high: float, log: bool) -> tuple[float, float]:
    """`low` and `high`, or what reaches beyond them."""
    known = data[np.isfinite(data["low"]) & np.isfinite(data["high"]) & ((data["low"] > 0) | (not log))]
    return min([low, *known["low"]]), max([high, *known["high"]])


def _with_intervals(data: pd.DataFrame, low: float, high: float, log: bool) -> tuple[float, float]:
    ends = _ends(data, low, high, log)
    if low == high:
        return ends
    if log:
        return max(ends[0], low * low / high), min(ends[1], high * high / low)
    return max(ends[0], 2 * low - high), min(ends[1], 2 * high - low)
