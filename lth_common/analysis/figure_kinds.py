"""What is drawn inside a panel, a helper for each kind of figure.

seaborn draws ours, of means and spreads that are made already; published points are open markers. Rows are those of
`figure_data` of one panel, in shown units; looks are those of `figure_style.looks`; the value axis has its limits.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.markers import CARETDOWNBASE, CARETLEFTBASE, CARETRIGHTBASE, CARETUPBASE

from .failures import share_failed
from .figure_style import CROSS, DOTTED, FAINT, OPEN, SIZE, Look

Looks = dict[str, Look]
CROSSES = 0.02, 0.035  # the lowest row of crosses, and from one to the next, as shares of the panel's height


def curves_over_levels(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Curves over the weights remaining, a marker a level; a cross at the bottom for each at which a seed failed."""
    ours = _lines(axes, rows, looks, "weights_remaining", style="series",
                  markers={label: marker for label, (_, marker) in looks.items()}, markeredgewidth=0, markersize=4)
    _published_curves(axes, rows, looks, "weights_remaining", 5.0)
    _beyond(axes, rows, looks, "weights_remaining")
    _crosses(axes, ours[ours["failed"] > 0], looks, "weights_remaining")


def curves_over_epochs(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Curves over training, without markers: each has hundreds of points; a cross where a seed failed first."""
    ours = _lines(axes, rows, looks, "epoch")
    _published_curves(axes, rows, looks, "epoch", 6.5)
    _beyond(axes, rows[rows["source"] == "published"], looks, "epoch")
    _crosses(axes, ours[ours["failed"] > ours.groupby("series")["failed"].shift(fill_value=0)], looks, "epoch")


def dots(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """A dot on its interval for each series, in the row of its own; the published value as a ring around it.

    A mean that is not finite is said in words, as are seeds that failed, where the published value is not; one beyond
    the limits is a triangle at the edge.
    """
    low, high = axes.get_xlim()
    middle = (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2
    order = {label: row for row, label in enumerate(dict.fromkeys(rows["series"]))}
    rows = rows.assign(row=rows["series"].map(order), at=rows["mean"].clip(low, high))
    ours = rows[(rows["source"] == "ours") & np.isfinite(rows["mean"])]
    for point in ours[np.isfinite(ours["high"])].itertuples():
        axes.plot([point.low, point.high], [point.row] * 2, color=looks[point.series][0], linewidth=3.2, alpha=0.32,
                  solid_capstyle="butt", zorder=3)
    inside = ours[ours["mean"] == ours["at"]]
    if len(inside):
        sns.scatterplot(inside, x="at", y="row", hue="series", palette=_colours(looks), legend=False, s=26,
                        linewidth=0, clip_on=False, zorder=5, ax=axes)
    for point in rows[np.isfinite(rows["mean"]) & ~rows.index.isin(inside.index)].itertuples():
        filled = point.source == "ours"
        marker = "o" if point.mean == point.at else CARETLEFTBASE if point.mean < low else CARETRIGHTBASE
        axes.plot(point.at, point.row, color=looks[point.series][0], linestyle="", marker=marker,
                  markersize=5 if filled else 8.5, markeredgewidth=0 if filled else 1.1, clip_on=False, zorder=5,
                  **({} if filled else {"markerfacecolor": "none"}))
    for point in rows[~np.isfinite(rows["mean"])].itertuples():
        words = share_failed(point.failed, point.n) if point.failed else "not finite"
        published = rows.loc[(rows["series"] == point.series) & (rows["source"] == "published"), "mean"]
        place, side = (0.98, "right") if (published < middle).any() else (0.02, "left")
        axes.text(place, point.row, words, transform=axes.get_yaxis_transform(), ha=side, va="center", color=FAINT)


def histograms(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Mean densities as stepped lines over a light filling, spreads as bands; tickets that failed are said in words."""
    said, bins = 0, {"step": "mid", "linewidth": 0, "zorder": 2}
    for label, own in rows.groupby("series", sort=False):
        colour, known = looks[label][0], own[np.isfinite(own["high"])]
        axes.fill_between(own["initial_weight"], 0, own["mean"], color=colour, alpha=0.2 / len(looks), **bins)
        axes.fill_between(known["initial_weight"], known["low"], known["high"], color=colour, alpha=0.25, **bins)
        if own["failed"].any():
            failed, n = int(own["failed"].iloc[0]), int(own["n"].iloc[0])
            seeds = n if own["mean"].isna().all() else n + failed  # the mean is that of the tickets left, if any
            axes.annotate(f"{label}: {share_failed(failed, seeds)}", (0.02, 0.98), (0, -said * 1.4 * SIZE), va="top",
                          color=colour, xycoords="axes fraction", textcoords="offset points")
            said += 1
    _seaborn_lines(axes, rows.assign(stretch=0), looks, "initial_weight", drawstyle="steps-mid", linewidth=1.2)


def _lines(axes: Axes, rows: pd.DataFrame, looks: Looks, x: str, **style) -> pd.DataFrame:
    """Our means and their bands, both broken where a seed failed; returns the rows drawn, by x.

    A band has an edge, so that one behind another is still seen.
    """
    ours = rows[rows["source"] == "ours"].sort_values(x)
    shown = np.isfinite(ours["mean"]) & ((ours["mean"] > 0) | (axes.get_yscale() != "log"))
    ours = ours.assign(stretch=(~shown).groupby(ours["series"]).cumsum())
    for (label, _), piece in ours[shown & np.isfinite(ours["high"])].groupby(["series", "stretch"], sort=False):
        axes.fill_between(piece[x], piece["low"], piece["high"], facecolor=(looks[label][0], 0.12),
                          edgecolor=(looks[label][0], 0.35), linewidth=0.5, zorder=2)
    _seaborn_lines(axes, ours[shown], looks, x, linewidth=1.6, **style)
    return ours


def _seaborn_lines(axes: Axes, rows: pd.DataFrame, looks: Looks, x: str, **style) -> None:
    rows = rows[np.isfinite(rows["mean"])]
    if len(rows):
        sns.lineplot(rows, x=x, y="mean", hue="series", units="stretch", estimator=None, dashes=False,
                     palette=_colours(looks), legend=False, zorder=4, ax=axes, **style)


def _published_curves(axes: Axes, rows: pd.DataFrame, looks: Looks, x: str, size: float) -> None:
    theirs = rows[rows["source"] == "published"].sort_values(x)
    for label, points in theirs.groupby("series", sort=False):
        colour, marker = looks[label]
        axes.plot(points[x], points["mean"], color=colour, linewidth=0.9, linestyle=DOTTED, alpha=0.6, zorder=3)
        axes.plot(points[x], points["mean"], color=colour, linestyle="", marker=marker, markersize=size, zorder=5,
                  **OPEN)


def _beyond(axes: Axes, rows: pd.DataFrame, looks: Looks, x: str) -> None:
    """Small triangles at the edge for points beyond the limits, open ones if they are published."""
    low, high = axes.get_ylim()
    for edge, triangle, there in ((low, CARETDOWNBASE, rows["mean"] < low), (high, CARETUPBASE, rows["mean"] > high)):
        for (label, source), points in rows[there].groupby(["series", "source"], sort=False):
            colour = looks[label][0]
            axes.plot(points[x], [edge] * len(points), color=colour, linestyle="", marker=triangle, markersize=5,
                      markerfacecolor=colour if source == "ours" else "white", clip_on=False, zorder=5)


def _crosses(axes: Axes, failing: pd.DataFrame, looks: Looks, x: str) -> None:
    """Crosses at the bottom, a row for each series."""
    for row, label in enumerate(label for label in looks if label in set(failing["series"])):
        at = failing.loc[failing["series"] == label, x]
        axes.plot(at, [CROSSES[0] + row * CROSSES[1]] * len(at), transform=axes.get_xaxis_transform(), linestyle="",
                  color=looks[label][0], clip_on=False, zorder=6, **CROSS)


def _colours(looks: Looks) -> dict[str, str]:
    return {label: colour for label, (colour, _) in looks.items()}
