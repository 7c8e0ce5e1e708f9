"""Curves over epochs, dot plots and histograms: their numbers, and how panels share axes and room."""

import math

import numpy as np
import pytest
from analysis_fixtures import PUBLISHED, published, rows
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lth_common.analysis.figure_data import figure_data
from lth_common.analysis.figures import draw
from lth_common.analysis.stats import t_interval
from lth_common.errors import LTHError
from lth_common.expressions.curves import Point, Published
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.runs.records import frame

PRINTED = PUBLISHED + "p,best,dense,,,epoch,2,,text,0\np,best,dense,,,accuracy,95.0,percent,text,0\n"
POINT = Point(epoch=Published(item="best", y_name="epoch"), value=Published(item="best", y_name="accuracy"))
SPLITS = {"accuracy": [0.5, 0.8, 0.9], "loss": [2.0, 1.0, 0.5]}


def curve_rows(arm: str, per_epoch: int, seeds: int = 3, steps_per_epoch: bool = True) -> list[dict]:
    """Three epochs of accuracy and loss at level 1; seed s is s/100 above seed 0."""
    found = rows(arm, {1: [float(per_epoch)] * seeds}, "steps_per_epoch", split="model", step=0)
    found = found if steps_per_epoch else []
    for metric, values in SPLITS.items():
        for epoch, value in enumerate(values):
            found += rows(arm, {1: [value + s / 100 for s in range(seeds)]}, metric, step=epoch * per_epoch)
    return found + rows(arm, {1: [0.9 + s / 100 for s in range(seeds)]})


TABLE = frame(curve_rows("a", 50) + curve_rows("b", 7, seeds=2))
LONG = "a network with a label that is rather long, longer than most"


def panel(title="P", arms=("a", "b"), **changes) -> Panel:
    series = [Series(label=LONG if arm == "b" else arm, arm=arm, level=1) for arm in arms]
    return Panel(**{"title": title, "experiment": "lenet", "variant": "as_stated", "series": series, **changes})


def figure(x: str, *panels: Panel, **changes) -> Figure:
    base = {"title": "T", "caption": "C", "y_label": "test accuracy (%)", "x": x, "panels": panels or [panel()]}
    return Figure(**base | {"metric": "accuracy" if x == "epoch" else "selected_accuracy"} | changes)


@pytest.mark.parametrize("spread", ["interval", "range"])
def test_curves_are_means_and_spreads_at_each_epoch(tmp_path, spread):
    data = figure_data(figure("epoch", spread=spread), TABLE, published(tmp_path))
    for label, seeds in (("a", 3), (LONG, 2)):
        mine = data[data["series"] == label]
        assert mine["epoch"].tolist() == [0, 1, 2] and set(mine["n"]) == {seeds}
        for row, value in zip(mine.itertuples(), SPLITS["accuracy"], strict=True):
            values = [value + s / 100 for s in range(seeds)]
            mean, low, high, _ = t_interval(values)
            assert row.mean == pytest.approx(mean)
            expected = (low, high) if spread == "interval" else (min(values), max(values))
            assert (row.low, row.high) == pytest.approx(expected)


def test_a_published_point_stands_at_its_epoch(tmp_path):
    series = [Series(label="a", arm="a", level=1, point=POINT)]
    shown = figure("epoch", panel(series=series))
    data = figure_data(shown, TABLE, published(tmp_path, PRINTED))
    theirs = data[data["source"] == "published"]
    assert theirs[["epoch", "mean"]].to_numpy().tolist() == [[2.0, 0.95]]
    axes = draw(shown, data, "smoke").axes[0]
    assert any(line.get_xdata().tolist() == [2.0] and line.get_ydata().tolist() == [95.0]
               and line.get_markerfacecolor() == "white" for line in axes.lines)


def test_epochs_need_their_length_and_the_curve(tmp_path):
    without = frame(curve_rows("a", 50, steps_per_epoch=False))
    with pytest.raises(LTHError, match="figure 'T', panel 'P', series 'a': .*no 'steps_per_epoch'.*seeds 0, 1, 2"):
        figure_data(figure("epoch", panel(arms="a")), without, published(tmp_path))
    with pytest.raises(LTHError, match="series 'a': .*no metric 'acuracy'; did you mean 'accuracy'"):
        figure_data(figure("epoch", panel(arms="a"), metric="acuracy"), TABLE, published(tmp_path))


def test_a_dot_plot_has_a_row_a_series_with_its_published_value(tmp_path):
    series = [Series(label="a", arm="a", level=1, published=Published(item="best", y_name="accuracy")),
              Series(label="b", arm="b", level=1)]
    shown = figure("arm", panel(series=series))
    data = figure_data(shown, TABLE, published(tmp_path, PRINTED))
    assert list(data.columns) == ["panel", "series", "source", "mean", "low", "high", "n"]
    assert data[["series", "source", "n"]].to_numpy().tolist() == [["a", "ours", 3], ["a", "published", 0],
                                                                   ["b", "ours", 2]]
    assert data["mean"].tolist() == pytest.approx([0.91, 0.95, 0.905])
    axes = draw(shown, data, "smoke").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted() and axes.get_xlabel() == "test accuracy (%)"
    low, high = axes.get_xlim()
    assert low < 91 and high > 95
    with pytest.raises(LTHError, match="lenet/as_stated/a, level 5.*not run"):
        figure_data(figure("arm", panel(series=[Series(label="a", arm="a", level=5)])), TABLE, published(tmp_path))


def test_a_histogram_has_common_symmetric_bins_and_integrates_to_one(tmp_path):
    weights = {("lenet", "as_stated", arm, 1): [np.linspace(-reach, reach, 1001)] * 2
               for arm, reach in (("a", 1.0), ("b", 0.5))}
    data = figure_data(figure("initial_weight"), TABLE, published(tmp_path), weights)
    bins = {tuple(rows["initial_weight"]) for _, rows in data.groupby("series")}
    assert len(bins) == 1 and len(bins.pop()) == 121 and (data["low"] == data["high"]).all()
    for _, mine in data.groupby("series"):
        assert (mine["mean"] * mine["initial_weight"].diff().median()).sum() == pytest.approx(1)
    assert data["initial_weight"].max() == pytest.approx(1 - 1 / 121)
    with pytest.raises(LTHError, match="no tickets of lenet/as_stated/a, level 1"):
        figure_data(figure("initial_weight"), TABLE, published(tmp_path), {})


def test_panels_share_the_axis_exactly_if_it_means_the_same(tmp_path):
    loss = {"metric": "loss", "unit": "nats", "y_label": "loss (nats)"}
    shown = figure("epoch", panel("one"), panel("two", arms="a"), panel("three", **loss), panel("four", **loss),
                   panels_in_a_row=2)
    one, two, three, four = draw(shown, figure_data(shown, TABLE, published(tmp_path)), "smoke").axes
    assert one.get_ylim() == two.get_ylim() != three.get_ylim() == four.get_ylim()
    assert [axes.get_ylabel() for axes in (one, two, three, four)] == ["test accuracy (%)", "", "loss (nats)", ""]
    assert one.get_position().y0 == two.get_position().y0 > three.get_position().y1
    apart = figure("epoch", panel("one"), panel("two", arms="a"), y_shared=False)
    one, two = draw(apart, figure_data(apart, TABLE, published(tmp_path)), "smoke").axes
    assert one.get_ylim() != two.get_ylim() and one.get_ylabel() == two.get_ylabel() == "test accuracy (%)"
    own = figure("epoch", panel("one"), panel("three", y_log=True, **loss))
    one, other = draw(own, figure_data(own, TABLE, published(tmp_path)), "smoke").axes
    assert other.get_ylabel() == "loss (nats)" and other.get_yscale() == "log" and one.get_yscale() == "linear"


def test_epochs_are_counted_in_whole_ones(tmp_path):
    shown = figure("epoch")
    axes = draw(shown, figure_data(shown, TABLE, published(tmp_path)), "smoke").axes[0]
    assert all(tick == int(tick) for tick in axes.get_xticks())


LAYOUTS = [("epoch", 1, None), ("epoch", 2, None), ("epoch", 4, 2), ("epoch", 7, None), ("arm", 1, None),
           ("arm", 6, 3), ("initial_weight", 2, None)]


@pytest.mark.parametrize(("x", "count", "across"), LAYOUTS)
def test_no_text_is_clipped_or_covered(tmp_path, x, count, across):
    loss = {"metric": "loss", "unit": "nats", "y_label": "loss (nats)"} if x == "epoch" else {}
    panels = [panel(f"panel {i} of a figure with a title that takes more than one line of a panel",
                    **(loss if i % 2 else {})) for i in range(count)]
    weights = {("lenet", "as_stated", arm, 1): [np.linspace(-1, 1, 1001)] for arm in "ab"}
    shown = figure(x, *panels, panels_in_a_row=across, title="A title that is long " * 6)
    data = figure_data(shown, TABLE, published(tmp_path), weights)
    canvas = draw(shown, data, "smoke")
    boxes = text_boxes(canvas)
    width, height = canvas.get_size_inches() * canvas.dpi
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
    for i, (text, box) in enumerate(boxes):
        for other, that in boxes[:i]:
            assert not box.padded(-2).overlaps(that.padded(-2)), f"{text} / {other}"  # boxes have empty edges


def text_boxes(canvas) -> list:
    """(text, box in pixels) of all that is written."""
    renderer = FigureCanvasAgg(canvas).get_renderer()
    canvas.draw(renderer)
    texts = [*canvas.texts, *canvas.legends[0].get_texts()]
    for axes in canvas.axes:
        texts += [axes.xaxis.label, axes.yaxis.label, axes._left_title]
        texts += [tick.label1 for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks()
                  if tick.label1.get_visible() and _inside(axis, tick)]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text().strip()]


def _inside(axis, tick) -> bool:
    low, high = sorted(axis.get_view_interval())
    return low <= tick.get_loc() <= high


def test_a_failed_seed_is_said_and_not_drawn(tmp_path):
    table = frame(rows("a", {1: [math.nan, 0.9]}) + rows("b", {1: [0.8, 0.9]}))
    shown = figure("arm")
    axes = draw(shown, figure_data(shown, table, published(tmp_path)), "smoke").axes[0]
    assert [text.get_text() for text in axes.texts] == ["1 of 2 failed"]
