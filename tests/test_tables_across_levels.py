"""Columns of a table that are about all levels of a row's arm, beside the printed number."""

import pytest
from analysis_fixtures import PUBLISHED, ours, published, records
from pydantic import ValidationError

from lth_common.analysis.claims import judge_rule
from lth_common.analysis.tables import table_frame
from lth_common.expressions.curves import Published
from lth_common.expressions.figures import Column, Row, Table
from lth_common.expressions.quantities import Levels
from lth_common.expressions.rules import Rule

RESOLVED = {("lenet", "as_stated"): {"arms": {"net": {}, "flat": {}}}}
RECORDS = records(net={0: [0.80, 0.82], 1: [0.79, 0.805], 2: [0.782, 0.1], 3: [0.78, 0.79]},
                  flat={level: [0.7, 0.7] for level in range(4)})
TEXT = PUBLISHED + "p,fit,net,,,slope,-5.1,percentage points,text,0\n"
SLOPE = {"metric": "selected_accuracy", "across_levels": "slope", "unit": "points", "published": "slope"}
HEALTHY = {"metric": "selected_accuracy", "across_levels": "lowest_weights_unbroken", "where": {"at_least": 0.15}}


def cells(tmp_path, column, **rows):
    lines = [Row(**{"label": arm, "experiment": "lenet", "variant": "as_stated", "arm": arm, **row})
             for arm, row in (rows or {"net": {}}).items()]
    table = Table(title="T", caption="C", columns=[Column(label="c", **column)], rows=lines)
    return table_frame(table, RECORDS, published(tmp_path, TEXT), RESOLVED)


@pytest.mark.parametrize("column", [
    SLOPE, {"metric": "selected_accuracy", "across_levels": "mean", "where": {"at_least": 0.15}, "levels": (1, 3)},
    {"metric": "selected_accuracy", "across_levels": "r_squared", "unit": "fraction", "weights_remaining": (0.6, 1.0)}])
def test_a_cell_is_what_a_rule_of_the_same_levels_says(tmp_path, column):
    chosen = Column(label="c", **column)
    rule = Rule(label="r", of=ours("net"), quantity="value", at_least=0,
                **{name: getattr(chosen, name) for name in Levels.model_fields})
    found = judge_rule(rule, RECORDS, None)
    cell = cells(tmp_path, column)["c: ours"].item().replace("−", "-")
    assert [float(part) for part in cell.replace("(", "").split() if part[-1].isdigit()][:2] == pytest.approx(
        [found.estimate, found.low], abs=0.01)


@pytest.mark.parametrize("column", [SLOPE, HEALTHY])
def test_a_scale_multiplies_what_is_shown(tmp_path, column):
    plain, tenfold = (cells(tmp_path, column | {"scale": scale})["c: ours"].item() for scale in (1, 10))
    first = [float(cell.removeprefix("≤ ").replace("−", "-").split()[0]) for cell in (plain, tenfold)]
    assert first[1] == pytest.approx(10 * first[0], abs=0.05)


def test_the_printed_number_stands_beside_it_whatever_the_row_s_level(tmp_path):
    fit = {"net": {"published": Published(item="fit", series="net")}}
    shown, deep = (cells(tmp_path, SLOPE, net=fit["net"] | {"level": level}) for level in (0, 3))
    assert shown["c: published"].item() == "−5.10 points"
    assert shown.equals(deep)


def test_lowest_weights_are_those_of_each_seed_and_say_where_they_are_bounds(tmp_path):
    table = cells(tmp_path, HEALTHY, net={}, flat={})
    assert table["c: ours"].tolist() == ["≤ 51.20 %, 80.00 %", "≤ 51.20 %, ≤ 51.20 %"]
    assert table.attrs["note"] == "Lowest weights are those of each seed; ≤: the condition is met to the last level."
    never = cells(tmp_path, HEALTHY | {"where": {"at_least": 0.81}})
    assert never["c: ours"].item() == "n/a, 100.00 %"


def test_what_was_not_run_or_does_not_meet_the_condition_is_a_dash(tmp_path):
    assert cells(tmp_path, SLOPE, absent={})["c: ours"].item() == "–"
    assert cells(tmp_path, SLOPE | {"weights_remaining": (0.2, 1.0)})["c: ours"].item() == "–"
    assert cells(tmp_path, SLOPE | {"where": {"at_least": 2}})["c: ours"].item() == "–"


@pytest.mark.parametrize(("column", "message"), [
    ({"weights_remaining": (0.2, 1.0)}, "'weights_remaining' chooses levels: it needs 'across_levels'"),
    ({"where": {"at_least": 0.5}}, "'where' chooses levels: it needs 'across_levels'"),
    ({"across_levels": "every"}, "'mean', 'slope'"),
    ({"across_levels": "slope"}, "unit 'percent' is not legal"),
    ({"across_levels": "r_squared", "unit": "points"}, "unit 'points' is not legal; legal: fraction, percent"),
    ({"across_levels": "lowest_weights"}, "give 'where'"),
    ({"across_levels": "mean", "weights_remaining": (0.5, 0.2)}, "shares between 0 and 1"),
])
def test_illegal_columns_say_what_is_legal(column, message):
    with pytest.raises(ValidationError, match=message):
        Column(label="c", metric="selected_accuracy", **column)
