"""Figures: our means and intervals over weights remaining, with the paper's own points beside them."""

import io
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.markers import CARETDOWNBASE, CARETUPBASE
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullLocator

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes, atomic_write_text
from lth_common.schema.analysis import Figure, Ours, Panel

from .published import curve
from .series import select, summary
from .units import factor

COLUMNS = ("panel", "series", "source", "weights_remaining", "mean", "low", "high", "n")
# Okabe and Ito's colours, which stay apart for all common kinds of colour blindness (yellow is left out: too
# pale on white). The marker differs too, so that a grey print can be read.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9", "#333333", "#8B5A2B")
MARKERS = ("o", "s", "^", "D", "v", ">", "p", "h")
INK, FAINT = "#222222", "#767676"
DOTTED = (0, (1, 2))
# Inches: panel, gap between panels, and margins around them; the legend takes what its longest label needs.
PANEL, GAP, LEFT, TOP, BOTTOM = (4.3, 3.1), 0.28, 0.72, 0.74, 0.62
TICKS = [m * 10.0**e for e in range(-3, 3) for m in (1, 2, 5) if m * 10.0**e <= 100]
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "axes.edgecolor": "#B8B8B8",
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": FAINT, "ytick.color": FAINT,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#ECECEC",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "svg.hashsalt": "lth", "svg.fonttype": "path",
}


def figure_data(figure: Figure, records: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a figure: one row a point, columns `COLUMNS`.

    `source` is 'ours' (mean over n seeds and 95 % t-interval) or 'published' (mean only; low, high NaN, n 0).
    Values are in the units of the records (accuracies as fractions).

    Raises:
        LTHError: naming figure, panel and series for an arm, metric or published series that is not there.
    """
    parts = []
    for panel in figure.panels:
        for series in panel.series:
            try:
                ours = summary(select(records, _selection(figure, panel, series.arm)))
                parts.append(ours.assign(panel=panel.title, series=series.label, source="ours"))
                if series.published is not None:
                    points = curve(published, series.published).rename(columns={"number": "mean"})
                    parts.append(points.assign(panel=panel.title, series=series.label, source="published",
                                               low=math.nan, high=math.nan, n=0))
            except LTHError as error:
                where = f"figure '{figure.title}', panel '{panel.title}', series '{series.label}'"
                raise LTHError(f"{where}: {error}") from None
    if not parts:
        raise LTHError(f"figure '{figure.title}': none of its series was run, so there is nothing to draw")
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def draw(figure: Figure, data: pd.DataFrame, scale: str) -> Canvas:
    """Draw `figure_data`'s table; `scale` is printed in the corner: a smoke run must not pass for a real one.

    Intervals are cut at the axes' limits, which follow means and published points (or `y_limits`, unless most
    of our means lie outside); points beyond the limits show as small triangles at the edge.
    """
    labels = list(dict.fromkeys(data["series"]))
    styles = {label: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]) for i, label in enumerate(labels)}
    shown = data.assign(**{column: data[column] * factor(figure.unit) for column in ("mean", "low", "high")})
    with mpl.rc_context(STYLE):
        canvas, grid = _lay_out(len(figure.panels), max(map(len, [*labels, "ours: mean of 10 seeds"])))
        _set_axes(figure, grid, shown)
        for axes, panel in zip(grid, figure.panels, strict=True):
            _draw_panel(axes, shown[shown["panel"] == panel.title], styles)
            axes.set_title(panel.title, loc="left", color=INK)
        grid[0].set_ylabel(figure.y_label)
        height = canvas.get_figheight()
        canvas.text(0.12 / canvas.get_figwidth(), 1 - 0.14 / height, figure.title, va="top", fontsize=12,
                    fontweight="bold")
        _draw_legend(canvas, grid[-1], styles, data)
        canvas.text(1 - 0.1 / canvas.get_figwidth(), 0.1 / height, f"scale: {scale}", ha="right", fontsize=8,
                    color=FAINT if scale == "paper" else "#B03A00")
    return canvas


def save(canvas: Canvas, stem: str | Path, data: pd.DataFrame) -> None:
    """Write `<stem>.svg`, `<stem>.png` and the numbers as `<stem>.csv`, atomically.

    Equal input gives equal bytes with the same matplotlib.
    """
    with mpl.rc_context(STYLE):
        for kind, options in (("svg", {"metadata": {"Date": None}}),
                              ("png", {"metadata": {"Software": None}, "dpi": 160})):
            buffer = io.BytesIO()
            canvas.savefig(buffer, format=kind, facecolor="white", **options)
            atomic_write_bytes(f"{stem}.{kind}", buffer.getvalue())
    atomic_write_text(f"{stem}.csv", data.to_csv(index=False, lineterminator="\n"))


def _selection(figure: Figure, panel: Panel, arm: str) -> Ours:
    return Ours(experiment=panel.experiment, arm=arm, variant=panel.variant,
                metric=panel.metric or figure.metric, split=figure.split)


def _lay_out(panels: int, longest_label: int) -> tuple[Canvas, list[Axes]]:
    """A canvas with a row of panels of fixed size and room for the legend at the right."""
    width = LEFT + panels * PANEL[0] + (panels - 1) * GAP + 0.85 + 0.071 * longest_label
    height = TOP + PANEL[1] + BOTTOM
    canvas = Canvas(figsize=(width, height))
    grid: list[Axes] = []
    for i in range(panels):
        box = ((LEFT + i * (PANEL[0] + GAP)) / width, BOTTOM / height, PANEL[0] / width, PANEL[1] / height)
        first = grid[0] if grid else None
        grid.append(canvas.add_axes(box, sharex=first, sharey=first))
        grid[-1].tick_params(labelleft=i == 0, length=0)
    return canvas, grid


def _set_axes(figure: Figure, grid: list[Axes], data: pd.DataFrame) -> None:
    """Common scales and limits, from means and published points: intervals of few seeds would dwarf them."""
    for axes in grid:
        axes.set_xscale("log")
        axes.set_xlabel("weights remaining (%)")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        if figure.y_log:
            axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.10g}".replace("-", "−")))
    last = 100 * data["weights_remaining"].min()
    grid[0].set_xticks([tick for tick in TICKS if tick >= last / 1.1])
    grid[0].set_xlim(100 * 1.12, min(last, 90) / 1.12)
    grid[0].set_ylim(*_y_limits(figure, data))


def _y_limits(figure: Figure, data: pd.DataFrame) -> tuple[float, float]:
    finite = data[np.isfinite(data["mean"]) & ((data["mean"] > 0) | (not figure.y_log))]
    if figure.y_limits is not None:
        ours = finite.loc[finite["source"] == "ours", "mean"]
        if ours.between(*figure.y_limits).mean() >= 0.5:
            return figure.y_limits
    low, high = (finite["mean"].min(), finite["mean"].max()) if len(finite) else (0.1, 1.0)
    if figure.y_log:
        margin = max((high / low) ** 0.06, 1.05)
        return low / margin, high * margin
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _draw_panel(axes: Axes, data: pd.DataFrame, styles: dict[str, tuple[str, str]]) -> None:
    low, high = axes.get_ylim()
    for label, (colour, marker) in styles.items():
        rows = data[data["series"] == label].sort_values("weights_remaining", ascending=False)
        for source, points in rows.groupby("source"):
            x, y = 100 * points["weights_remaining"], points["mean"]
            if source == "ours":
                known = np.isfinite(points["high"])
                axes.fill_between(x[known], points["low"][known], points["high"][known], color=colour,
                                  alpha=0.13, linewidth=0, zorder=2)
                axes.plot(x, y, color=colour, linewidth=1.6, marker=marker, markersize=3.2, zorder=4)
            else:
                axes.plot(x, y, color=colour, linewidth=0.9, linestyle=DOTTED, alpha=0.6, zorder=3)
                axes.plot(x, y, color=colour, linestyle="", marker=marker, markersize=5.0,
                          markerfacecolor="white", markeredgewidth=1.1, zorder=5)
            fill = colour if source == "ours" else "white"
            for beyond, edge, triangle in ((y < low, low, CARETDOWNBASE), (y > high, high, CARETUPBASE)):
                axes.plot(x[beyond], np.full(int(beyond.sum()), edge), linestyle="", marker=triangle,
                          markersize=5, color=colour, markerfacecolor=fill, clip_on=False, zorder=5)


def _draw_legend(canvas: Canvas, axes: Axes, styles: dict[str, tuple[str, str]], data: pd.DataFrame) -> None:
    """Colours by series, and once for all of them what filled and open means."""
    handles = [Line2D([], [], color=colour, linewidth=1.7, marker=marker, markersize=5, label=label)
               for label, (colour, marker) in styles.items()]
    seeds = sorted(set(data.loc[data["source"] == "ours", "n"]))
    span = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]}–{seeds[-1]}"
    noun = "seed" if seeds[-1] == 1 else "seeds"
    text = "ours: 1 seed, no interval" if seeds[-1] == 1 else f"ours: mean of {span} {noun}"
    keys = [Line2D([], [], color=FAINT, linewidth=1.7, marker="o", markersize=4, label=text)]
    if seeds[-1] > 1:
        keys.append(Patch(color=FAINT, alpha=0.25, linewidth=0, label="95 % t-interval"))
    if (data["source"] == "published").any():
        keys.append(Line2D([], [], color=FAINT, linewidth=0.9, linestyle=DOTTED, marker="o", markersize=5.0,
                           markerfacecolor="white", label="published"))
    box = axes.get_position()
    beside = canvas.legend(handles=[*handles, Line2D([], [], linestyle="", label=""), *keys], frameon=False,
                           loc="upper left", bbox_to_anchor=(box.x1, box.y1), borderaxespad=0.3,
                           handlelength=2.2, labelspacing=0.55)
    for words in beside.get_texts()[len(handles):]:
        words.set_color(FAINT)
