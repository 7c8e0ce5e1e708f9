"""Figures: our means and spreads over seeds, with the paper's own points beside them."""

import io
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lth_common.expressions.figures import Figure, Panel
from lth_common.files import atomic_write_bytes, atomic_write_text

from .figure_data import FAILED, STATISTICS, complete
from .figure_layout import CURVES, Layout, lay_out, share
from .figure_marks import draw_curves, draw_failures, draw_histograms, draw_rows
from .figure_panels import set_axes
from .figure_style import CROSS, DOTTED, FAINT, INK, STYLE, TITLE, WARNING, Look, looks, wrap
from .number_formats import factor

LEGEND = (0.85, 0.071)  # inches: for its handles, and for each character of its longest label
SPREADS = {"interval": "95 % t-interval", "range": "lowest to highest seed"}


def draw(figure: Figure, data: pd.DataFrame, scale: str) -> Canvas:
    """Draw `figure_data`'s table; `scale` is printed in the corner: a smoke run must not pass for a real one.

    Intervals are cut at the axes' limits, which follow means and published points, and the ranges of seeds where those
    are the spread (or `y_limits`, unless most of our means lie outside); points beyond the limits show as small
    triangles at the edge. Panels of curves share their y axis if their metric, split, unit and y_log agree. Seeds that
    failed are crosses at the bottom of curves, and words in dot plots and histograms.
    """
    data = data if FAILED in data else data.assign(**{FAILED: 0})
    panels = [complete(figure, panel) for panel in figure.panels]
    styles = looks(list(dict.fromkeys(data["series"])))
    shown = _in_units(figure, panels, data)
    with mpl.rc_context(STYLE):
        handles, keys = _series_handles(figure, styles, data), _keys(figure, data)
        longest = max(map(len, ["ours: mean of 10 seeds", *(handle.get_label() for handle in handles)]))
        layout = lay_out(figure, panels, LEGEND[0] + LEGEND[1] * longest)
        for i, axes in enumerate(layout.grid):
            _draw_panel(figure, panels, layout, i, shown, styles)
            axes.set_title(layout.titles[i], loc="left", color=INK)
        _write_around(layout.canvas, figure, scale)
        _draw_legend(layout, handles, keys)
    return layout.canvas


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
    """The table in the panels' units; densities have none."""
    if figure.x == "initial_weight":
        return data
    factors = data["panel"].map({panel.title: factor(panel.unit) for panel in panels})
    return data.assign(**{column: data[column] * factors for column in STATISTICS if column != "n"})


def _draw_panel(figure: Figure, panels: list[Panel], layout: Layout, i: int, shown: pd.DataFrame,
                styles: dict[str, Look]) -> None:
    panel, axes = panels[i], layout.grid[i]
    alike = [other.title for other in panels if figure.x in CURVES and share(figure, panel, other)]
    rows = shown[shown["panel"] == panel.title]
    set_axes(figure, panel, axes, shown[shown["panel"].isin([panel.title, *alike])], shown)
    axes.tick_params(labelleft=layout.own[i])
    if figure.x == "arm":
        axes.set_xlabel(layout.labels[i])
        draw_rows(axes, rows, styles, panel)
        return
    if layout.own[i]:
        axes.set_ylabel(layout.labels[i])
    if figure.x in CURVES:
        draw_curves(axes, rows, styles, figure.x)
        draw_failures(axes, rows, styles, figure.x)
    else:
        draw_histograms(axes, rows, styles)


def _write_around(canvas: Canvas, figure: Figure, scale: str) -> None:
    """The title and, in the corner, the scale."""
    width, height = canvas.get_size_inches()
    title = wrap(figure.title, width - 0.2, TITLE, "bold")
    canvas.text(0.12 / width, 1 - 0.14 / height, title, va="top", fontsize=TITLE, fontweight="bold")
    canvas.text(1 - 0.1 / width, 0.1 / height, f"scale: {scale}", ha="right", fontsize=8,
                color=FAINT if scale == "paper" else WARNING)


def _series_handles(figure: Figure, styles: dict[str, Look], data: pd.DataFrame) -> list[Line2D]:
    """Colours by series; a dot plot names its rows instead."""
    published = set(data.loc[data["source"] == "published", "series"])
    shape = {"weights_remaining": lambda label, marker: marker, "initial_weight": lambda label, marker: "",
             "epoch": lambda label, marker: marker if label in published else "", "arm": None}[figure.x]
    face = {"markerfacecolor": "white", "markeredgewidth": 1.1} if figure.x == "epoch" else {}
    return [Line2D([], [], color=colour, linewidth=1.7, marker=shape(label, marker), markersize=5, label=label, **face)
            for label, (colour, marker) in styles.items() if shape]


def _keys(figure: Figure, data: pd.DataFrame) -> list[Line2D | Patch]:
    """Once for all series, what lines, filled and open markers, and bands mean."""
    seeds = sorted(set(data.loc[data["source"] == "ours", "n"]))
    span = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]}–{seeds[-1]}"
    spread, text = SPREADS[figure.spread], f"ours: mean of {span} seeds"
    if seeds[-1] == 1:
        text = f"ours: 1 seed, no {figure.spread}"
    elif figure.panels[0].pooled is not None:
        spread, text = "95 % stratified interval", f"ours: interquartile mean of {span} runs"
    marker, line = {"weights_remaining": ("o", 1.7), "arm": ("o", 0)}.get(figure.x, ("", 1.7))
    keys = [Line2D([], [], color=FAINT, linewidth=line, marker=marker, markersize=4, label=text)]
    if seeds[-1] > 1:
        keys.append(Patch(color=FAINT, alpha=0.25, linewidth=0, label=spread))
    if (data["source"] == "published").any():
        line, size = {"weights_remaining": (0.9, 5.0), "arm": (0, 8.0)}.get(figure.x, (0, 5.0))
        keys.append(Line2D([], [], color=FAINT, linewidth=line, linestyle=DOTTED, marker="o", markersize=size,
                           markerfacecolor="white", label="published"))
    if figure.x in CURVES and data[FAILED].any():
        keys.append(Line2D([], [], color=FAINT, linestyle="", label="a seed failed", **CROSS))
    return keys


def _draw_legend(layout: Layout, handles: list[Line2D], keys: list[Line2D | Patch]) -> None:
    box = layout.corner.get_position()
    gap = [Line2D([], [], linestyle="", label="")] if handles else []
    beside = layout.canvas.legend(handles=[*handles, *gap, *keys], frameon=False, loc="upper left",
                                  bbox_to_anchor=(box.x1, box.y1), borderaxespad=0.3, handlelength=2.2,
                                  labelspacing=0.55)
    for words in beside.get_texts()[len(handles):]:
        words.set_color(FAINT)
