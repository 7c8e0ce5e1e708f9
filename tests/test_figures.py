"""Figures repeat byte for byte, show what the data say, and name what is missing."""

import math
from typing import get_args

import numpy as np
import pytest
from analysis_fixtures import ours, published, records

from lth_common.analysis.figure_data import figure_data
from lth_common.analysis.figure_style import ROLES, SPARE, WIDTH, looks
from lth_common.analysis.figures import draw, save
from lth_common.analysis.selection import select, summary
from lth_common.errors import LTHError
from lth_common.expressions.curves import Published
from lth_common.expressions.figures import Figure, Panel, Role, Series

TABLE = records(a={0: [0.97, 0.98, 0.99], 1: [0.95, 0.96, 0.97], 2: [0.9, 0.8, 0.7]}, b={0: [0.5], 1: [0.6]})


def figure(**changes) -> Figure:
    series = [Series(label="ours a", arm="a", published=Published(item="fig1", series="S1")),
              Series(label="ours b", arm="b")]
    panel = Panel(title="P", experiment="lenet", variant="as_stated", series=series)
    return Figure(**{"title": "T", "caption": "C", "y_label": "y", "panels": [panel], **changes})


def test_data_are_the_summary_and_the_published_points(tmp_path):
    data = figure_data(figure(), TABLE, published(tmp_path))
    assert data.groupby(["series", "source"]).size().to_dict() == {
        ("ours a", "ours"): 3, ("ours a", "published"): 3, ("ours b", "ours"): 2}
    mine = data[(data["series"] == "ours a") & (data["source"] == "ours")]
    expected = summary(select(TABLE, ours("a")))
    assert mine["low"].tolist() == expected["low"].tolist() and set(mine["n"]) == {3}
    theirs = data[data["source"] == "published"]
    assert theirs["mean"].tolist() == [0.97, 0.965, 0.95] and theirs["low"].isna().all()


@pytest.mark.parametrize("changes", [{}, {"spread": "range"}, {"y_log": True}])
def test_the_same_figure_twice_is_the_same_bytes(tmp_path, changes):
    for name in ("one", "two"):
        data = figure_data(figure(**changes), TABLE, published(tmp_path))
        save(draw(figure(**changes), data, "smoke"), tmp_path / name, data)
    for ending in ("svg", "png", "csv"):
        first = (tmp_path / f"one.{ending}").read_bytes()
        assert first == (tmp_path / f"two.{ending}").read_bytes() and len(first) > 100


def test_the_scale_is_printed_beside_a_title_that_leaves_it_room(tmp_path):
    shown = figure(title="A title that is rather long " * 4)
    canvas = draw(shown, figure_data(shown, TABLE, published(tmp_path)), "laptop, as released")
    [scale] = [text for text in canvas.texts if text.get_text() == "scale: laptop, as released"]
    canvas.draw_without_rendering()
    assert canvas._suptitle.get_window_extent().x1 < scale.get_window_extent().x0


@pytest.mark.parametrize("spread", ["interval", "range"])
@pytest.mark.parametrize("y_log", [False, True])
def test_all_is_shown_whole(tmp_path, y_log, spread):
    """An interval of few seeds, too; a logarithmic axis what is above 0 of it."""
    chosen = figure(spread=spread, y_log=y_log)
    wide = records(a={0: [0.5, 0.51, 0.01], 1: [0.5, 0.49, 0.99]}, b={0: [0.5], 1: [0.5]})
    data = figure_data(chosen, wide, published(tmp_path))
    low, high = draw(chosen, data, "smoke").axes[0].get_ylim()
    ends = 100 * data[["mean", "low", "high"]].to_numpy()
    assert low < ends[(ends > 0) | (np.isfinite(ends) & (not y_log))].min() and high > ends[np.isfinite(ends)].max()


def test_limits_hold_unless_they_hide_most_of_ours_or_a_published_point(tmp_path):
    """(95.5, 100) would hide one of the three that are published, (99, 100) all of ours as well."""
    for limits, holds in (((75, 100), True), ((95.5, 100), False), ((99, 100), False)):
        both = figure(panels=[*figure().panels,
                              figure().panels[0].model_copy(update={"title": "Q", "y_limits": limits})])
        data = figure_data(both, TABLE, published(tmp_path))
        one, other = draw(both, data, "smoke").axes
        low, high = one.get_ylim()
        assert low < 50 and high > 98 and one.get_ylabel() == other.get_ylabel()
        assert other.get_ylim() == (limits if holds else (low, high))


def test_a_linear_axis_is_as_long_as_the_data(tmp_path):
    data = figure_data(figure(), TABLE, published(tmp_path))
    axes = draw(figure(x_log=False), data, "smoke").axes[0]
    assert axes.get_xscale() == "linear" and axes.get_xlim() == (103, 100 * data["weights_remaining"].min() - 3)
    assert draw(figure(), data, "smoke").axes[0].get_xscale() == "log"


@pytest.mark.parametrize("lowest", [0.5, 0.01])
def test_a_log_axis_is_labelled_in_plain_numbers(tmp_path, lowest):
    """A wide one at 1, 2 and 5, a narrow one at even steps."""
    table = records(a={0: [0.97], 1: [lowest]}, b={0: [0.5], 1: [0.6]})
    drawn = draw(figure(y_log=True), figure_data(figure(y_log=True), table, published(tmp_path)), "smoke")
    drawn.canvas.draw()
    labels = [text.get_text() for text in drawn.axes[0].get_yticklabels(which="both") if text.get_text()]
    assert len(labels) > 2
    values = np.array([float(label.replace(",", "")) for label in labels])
    if lowest == 0.5:
        assert np.ptp(np.diff(values)) < 1e-9
    else:
        assert {label.lstrip("0.")[0] for label in labels} <= set("125")


def test_diverged_and_single_runs_can_be_drawn(tmp_path):
    table = records(a={0: [math.nan, 0.9], 1: [math.inf, 0.9]}, b={0: [math.nan]})
    for log in (False, True):
        data = figure_data(figure(y_log=log), table, published(tmp_path))
        save(draw(figure(y_log=log), data, "smoke"), tmp_path / "f", data)


def test_a_role_looks_the_same_in_every_figure():
    colours, markers = zip(*ROLES.values(), SPARE, strict=True)
    assert set(ROLES) == set(get_args(Role)) and len(set(colours)) == len(set(markers)) == len(ROLES) + 1
    names = {label: Series(label=label, arm=arm) for label, arm in
             [("a ticket", "winning"), ("b", "b"), ("control", "mine"), ("a second ticket", "again")]}
    roles = {"mine": "random_mask", "again": "winning"}

    def chosen(*labels, **changes):
        panel = Panel(title="P", experiment="lenet", variant="as_stated", series=[names[label] for label in labels])
        return looks(figure(panels=[panel], roles=roles, **changes))

    for labels in (["a ticket", "b", "control"], ["control", "b", "a ticket"], ["b", "control", "a second ticket"]):
        found = chosen(*labels)
        assert list(found) == labels and len(set(found.values())) == 3
        assert found["control"] == ROLES["random_mask"] and ROLES["winning"] in found.values() and found["b"] not in (
            ROLES["random_mask"], ROLES["winning"])
    both = chosen("a ticket", "a second ticket", "control")
    assert both["a ticket"] == ROLES["winning"] and len(set(both.values())) == 3
    with pytest.raises(ValueError, match="should be 'dense', 'winning', 'random_reinit'"):
        figure(roles={"a": "wining"})


def test_text_is_text_and_every_figure_has_the_width_of_a_page(tmp_path):
    data = figure_data(figure(), TABLE, published(tmp_path))
    canvas = draw(figure(), data, "smoke")
    save(canvas, tmp_path / "f", data)
    assert ">weights remaining (%)</text>" in (tmp_path / "f.svg").read_text()
    assert canvas.get_size_inches()[0] == WIDTH and canvas.legends[0].get_window_extent().y1 < min(
        axes.get_tightbbox().y0 for axes in canvas.axes)


def test_what_is_missing_is_named(tmp_path):
    panel = Panel(title="P", experiment="lenet", variant="as_stated", series=[Series(label="x", arm="c")])
    with pytest.raises(LTHError, match="figure 'T', panel 'P', series 'x': .*no arm 'c'.*legal: a, b"):
        figure_data(figure(panels=[panel]), TABLE, published(tmp_path))
    empty = panel.model_copy(update={"series": []})
    with pytest.raises(LTHError, match="figure 'T': none of its series was run"):
        figure_data(figure().model_copy(update={"panels": [empty]}), TABLE, published(tmp_path))
    with pytest.raises(ValueError, match="panel titles must differ"):
        figure(panels=[panel, panel])
