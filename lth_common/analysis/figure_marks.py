"""The marks inside a panel: curves, rows of dots and histograms, and what says that seeds failed."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.markers import CARETDOWNBASE, CARETLEFTBASE, CARETRIGHTBASE, CARETUPBASE

from lth_common.expressions.figures import Panel

from .failures import share_failed
from .figure_style import CROSS, DOTTED, FAINT, SIZE, Look

CROSSES = 0.02, 0.035  # the lowest row of crosses, and from one to the next, as shares of the panel's height


def draw_curves(axes: Axes, data: pd.DataFrame, looks: dict[str, Look], x: str) -> None:
    """Means as lines over x, spreads as bands, published points as open markers.

    Points beyond the limits show as small triangles at the edge. Lines over epochs have no markers: each has
    hundreds of points. Lines and bands are broken where a seed failed, which crosses at the bottom say, a row for each
    such series; over epochs where it failed first.
    """
    low, high = axes.get_ylim()
    times = 100 if x == "weights_remaining" else 1
    for label, (colour, marker) in looks.items():
        rows = data[data["series"] == label].sort_values(x, ascending=x != "weights_remaining")
        for source, points in rows.groupby("source"):
            across, y = times * points[x], points["mean"]
            dense = source == "ours" and x == "epoch"
            if source == "ours":
                _draw_bands(axes, across, points, colour)
                axes.plot(across, y, color=colour, linewidth=1.6, marker="" if dense else marker, markersize=3.2,
                          zorder=4)
            else:
                axes.plot(across, y, color=colour, linewidth=0.9, linestyle=DOTTED, alpha=0.6, zorder=3)
                axes.plot(across, y, color=colour, linestyle="", marker=marker,
                          markersize=6.5 if x == "epoch" else 5.0, markerfacecolor="white", markeredgewidth=1.1,
                          zorder=5)
            for beyond, edge, triangle in ((y < low, low, CARETDOWNBASE), (y > high, high, CARETUPBASE)):
                if not dense:
                    axes.plot(across[beyond], np.full(int(beyond.sum()), edge), linestyle="", marker=triangle,
                              markersize=5, color=colour, markerfacecolor=colour if source == "ours" else "white",
                              clip_on=False, zorder=5)


def _draw_bands(axes: Axes, across: pd.Series, points: pd.DataFrame, colour: str) -> None:
    """The spread of a series, in a piece for each stretch between points of which a seed failed."""
    known = np.isfinite(points["high"])
    for _, own in points[known].groupby(points["failed"].gt(0).cumsum()[known]):
        axes.fill_between(across[own.index], own["low"], own["high"], color=colour, alpha=0.13, linewidth=0, zorder=2)


def draw_failures(axes: Axes, data: pd.DataFrame, looks: dict[str, Look], x: str) -> None:
    """A cross at the bottom of a panel of curves for each point of which a seed failed, a row for each such series.

    Over epochs where one failed first: a curve has hundreds of points.
    """
    failing = [label for label in looks if data.loc[data["series"] == label, "failed"].any()]
    for row, label in enumerate(failing):
        points = data[(data["series"] == label) & (data["source"] == "ours")].sort_values(x)
        failed = points["failed"]
        at = points.loc[failed > (failed.shift(fill_value=0) if x == "epoch" else 0), x]
        axes.plot((100 if x == "weights_remaining" else 1) * at, np.full(len(at), CROSSES[0] + row * CROSSES[1]),
                  transform=axes.get_xaxis_transform(), linestyle="", color=looks[label][0], clip_on=False, zorder=6,
                  **CROSS)


def draw_rows(axes: Axes, data: pd.DataFrame, looks: dict[str, Look], panel: Panel) -> None:
    """A dot on its interval for each series, in the row of its own; the published value as a ring around it.

    A mean that is not finite is said in words, as are seeds that failed, where the published value is not; one beyond
    the limits is a triangle at the edge.
    """
    low, high = axes.get_xlim()
    middle = (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2
    for row, series in enumerate(panel.series):
        colour = looks[series.label][0]
        points = data[data["series"] == series.label]
        for point in points.itertuples():
            if not np.isfinite(point.mean):
                words = share_failed(point.failed, point.n) if point.failed else "not finite"
                place, side = (0.98, "right") if (points["mean"] < middle).any() else (0.02, "left")
                axes.text(place, row, words, transform=axes.get_yaxis_transform(), ha=side, va="center", color=FAINT)
                continue
            if np.isfinite(point.high):
                axes.plot([point.low, point.high], [row, row], color=colour, linewidth=3.2, alpha=0.32,
                          solid_capstyle="butt", zorder=3)
            ours, inside = point.source == "ours", low <= point.mean <= high
            marker = "o" if inside else CARETLEFTBASE if point.mean < low else CARETRIGHTBASE
            axes.plot([min(max(point.mean, low), high)], [row], color=colour, linestyle="", marker=marker,
                      markersize=4.8 if ours else 8.5, markerfacecolor=colour if ours else "none",
                      markeredgewidth=0.0 if ours else 1.1, clip_on=False, zorder=5)


def draw_histograms(axes: Axes, data: pd.DataFrame, looks: dict[str, Look]) -> None:
    """Mean densities as stepped lines over a light filling, spreads as bands; tickets that failed are said in words."""
    said = 0
    for label, (colour, _) in looks.items():
        rows = data[data["series"] == label].sort_values("initial_weight")
        known = rows[np.isfinite(rows["high"])]
        axes.fill_between(rows["initial_weight"], rows["mean"], step="mid", color=colour, alpha=0.2 / len(looks),
                          linewidth=0, zorder=2)
        axes.fill_between(known["initial_weight"], known["low"], known["high"], step="mid", color=colour, alpha=0.25,
                          linewidth=0, zorder=3)
        axes.plot(rows["initial_weight"], rows["mean"], drawstyle="steps-mid", color=colour, linewidth=1.2, zorder=4)
        if rows["failed"].any():
            failed, n = int(rows["failed"].iloc[0]), int(rows["n"].iloc[0])
            seeds = n if rows["mean"].isna().all() else n + failed  # the mean is that of the tickets left, if any
            axes.annotate(f"{label}: {share_failed(failed, seeds)}", (0.02, 0.98), (0, -said * 1.4 * SIZE), va="top",
                          color=colour, xycoords="axes fraction", textcoords="offset points")
            said += 1
