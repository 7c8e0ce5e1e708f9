"""The axes of a panel, with their scales, limits and ticks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lth_common.expressions.figures import Figure, Panel

from .figure_style import INK, wrap
from .histograms import BINS
from .number_formats import factor

CURVES = ("weights_remaining", "epoch")
STEPS = [1, 2, 2.5, 5, 10]
ROW_NAME = 2.0  # inches, at most, of a line that names a row of dots


def share(figure: Figure, one: Panel, other: Panel) -> bool:
    """Whether two panels (made complete) have the same value axis, or rows, which need not be shown twice.

    Curves: if metric, split, unit, y_log and y_limits agree, unless the figure's axes are not shared.
    """
    if figure.x in CURVES and figure.y_shared:
        return all(getattr(one, key) == getattr(other, key)
                   for key in ("metric", "split", "unit", "y_log", "y_limits"))
    if figure.x == "arm":
        return [s.label for s in one.series] == [s.label for s in other.series]
    return one.title == other.title


def set_axes(figure: Figure, panel: Panel, axes: Axes, limits: tuple[float, float], last: float,
             narrow: bool) -> None:
    """Scales, limits and ticks of a panel (made complete) of which x goes as far as `last`; fewer if it is narrow."""
    axes.tick_params(length=0)
    along = axes.xaxis if figure.x == "arm" else axes.yaxis
    if panel.y_log and figure.x != "initial_weight":
        (axes.set_xscale if figure.x == "arm" else axes.set_yscale)("log")
        # Labels at 1, 2 and 5, or at powers of ten; evenly spaced ones where the limits are closer than that.
        wide = limits[1] / limits[0]
        subs = (1.0,) if wide > 500 else (1.0, 2.0, 5.0)
        along.set_major_locator(LogLocator(subs=subs) if wide > 5 else MaxNLocator(5, steps=STEPS))
        along.set_minor_locator(NullLocator())
    else:
        along.set_major_locator(MaxNLocator(6, steps=STEPS))
    (axes.set_xlim if figure.x == "arm" else axes.set_ylim)(*limits)
    _plain_numbers(along)
    if figure.x == "arm":
        axes.set_ylim(len(panel.series) - 0.3, -0.7)
        axes.set_yticks(range(len(panel.series)), [wrap(series.label, ROW_NAME) for series in panel.series])
        axes.tick_params(axis="y", labelcolor=INK, pad=6)
        return
    if figure.x == "weights_remaining":
        _set_weights_remaining(axes, min(last, 90), figure.x_log, narrow)
    elif figure.x == "epoch":
        axes.set_xlim(-0.02 * last or -1.0, 1.02 * last or 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    else:
        reach = last * (1 + 0.5 / (BINS // 2))
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    _plain_numbers(axes.xaxis)


def _set_weights_remaining(axes: Axes, last: float, log: bool, narrow: bool) -> None:
    if not log:
        axes.set_xlim(103, last - 3)
        return
    axes.set_xscale("log")
    subs = (1.0, 3.0, 5.0, 7.0) if last > 20 else (1.0, 3.0) if narrow else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=subs))
    axes.set_xlim(100 * 1.12, last / 1.12)
    axes.xaxis.set_minor_locator(NullLocator())


def _plain_numbers(axis: Axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))


def value_limits(figure: Figure, panel: Panel, data: pd.DataFrame) -> tuple[float, float]:
    """Limits of the value axis, of the rows of all panels that share it.

    `y_limits` of the panel, or of the figure, if metric, unit and y_log are the figure's and at least half of our
    means lie inside; else means and published points: intervals of few seeds would dwarf them. Ranges from the lowest
    to the highest seed are shown whole; a dot plot shows intervals up to once the span of the means on either side.
    Densities start at 0. Where all has failed they are the stated ones, or up to 100 % or 1.
    """
    log = panel.y_log and figure.x != "initial_weight"
    finite = data[np.isfinite(data["mean"]) & ((data["mean"] > 0) | (not log))]
    as_figure = all(getattr(panel, key) == getattr(figure, key) for key in ("metric", "unit", "y_log"))
    if stated := panel.y_limits or (figure.y_limits if as_figure else None):
        ours = finite.loc[finite["source"] == "ours", "mean"]
        if ours.empty or ours.between(*stated).mean() >= 0.5:
            return stated
    if figure.x == "initial_weight":
        return 0.0, 1.06 * finite["mean"].max() if finite["mean"].any() else 1.0
    whole = factor(panel.unit)
    low, high = (finite["mean"].min(), finite["mean"].max()) if len(finite) else (0.1 * whole, whole)
    ends = finite[np.isfinite(finite["low"]) & np.isfinite(finite["high"]) & ((finite["low"] > 0) | (not log))]
    lowest, highest = min([low, *ends["low"]]), max([high, *ends["high"]])
    if figure.spread == "range" or (figure.x == "arm" and low == high):
        low, high = lowest, highest
    elif figure.x == "arm":
        below, above = (low * low / high, high * high / low) if log else (2 * low - high, 2 * high - low)
        low, high = max(lowest, below), min(highest, above)
    if log:
        margin = max((high / low) ** 0.06, 1.05)
        return low / margin, high * margin
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin
