"""What is drawn inside a panel, a helper for each kind of figure.

seaborn draws ours, of means and spreads that are made already; published points are open markers. Rows are those of
`figure_data` of one panel, in shown units; looks are those of `figure_style.looks`; the value axis has its limits.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from .failures import share_failed
from .figure_style import CROSS, DOTTED, FAINT, OPEN, SIZE, Look

Looks = dict[str, Look]
ASIDE = 2 / 72  # inches from one series to the next
CROSSES = 0.02, 0.035  # the lowest row of crosses, and from one to the next, as shares of the panel's height


def curves_over_levels(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Curves over the weights remaining, a marker with its whisker a level; what has no level is a line across.

    Ours stand side by side, ASIDE apart, so that none hides another; a cross at the bottom for each level at which a
    seed failed.
    """
    across = rows["weights_remaining"].isna()
    for row in rows[across & np.isfinite(rows["mean"])].itertuples():
        axes.axhline(row.mean, color=looks[row.series][0], linewidth=1.2, zorder=2)
        axes.axhspan(row.low, row.high, color=looks[row.series][0], alpha=0.1 if np.isfinite(row.high) else 0, lw=0)
    rows = rows[~across]
    shown = _unbroken(rows, "weights_remaining")
    labels = [label for label in looks if label in set(shown["series"])]
    for place, label in enumerate(labels):
        own, (colour, marker) = shown[shown["series"] == label], looks[label]
        aside = ScaledTranslation((place - (len(labels) - 1) / 2) * ASIDE, 0, axes.figure.dpi_scale_trans)
        whiskers, moved = own[np.isfinite(own["high"])], axes.transData + aside
        axes.vlines(whiskers["weights_remaining"], whiskers["low"], whiskers["high"], color=colour, linewidth=1.1,
                    alpha=0.6, zorder=3, transform=moved)
        _seaborn_lines(axes, own, looks, "weights_remaining", linewidth=1.6, marker=marker, markersize=4.5,
                       markeredgewidth=0, transform=moved)
    _published_curves(axes, rows, looks, "weights_remaining", 5.0)
    _crosses(axes, rows[rows["failed"] > 0], looks, "weights_remaining")


def curves_over_epochs(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Curves over training on bands, without markers: each has hundreds of points; a cross where a seed failed first.

    A band has an edge, so that one behind another is still seen.
    """
    shown = _unbroken(rows, "epoch")
    for (label, _), piece in shown[np.isfinite(shown["high"])].groupby(["series", "stretch"], sort=False):
        axes.fill_between(piece["epoch"], piece["low"], piece["high"], facecolor=(looks[label][0], 0.12),
                          edgecolor=(looks[label][0], 0.35), linewidth=0.5, zorder=2)
    _seaborn_lines(axes, shown, looks, "epoch", linewidth=1.6)
    _published_curves(axes, rows, looks, "epoch", 6.5)
    ours = rows[rows["source"] == "ours"].sort_values("epoch")
    _crosses(axes, ours[ours["failed"] > ours.groupby("series")["failed"].shift(fill_value=0)], looks, "epoch")


def dots(axes: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """A dot on its interval for each series, in the row of its own; the published value as a ring around it.

    A mean that is not finite is said in words, as are seeds that failed, where the published value is not.
    """
    low, high = axes.get_xlim()
    middle = (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2
    order = {label: row for row, label in enumerate(dict.fromkeys(rows["series"]))}
    rows = rows.assign(row=rows["series"].map(order))
    ours = rows[(rows["source"] == "ours") & np.isfinite(rows["mean"])]
    for point in ours[np.isfinite(ours["high"])].itertuples():
        axes.plot([point.low, point.high], [point.row] * 2, color=looks[point.series][0], linewidth=3.2, alpha=0.32,
                  solid_capstyle="butt", zorder=3)
    if len(ours):
        sns.scatterplot(ours, x="mean", y="row", hue="series", palette=_colours(looks), legend=False, s=26,
                        linewidth=0, clip_on=False, zorder=5, ax=axes)
    for point in rows[rows["source"] == "published"].itertuples():
        axes.plot(point.mean, point.row, color=looks[point.series][0], linestyle="", marker="o", markersize=8.5,
                  markeredgewidth=1.1, markerfacecolor="none", clip_on=False, zorder=5)
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


def marks(axes: Axes, values: dict[str, float]) -> None:
    """A dashed line across at each value, in shown units, with what it is above its left end."""
    for label, value in values.items():
        axes.axhline(value, color=FAINT, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(label, (0.012, value), (0, 4), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      color=FAINT, fontsize=SIZE - 1, zorder=6)


def _unbroken(rows: pd.DataFrame, x: str) -> pd.DataFrame:
    """Ours by x without what failed, and in which `stretch` between failures each point of a series is."""
    ours = rows[rows["source"] == "ours"].sort_values(x)
    shown = np.isfinite(ours["mean"])
    return ours.assign(stretch=(~shown).groupby(ours["series"]).cumsum())[shown]


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


def _crosses(axes: Axes, failing: pd.DataFrame, looks: Looks, x: str) -> None:
    """Crosses at the bottom, a row for each series."""
    for row, label in enumerate(label for label in looks if label in set(failing["series"])):
        at = failing.loc[failing["series"] == label, x]
        axes.plot(at, [CROSSES[0] + row * CROSSES[1]] * len(at), transform=axes.get_xaxis_transform(), linestyle="",
                  color=looks[label][0], clip_on=False, zorder=6, **CROSS)


def _colours(looks: Looks) -> dict[str, str]:
    return {label: colour for label, (colour, _) in looks.items()}
