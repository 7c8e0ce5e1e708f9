"""Parts of figures beside curves: averages, seeds that learned, lines across, marks, and whose axis is which."""

import numpy as np
import pytest
from analysis_fixtures import PUBLISHED, curves, published, records, rows
from matplotlib.lines import Line2D

from lth_common.analysis.figure_data import figure_data
from lth_common.analysis.figures import draw
from lth_common.expressions import levels_plot, panel, run
from lth_common.expressions.curves import Point, Published
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.runs.records import frame

lenet = run("lenet", "as_stated")
TABLE = records(a={0: [0.9, 0.5, 0.8], 1: [0.8, 0.7, 0.6], 2: [0.7, 0.6, 0.5]},
                b={0: [0.6, 0.9, 0.8], 1: [0.4, 0.5, 0.8]},
                later={1: [0.5, 0.6, 0.7], 2: [0.5, 0.6, 0.7]})


def drawn(tmp_path, table, curves_by_label, whole=None, **own):
    _, shown = levels_plot("f", "T", "C", [panel("P", curves_by_label, **own)], "y", **(whole or {}))
    data = figure_data(shown, table, published(tmp_path))
    canvas = draw(shown, data, "smoke")
    return data, canvas.axes[0], [text.get_text() for text in canvas.legends[0].get_texts()]


def values(data, label, column="mean"):
    own = data[data["series"] == label]
    return own[column].tolist()


def test_an_average_is_that_of_each_seed_at_the_levels_of_all(tmp_path):
    data, _, _ = drawn(tmp_path, TABLE, {"average": [lenet["a"], lenet["b"]]}, {"spread": "range"})
    assert values(data, "average") == pytest.approx([0.75, 1.9 / 3]) and values(data, "average", "n") == [3, 3]
    assert values(data, "average", "low") == pytest.approx([0.7, 0.6])  # of seeds 1 and 0: (0.5 + 0.9) / 2 and so on


def test_seeds_that_never_learned_are_left_out_of_their_series(tmp_path):
    """By each arm's own dense network; by that of the panel's first series for an arm that has none."""
    shown = {"a": lenet["a"], "b": lenet["b"], "later": lenet["later"], "mean": [lenet["a"], lenet["b"]]}
    data, axes, legend = drawn(tmp_path, TABLE, shown, learned=0.7)
    assert values(data, "a") == pytest.approx([0.85, 0.7, 0.6])  # seeds 0 and 2
    assert values(data, "b") == pytest.approx([0.85, 0.65])  # seeds 1 and 2
    assert values(data, "later") == pytest.approx([0.6, 0.6])  # as a's
    assert values(data, "mean", "n") == [3, 3]
    assert axes.get_title(loc="left") == "P (n = 2–3)" and "ours: mean of n seeds that learned" in legend
    data, axes, _ = drawn(tmp_path, TABLE, shown, learned=0.9)
    assert values(data, "a", "n") == [1] * 3 and values(data, "mean") == pytest.approx([0.9, 0.65])  # seeds 0 and 1
    data, axes, legend = drawn(tmp_path, TABLE, shown | {"dense": lenet["a"].at(0)}, learned=1.0)
    assert data["mean"].isna().all() and set(data["n"]) == {0} and "ours: mean of 0 seeds that learned" in legend
    data, axes, legend = drawn(tmp_path, TABLE, {"a": lenet["a"]}, learned=0.7)
    assert axes.get_title(loc="left") == "P" and "ours: mean of 2 seeds that learned" in legend


def test_a_level_among_all_levels_is_a_line_across(tmp_path):
    data, axes, _ = drawn(tmp_path, TABLE, {"a": lenet["a"], "dense": lenet["a"].at(0)}, {"spread": "range"})
    assert np.isnan(values(data, "dense", "weights_remaining")).all()
    assert values(data, "dense") == pytest.approx([2.2 / 3])
    assert [100 * 2.2 / 3] * 2 in [pytest.approx(line.get_ydata()) for line in axes.lines]
    low, high = axes.get_ylim()
    assert low < 50 and high > 90


def test_marks_are_inside_the_axes_and_named(tmp_path):
    _, axes, _ = drawn(tmp_path, TABLE, {"a": lenet["a"]}, marks={"chance": 0.1, "all": 1.2})
    low, high = axes.get_ylim()
    assert low < 10 and high > 120 and {text.get_text() for text in axes.texts} == {"chance", "all"}
    for own in ({"marks": {"chance": 0.1}}, {"learned": 0.7}):
        only = Panel(title="P", experiment="lenet", variant="as_stated", series=[Series(label="a", arm="a", level=0)])
        with pytest.raises(ValueError, match="belong to x: weights_remaining"):
            Figure(title="T", caption="C", y_label="y", x="arm", panels=[only.model_copy(update=own)])


def test_equal_curves_stand_side_by_side(tmp_path):
    """None hides another: their markers are apart on paper, though the data are the same."""
    _, axes, _ = drawn(tmp_path, TABLE, dict.fromkeys("pqr", lenet["a"]))
    places = [line.get_transform().transform(line.get_xydata())[:, 0]
              for line in axes.lines if isinstance(line, Line2D) and line.get_marker() not in ("", "None")]
    assert len(places) == 3 and all((np.diff([place[i] for place in places]) > 1).all() for i in range(3))


def test_a_logarithmic_axis_of_counts_comes_down_to_0(tmp_path):
    table = records(a={0: [500, 500, 500], 1: [20, 0, 1], 2: [0, 0, 0]})
    _, axes, _ = drawn(tmp_path, table, {"a": lenet["a"]}, {"unit": "count", "y_log": True, "spread": "range"})
    low, high = axes.get_ylim()
    assert low < 0 and high > 500 and axes.get_yscale() == "symlog" and axes.get_yticks().tolist()[:3] == [0, 1, 10]


def test_epochs_are_logarithmic_if_published_ones_are_far_out(tmp_path):
    """Else our curves would be a stroke at the left."""
    table = frame(curves("a", [[0.5, 0.6, 0.7]] * 2) + rows("a", {0: [0.7] * 2}))
    for epoch, scale in ((300, "log"), (5, "linear")):
        text = PUBLISHED + f"p,best,dense,,,epoch,{epoch},,text,0\np,best,dense,,,accuracy,95.0,percent,text,0\n"
        point = Point(epoch=Published(item="best", y_name="epoch"), value=Published(item="best", y_name="accuracy"))
        only = Panel(title="P", experiment="lenet", variant="as_stated",
                     series=[Series(label="a", arm="a", level=0, point=point)])
        shown = Figure(title="T", caption="C", y_label="y", x="epoch", metric="accuracy", panels=[only])
        axes = draw(shown, figure_data(shown, table, published(tmp_path, text)), "smoke").axes[0]
        low, high = axes.get_xlim()
        assert axes.get_xscale() == scale and low < 1 and high > epoch
