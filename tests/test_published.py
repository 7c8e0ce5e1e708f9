"""Published numbers: scales are understood, and a selection that finds nothing says what there is."""

import math

import pytest
from analysis_fixtures import PUBLISHED, published

from lth_common.analysis.published import curve, value_at
from lth_common.errors import LTHError
from lth_common.expressions.curves import Published
from lth_common.expressions.published_file import WEIGHTS_REMAINING
from lth_common.expressions.published_numbers import printed, select


def test_percent_and_fractions_of_either_axis_mean_the_same(tmp_path):
    table = published(tmp_path)
    for series, values in (("S1", [0.97, 0.965, 0.95]), ("S2", [0.98, 0.96, 0.97])):
        points = curve(table, Published(item="fig1", series=series))
        assert points["weights_remaining"].tolist() == pytest.approx([1, 0.8, 0.64])
        assert points["number"].tolist() == pytest.approx(values)


def test_every_axis_maps_dense_to_one():
    dense = {"percent_weights_remaining": 100, "percent_capacity": 100, "weights_remaining": 1}
    assert all(convert(dense.get(name, 0)) == 1 for name, convert in WEIGHTS_REMAINING.items())


def test_the_axis_as_plotted_is_read_likewise(tmp_path):
    text = PUBLISHED.replace("percent_weights_remaining", "percent_weights_remaining_as_plotted")
    points = curve(published(tmp_path, text), Published(item="fig1", series="S1"))
    assert points["weights_remaining"].iloc[0] == 1


def test_printed_numbers_and_text(tmp_path):
    table = published(tmp_path)
    text, number = printed(table, Published(item="table1", y_name="optimizer"))
    assert text == "Adam" and math.isnan(number)
    assert printed(table, Published(item="table1", y_name="all_weights")) == ("266000", 266000)
    assert printed(table, Published(item="sec4", series="gap"))[1] == pytest.approx(0.0085)
    assert printed(table, Published(item="fig1", series="S1", x=80)) == ("96.5", 0.965)


def test_the_scale_multiplies_numbers_and_passes_text_and_file_through(tmp_path):
    table = published(tmp_path)
    before = table.copy()
    assert printed(table, Published(item="table1", y_name="optimizer", scale=2))[0] == "Adam"
    assert printed(table, Published(item="table1", y_name="all_weights", scale=1e-3)) == ("266000", 266)
    points = curve(table, Published(item="fig1", series="S1", scale=2))
    assert points["number"].tolist() == pytest.approx([1.94, 1.93, 1.9]) and value_at(points, 0.8) == 1.93
    assert points["weights_remaining"].tolist() == pytest.approx([1, 0.8, 0.64])
    assert table.equals(before)


def test_nearest_level_within_three_percent(tmp_path):
    points = curve(published(tmp_path), Published(item="fig1", series="S1"))
    assert value_at(points, 0.79) == 0.965
    assert math.isnan(value_at(points, 0.75))
    constant = curve(published(tmp_path), Published(item="sec4", series="speed"))
    assert value_at(constant, 0.3) == 7.5


@pytest.mark.parametrize(("selection", "message"), [
    ({"item": "fig9"}, "no such item; legal: 'fig1', 'fig2', 'table1', 'sec4'"),
    ({"item": "fig1", "series": "S3"}, "series 'S3': no such series; legal: 'S1', 'S2'"),
    ({"item": "fig1"}, "name one series; legal: 'S1', 'S2'"),
    ({"item": "table1"}, "name one y_name; legal: 'all_weights', 'optimizer'"),
    ({"item": "fig1", "series": "S1", "x": 7}, "no such x; legal: 100.0, 80.0, 64.0"),
])
def test_a_selection_that_is_not_one_series_names_what_is_legal(tmp_path, selection, message):
    with pytest.raises(LTHError, match=r"published.csv: published item '.*" + message):
        select(published(tmp_path), Published(**selection))


def test_what_is_no_curve_or_no_single_number_says_so(tmp_path):
    table = published(tmp_path)
    with pytest.raises(LTHError, match="3 rows where one is needed; name one x; legal: 100.0"):
        printed(table, Published(item="fig1", series="S1"))
    with pytest.raises(LTHError, match="'pruning_round' is not one share of weights"):
        curve(table, Published(item="fig2"))
    with pytest.raises(LTHError, match="y 'Adam' is no number"):
        curve(table, Published(item="table1", y_name="optimizer"))


@pytest.mark.parametrize(("old", "new", "message"), [
    ("table,0", "memory,0", "line 9: source 'memory' is not legal here; legal: text, table"),
    (",64,", ",many,", "line 4: x 'many'"),
    ("percent_weights_remaining,64", ",64", "line 4: x_name ''"),
    ("percent,read-from-figure,0.1", "percent,read-from-figure,-1", "line 2: uncertainty '-1'"),
    (",64,", ",80,", "line 4: item 'fig1'"),
    (",item,", ",figure,", "columns are paper, figure"),
    ("97.0", "", "line 2: y ''"),
])
def test_mistakes_in_the_file_are_named_by_line(tmp_path, old, new, message):
    with pytest.raises(LTHError, match=f"published.csv[:,] {message}"):
        published(tmp_path, PUBLISHED.replace(old, new, 1))
