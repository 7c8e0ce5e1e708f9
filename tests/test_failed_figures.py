"""Figures of failed trainings: lines are broken there, crosses or words say so, and no mean is that of the others."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from analysis_fixtures import curves, published, rows, with_failure

from lth_common.analysis.figure_data import figure_data
from lth_common.analysis.figure_style import looks
from lth_common.analysis.figures import draw, save
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.runs.records import frame

ARMS, SEEDS = ("a", "b"), range(3)
TABLE = frame([row for arm in ARMS for row in [
    *rows(arm, {level: [0.90 + s / 100 for s in SEEDS] for level in range(4)}),
    *rows(arm, {0: [0.0, 0.1, 0.2]}, "start"),
    *(row for level in range(4) for row in curves(arm, [[0.5, 0.6 + s / 100, 0.7] for s in SEEDS], level=level))]])
POOLED = {"with": ["second"], "zero": {"arm": "a", "metric": "start", "split": "test"},
          "one": {"arm": "a", "metric": "selected_accuracy", "split": "test"}}


def figure(x="weights_remaining", panel=None, **changes) -> Figure:
    series = [Series(label=arm, arm=arm, level=None if x == "weights_remaining" else 1) for arm in ARMS]
    only = Panel.model_validate({"title": "P", "experiment": "lenet", "variant": "as_stated", "series": series}
                                | (panel or {}))
    base = {"title": "T", "caption": "C", "y_label": "y", "x": x, "panels": [only]}
    return Figure(**base | ({"metric": "accuracy"} if x == "epoch" else {}) | changes)


def drawn(tmp_path, shown, table, weights=None):
    data = figure_data(shown, table, published(tmp_path), weights)
    canvas = draw(shown, data, "smoke")
    save(canvas, tmp_path / "f", data)
    return data, canvas.axes[0], [text.get_text() for text in canvas.legends[0].get_texts()]


def crosses(axes) -> dict[str, list[float]]:
    """Colour -> the places along x of its crosses, all inside the panel."""
    found = [line for line in axes.lines if line.get_marker() == "x"]
    assert all(0 <= y < 0.2 for line in found for y in line.get_ydata())
    return {line.get_color(): sorted(line.get_xdata()) for line in found}


def failing(places):
    table = TABLE
    for place in places:
        table = with_failure(table, *place)
    return table


COLOUR = {arm: colour for arm, (colour, _) in looks(figure()).items()}
EVERYTHING = [(arm, seed, 0) for arm, seed in product(ARMS, SEEDS)]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("spread", ["interval", "range"])
@pytest.mark.parametrize("places", [[("a", 1, 2)], [("a", s, 2) for s in SEEDS], EVERYTHING,
                                    [("a", 0, 0), ("b", 2, 3)]])
def test_levels_at_which_a_seed_failed_are_crosses_and_breaks(tmp_path, places, spread, log):
    data, axes, legend = drawn(tmp_path, figure(spread=spread, y_log=log), failing(places))
    first = {arm: min((level for a, _, level in places if a == arm), default=4) for arm in ARMS}
    for arm, mine in data.groupby("series"):
        level = np.round(np.log(mine["weights_remaining"]) / np.log(0.8))
        assert mine["mean"].isna().tolist() == (level >= first[arm]).tolist() and set(mine["n"]) == {3}
        assert (mine["failed"] > 0).equals(mine["mean"].isna())
    at = {COLOUR[arm]: pytest.approx([100 * 0.8**level for level in range(3, start - 1, -1)])
          for arm, start in first.items() if start < 4}
    assert crosses(axes) == at and "a seed failed" in legend
    assert all(np.isfinite([*axes.get_xlim(), *axes.get_ylim()]))


def test_what_failed_has_neither_a_marker_nor_a_whisker(tmp_path):
    place = (TABLE[["arm", "seed", "level", "metric"]] == ["a", 1, 1, "selected_accuracy"]).all(axis=1)
    _, axes, _ = drawn(tmp_path, figure(), TABLE.assign(value=TABLE["value"].mask(place, np.inf)))
    assert crosses(axes) == {COLOUR["a"]: pytest.approx([80])}
    lines = [np.round(line.get_xdata()).tolist() for line in axes.lines if line.get_color() == COLOUR["a"]]
    whiskers = [np.round([path.vertices[0, 0] for path in group.get_paths()]).tolist() for group in axes.collections]
    assert lines == [[51, 64], [100], [80]] and whiskers == [[51, 64, 100], [51, 64, 80, 100]]


def test_without_failures_nothing_is_added(tmp_path):
    data, axes, legend = drawn(tmp_path, figure(), TABLE)
    assert "failed" not in data and not crosses(axes) and "a seed failed" not in legend


def test_a_curve_over_epochs_ends_where_a_seed_does(tmp_path):
    """The others go on, but their mean is not that of all; an earlier failure of the chain leaves no curve at all."""
    for level, ends in ((1, 2.0), (0, 1.0)):
        data, axes, legend = drawn(tmp_path, figure("epoch"), failing([("a", 1, level)]))
        mine = data[data["series"] == "a"]
        assert mine["epoch"].tolist() == [1, 2, 3] and set(mine["n"]) == {3}
        assert mine["mean"].isna().tolist() == [epoch >= ends for epoch in mine["epoch"]]
        assert crosses(axes) == {COLOUR["a"]: [ends]} and "a seed failed" in legend
    data, axes, _ = drawn(tmp_path, figure("epoch"), failing(EVERYTHING))
    assert data["mean"].isna().all() and len(crosses(axes)) == 2


@pytest.mark.parametrize(("x", "places"), [*product(("arm", "epoch"), ([("a", 1, 1)], EVERYTHING))])
def test_published_values_are_drawn_beside_what_failed(tmp_path, x, places):
    series = [Series(label="a", arm="a", level=1, **(
        {"published": {"item": "fig1", "series": "S1", "x": 80}} if x == "arm" else
        {"point": {"epoch": {"item": "table1", "y_name": "all_weights"}, "value": {"item": "sec4", "series": "gap"}}}))]
    data, _, _ = drawn(tmp_path, figure(x, {"series": series}), failing(places))
    assert data.loc[data["source"] == "published", "mean"].notna().all()
    assert data.loc[data["source"] == "published", "failed"].tolist() == [0]


@pytest.mark.parametrize(("places", "words"), [([("b", 1, 1)], ["1 of 3 failed"]),
                                               (EVERYTHING, ["3 of 3 failed", "3 of 3 failed"])])
def test_a_dot_plot_says_how_many_failed_in_words(tmp_path, places, words):
    for log in (False, True):
        _, axes, legend = drawn(tmp_path, figure("arm", y_log=log), failing(places))
        assert [text.get_text() for text in axes.texts] == words and "a seed failed" not in legend


def test_a_histogram_is_that_of_the_tickets_left_and_says_so(tmp_path):
    samples = [np.linspace(-1, 1, 1001), np.empty(0), np.linspace(-1, 1, 1001), np.array([0.5, np.nan])]
    weights = {("lenet", "as_stated", "a", 1): samples, ("lenet", "as_stated", "b", 1): samples[1:2]}
    data, axes, _ = drawn(tmp_path, figure("initial_weight"), TABLE, weights)
    assert data.groupby("series")[["n", "failed"]].first().to_numpy().tolist() == [[2, 2], [1, 1]]
    assert data["mean"].notna().tolist() == (data["series"] == "a").tolist()
    assert [text.get_text() for text in axes.texts] == ["a: 2 of 4 failed", "b: 1 of 1 failed"]


@pytest.mark.parametrize(("arm", "level", "at"), [("b", 2, [2, 3]), ("a", 0, [0, 1, 2, 3])])
def test_pooled_scores_are_broken_by_any_run_and_by_one_that_makes_their_scale(tmp_path, arm, level, at):
    both = frame(pd.concat([TABLE, TABLE.assign(experiment="second")]).to_dict("records"))
    shown = figure(panel={"pooled": POOLED}, unit="fraction")
    data, axes, _ = drawn(tmp_path, shown, with_failure(both, arm, 1, level, experiment="second"))
    mine = data[data["series"] == "b"]
    assert mine["mean"].isna().tolist() == [level in at for level in range(4)] and set(mine["n"]) == {6}
    assert crosses(axes)[COLOUR["b"]] == pytest.approx([100 * 0.8**level for level in reversed(at)])
