"""The axes of a panel, with their scales, limits and ticks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.scale import SymmetricalLogScale
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lth_common.expressions.figures import Figure, Panel

from .figure_style import INK, wrap
from .histograms import BINS
from .number_formats import factor

CURVES = ("weights_remaining", "epoch")
STEPS = [1, 2, 2.5, 5, 10]
FAR = 4  # times as far as our curves go
ROW_NAME = 2.0  # inches, at most, of a line that names a row of dots


def share(figure: Figure, one: Panel, other: Panel) -> bool:
    """Whether two panels (made complete) have the same value axis, or rows, which need not be shown twice.

    Curves: if metric, split, unit, y_log, y_limits and marks agree, unless the figure's or a panel's is its own.
    """
    if figure.x in CURVES and one.y_shared and other.y_shared:
        return all(getattr(one, key) == getattr(other, key)
                   for key in ("metric", "split", "unit", "y_log", "y_limits", "marks"))
    if figure.x == "arm":
        return [s.label for s in one.series] == [s.label for s in other.series]
    return one.title == other.title


def set_axes(figure: Figure, panel: Panel, axes: Axes, limits: tuple[float, float], rows: pd.DataFrame,
             narrow: bool) -> None:
    """Scales, limits and ticks of a panel (made complete) along whose x `rows` are shown; fewer if it is narrow."""
    axes.tick_params(length=0)
    along = axes.xaxis if figure.x == "arm" else axes.yaxis
    if panel.y_log and figure.x != "initial_weight":
        _set_log(along, limits)
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
        _set_weights_remaining(axes, min(rows[figure.x].min(), 90), figure.x_log, narrow)
    elif figure.x == "epoch":
        _set_epochs(axes, rows)
    else:
        reach = rows[figure.x].max() * (1 + 0.5 / (BINS // 2))
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    _plain_numbers(axes.xaxis)


def _set_log(axis: Axis, limits: tuple[float, float]) -> None:
    """Logarithmic; from 0 linear up to 1, where whole numbers such as counts begin."""
    scale = "log" if limits[0] > 0 else SymmetricalLogScale(axis, linthresh=1, linscale=0.4)
    axis.axes.set(**{f"{axis.axis_name}scale": scale, f"{axis.axis_name}lim": limits})
    if limits[0] <= 0:
        axis.set_major_locator(FixedLocator([0, *10.0 ** np.arange(1 + int(np.log10(limits[1])))]))
        return
    # Labels at 1, 2 and 5, or at powers of ten; evenly spaced ones where the limits are closer than that.
    wide = limits[1] / limits[0]
    subs = (1.0,) if wide > 500 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs) if wide > 5 else MaxNLocator(5, steps=STEPS))
    axis.set_minor_locator(NullLocator())


def _set_epochs(axes: Axes, rows: pd.DataFrame) -> None:
    """Linear, but logarithmic where published points lie so far out that our curves would be a stroke."""
    epochs, last = rows.loc[rows["source"] == "ours", "epoch"], rows["epoch"].max()
    if last > FAR * epochs.max() > 0:
        _set_log(axes.xaxis, (epochs[epochs > 0].min() / 1.2, last * 1.2))
    else:
        axes.set_xlim(-0.02 * last or -1.0, 1.02 * last or 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))


def _set_weights_remaining(axes: Axes, last: float, log: bool, narrow: bool) -> None:
    if not log:
        axes.set_xlim(103, last - 3)
        return
    axes.set_xscale("log")
    subs = (1.0, 3.0, 5.0, 7.0) if last > 20 else (1.0, 3.0) if narrow else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=subs))
    margin = (100 / last) ** 0.04
    axes.set_xlim(100 * margin, last / margin)
    axes.xaxis.set_minor_locator(NullLocator())


def _plain_numbers(axis: Axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))


def value_limits(figure: Figure, panel: Panel, data: pd.DataFrame) -> tuple[float, float]:
    """Limits of the value axis, of the rows of all panels that share it: all that is shown, whole.

    Or the panel's `y_limits`, if at least half of our means and all published points lie inside. Densities start at 0,
    and so does a logarithmic axis of counts that come down to it; one of other numbers shows what is above 0. Where all
    has failed it goes up to 100 % or 1.
    """
    finite, whole = data[np.isfinite(data["mean"])], factor(panel.unit)
    if figure.x == "initial_weight":
        return 0.0, 1.06 * finite["mean"].max() if finite["mean"].any() else 1.0
    if panel.y_limits:
        inside = finite["mean"].between(*panel.y_limits).groupby(finite["source"]).mean()
        if inside.get("ours", 1) >= 0.5 and inside.get("published", 1) == 1:
            return panel.y_limits
    values = np.array([*finite[["mean", "low", "high"]].to_numpy().flat, *(whole * m for m in panel.marks.values())])
    values = values[np.isfinite(values)]
    if panel.y_log and panel.unit == "count" and (values <= 0).any():
        return -0.2, 1.5 * max(values.max(), 1.0)
    values = values[(values > 0) | (not panel.y_log)]
    low, high = (values.min(), values.max()) if len(values) else (0.1 * whole, whole)
    if panel.y_log:
        margin = max((high / low) ** 0.06, 1.05)
        return low / margin, high * margin
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin
