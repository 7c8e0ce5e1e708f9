"""Figures: our means and spreads over seeds, with the paper's own points beside them."""

import io
from math import ceil
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lth_common.expressions.figures import Figure, Panel
from lth_common.files import atomic_write_bytes, atomic_write_text

from . import figure_kinds as kinds
from .figure_axes import CURVES, set_axes, share, value_limits
from .figure_data import FAILED, STATISTICS, complete
from .figure_style import CROSS, DOTTED, FAINT, OPEN, PANEL_TITLE, SIZE, STYLE, TITLE, WARNING, WIDTH, looks, wrap
from .number_formats import factor

# Inches: height of a panel in a row of so many, of a row of dots, of what a panel has around it, of a line of text.
PANEL, ROW, AROUND, LINE = {1: 3.2, 2: 2.6, 3: 2.1}, 0.3, 0.55, 1.35 / 72
HANDLE, LETTER = 0.55, 0.076  # inches in the legend: a handle with the gaps beside it, and a letter
COUNTED = " (n = 2–3)"  # what a title may have at its end
SPREADS = {"interval": "95 % t-interval", "range": "lowest to highest seed"}
X_LABELS = {"weights_remaining": "weights remaining (%)", "epoch": "epoch", "initial_weight": "initial weight"}


def draw(figure: Figure, data: pd.DataFrame, scale: str) -> Canvas:
    """Draw `figure_data`'s table; `scale` is printed in the corner: a smoke run must not pass for a real one.

    All is shown whole, unless a panel has `y_limits`. Panels of curves share their y axis if their metric, split, unit
    and y_log agree. Seeds that failed are crosses at the bottom of curves, and words in dot plots and histograms. Where
    means are of several numbers of seeds, the titles of panels say of which.
    """
    panels = [complete(figure, panel) for panel in figure.panels]
    shown = _in_units(figure, panels, data if FAILED in data else data.assign(**{FAILED: 0}))
    with mpl.rc_context(STYLE):
        handles = _legend(figure, shown)
        across = _across(figure)
        letters = max(len(handle.get_label()) for handle in handles)
        columns = max(1, min(int((WIDTH - 0.2) / (HANDLE + LETTER * letters)), len(handles)))
        corner = f"scale: {scale}"
        title = wrap(figure.title, WIDTH - 0.2 - LETTER * len(corner), TITLE, 1.05)
        heights = [max(_height(figure, panel, across) for panel in panels[start:start + across])
                   for start in range(0, len(panels), across)]
        tall = sum(heights) + LINE * (TITLE * (title.count("\n") + 2) + 1.15 * SIZE * ceil(len(handles) / columns))
        canvas = Canvas(figsize=(WIDTH, tall), layout="constrained")
        canvas.suptitle(title, x=0.1 / WIDTH, ha="left", fontsize=TITLE, fontweight="bold")
        canvas.text(1 - 0.1 / WIDTH, 1 - 0.1 / tall, corner, ha="right", va="top", fontsize=SIZE,
                    color=FAINT if scale == "paper" else WARNING)
        grid = canvas.add_gridspec(len(heights), across, height_ratios=heights)
        for i in range(len(panels)):
            _draw_panel(figure, panels, i, across, canvas.add_subplot(grid[divmod(i, across)]), shown)
        canvas.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False, handlelength=2.2)
        canvas.draw_without_rendering()
        canvas.set_layout_engine("none")  # laid out once: SVG and PNG are the same picture
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


def _in_units(figure: Figure, panels: list[Panel], data: pd.DataFrame) -> pd.DataFrame:
    """The table in the panels' units and weights remaining in percent; densities have no unit."""
    if figure.x == "initial_weight":
        return data
    factors = data["panel"].map({panel.title: factor(panel.unit) for panel in panels})
    percent = {"weights_remaining": 100 * data["weights_remaining"]} if figure.x == "weights_remaining" else {}
    return data.assign(**{column: data[column] * factors for column in STATISTICS if column != "n"}, **percent)


def _across(figure: Figure) -> int:
    """Panels in a row: three at most, and four stand in a square."""
    count = len(figure.panels)
    return min(figure.panels_in_a_row or (2 if count == 4 else count), count, 3)


def _height(figure: Figure, panel: Panel, across: int) -> float:
    title = wrap(panel.title + COUNTED, WIDTH / across - 0.55, PANEL_TITLE).count("\n") + 1
    inside = ROW * (len(panel.series) + 0.4) if figure.x == "arm" else PANEL[across]
    return inside + AROUND + LINE * PANEL_TITLE * title


def _draw_panel(figure: Figure, panels: list[Panel], i: int, across: int, axes: Axes, shown: pd.DataFrame) -> None:
    panel = panels[i]
    rows, own = shown[shown["panel"] == panel.title], i % across == 0 or not share(figure, panels[i - 1], panel)
    alike = {panel.title, *(other.title for other in panels if figure.x in CURVES and share(figure, panel, other))}
    set_axes(figure, panel, axes, value_limits(figure, panel, shown[shown["panel"].isin(alike)]),
             shown if figure.x == "weights_remaining" else rows, across > 2)
    kinds.marks(axes, {label: factor(panel.unit) * value for label, value in panel.marks.items()})
    draw_kind = {"weights_remaining": kinds.curves_over_levels, "epoch": kinds.curves_over_epochs,
                 "arm": kinds.dots, "initial_weight": kinds.histograms}[figure.x]
    draw_kind(axes, rows, looks(figure))
    axes.tick_params(labelleft=own)
    title = panel.title + (f" (n = {_seeds(rows)})" if "–" in _seeds(shown) else "")
    axes.set_title(wrap(title, WIDTH / across - 0.55, PANEL_TITLE))
    value_label = wrap(panel.y_label, WIDTH / across - 1 if figure.x == "arm" else PANEL[across])
    lowest = i + across >= len(panels)
    axes.set_xlabel(value_label if figure.x == "arm" else X_LABELS[figure.x] if lowest else "", visible=True)
    axes.set_ylabel(value_label if own and figure.x != "arm" else "", visible=True)


def _seeds(data: pd.DataFrame) -> str:
    """How many seeds our means are of: '3', or '2–3'."""
    n = data.loc[data["source"] == "ours", "n"]
    return "–".join(dict.fromkeys([str(n.min()), str(n.max())]))


def _legend(figure: Figure, data: pd.DataFrame) -> list[Line2D | Patch]:
    """Colours by series (a dot plot names its rows instead); and, once for all of them, what lines, filled and open
    markers, and bands mean."""
    published, there = set(data.loc[data["source"] == "published", "series"]), set(data["series"])
    levels = set(data.loc[data["weights_remaining"].notna(), "series"]) if figure.x == "weights_remaining" else set()
    marked, face = {"epoch": published}.get(figure.x, levels), OPEN if figure.x == "epoch" else {}
    handles = [Line2D([], [], color=colour, linewidth=1.7, marker=marker if label in marked else "", markersize=5,
                      label=label, **face)
               for label, (colour, marker) in looks(figure).items() if label in there and figure.x != "arm"]
    seeds, spread = _seeds(data), SPREADS[figure.spread]
    text = f"ours: mean of {'n' if '–' in seeds else seeds} seeds"
    if any(panel.learned is not None for panel in figure.panels):
        text += " that learned"
    if seeds == "1":
        text = f"ours: 1 seed, no {figure.spread}"
    elif figure.panels[0].pooled is not None:
        spread, text = "95 % stratified interval", f"ours: interquartile mean of {seeds} runs"
    marker, line = {"weights_remaining": ("o", 1.7), "arm": ("o", 0)}.get(figure.x, ("", 1.7))
    handles.append(Line2D([], [], color=FAINT, linewidth=line, marker=marker, markersize=4, label=text))
    if seeds != "1":
        handles.append(Line2D([], [], color=FAINT, linestyle="", marker="|", markersize=11, markeredgewidth=1.1,
                              label=spread) if figure.x == "weights_remaining" else
                       Patch(color=FAINT, alpha=0.25, linewidth=0, label=spread))
    if published:
        line, size = {"weights_remaining": (0.9, 5.0), "arm": (0, 8.0)}.get(figure.x, (0, 5.0))
        handles.append(Line2D([], [], color=FAINT, linewidth=line, linestyle=DOTTED, marker="o", markersize=size,
                              label="published", **OPEN))
    if figure.x in CURVES and data[FAILED].any():
        handles.append(Line2D([], [], color=FAINT, linestyle="", label="a seed failed", **CROSS))
    return handles
