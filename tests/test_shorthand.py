"""Names for networks and measures stand for what is written out, and for nothing else."""

import pytest
from lth_common.protocol.shorthand import expand

from lth_common.errors import LTHError
from lth_common.expressions.figures import Figure, Table
from lth_common.expressions.rules import Rule

NETWORKS = {
    "one": {"label": "1", "experiment": "e", "variant": "v", "arm": "a", "level": 2,
            "published": {"item": "t", "series": "S"}},
    "two": {"label": "2", "experiment": "e", "variant": "v", "arm": "b", "level": 3,
            "published": {"item": "t", "series": "T"}},
    "ours": {"label": "3", "experiment": "e", "variant": "v", "arm": "c", "level": 3},
    "other": {"label": "4", "experiment": "f", "variant": "v", "arm": "a", "level": 2},
}
MEASURES = {
    "best": {"label": "best", "metric": "accuracy", "over_epochs": "at_max_of_mean", "published": "y",
             "published_scale": 2.0},
    "when": {"label": "when", "metric": "accuracy", "over_epochs": "epoch_of_max", "unit": "epochs", "published": "z"},
    "loss": {"label": "loss", "metric": "loss", "split": "train", "over_epochs": "at_min_of_mean", "unit": "nats"},
    "fit": {"label": "R²", "metric": "accuracy", "over_epochs": "at_max_of_mean", "across_levels": "r_squared",
            "weights_remaining": [0.2, 1.0], "where": {"at_least": 0.1}, "unit": "fraction", "published": "r"},
}
SIDE = {"experiment": "e", "variant": "v", "metric": "accuracy", "over_epochs": "at_max_of_mean"}


def expanded(**parts):
    return expand({"networks": NETWORKS, "measures": MEASURES} | parts, "f.yaml")


def rule(**short):
    return expanded(claims={"c": {"rules": [short]}})["claims"]["c"]["rules"][0]


def test_a_rule_of_names_is_the_rule_written_out():
    full = Rule.model_validate({
        "label": "best, 1 − 2", "of": SIDE | {"arm": "a", "level": 2}, "against": SIDE | {"arm": "b", "level": 3},
        "at_least": 0.5, "published": {"of": {"item": "t", "series": "S", "y_name": "y", "scale": 2.0},
                                       "against": {"item": "t", "series": "T", "y_name": "y", "scale": 2.0}}})
    assert Rule.model_validate(rule(of="one", against="two", measure="best", at_least=0.5)) == full


@pytest.mark.parametrize(("measure", "quantity", "unit"), [
    ("best", None, "points"), ("when", None, "epochs"), ("loss", None, "nats"), ("best", "ratio", "ratio")])
def test_the_unit_follows_the_measure_unless_it_is_given(measure, quantity, unit):
    short = {"of": "one", "against": "two", "measure": measure, "at_least": 0} | ({"quantity": quantity} if quantity
                                                                                else {})
    assert Rule.model_validate(rule(**short)).unit == unit
    assert Rule.model_validate(rule(**short | {"unit": "count"})).unit == "count"
    assert Rule.model_validate(rule(of="one", measure="best", at_least=0)).unit == "percent"


def test_numbers_are_published_for_both_sides_or_not_at_all():
    assert "published" not in rule(of="one", against="ours", measure="best", at_least=0)
    assert "published" not in rule(of="one", against="two", measure="loss", at_least=0)
    assert "published" not in rule(of="one", against="two", measure="best", variant="w", at_least=0)
    own = {"value": {"item": "x"}}
    assert rule(of="one", against="two", measure="best", at_least=0, published=own)["published"] == own


def test_another_variant_is_taken_on_both_sides():
    sides = Rule.model_validate(rule(of="one", against="two", measure="best", variant="w", at_least=0))
    assert (sides.of.variant, sides.against.variant) == ("w", "w")


def test_a_measure_across_levels_takes_all_levels_of_a_network_s_arm():
    fit = Rule.model_validate(rule(of="one", against="two", measure="fit", at_least=0))
    assert (fit.of.level, fit.against.level, fit.of.over_epochs) == (None, None, "at_max_of_mean")
    assert (fit.across_levels, fit.weights_remaining, fit.where.at_least) == ("r_squared", (0.2, 1.0), 0.1)
    assert (fit.unit, fit.quantity, fit.published.of.y_name) == ("fraction", "difference", "r")
    own = Rule.model_validate(rule(of="one", measure="fit", at_least=0, weights_remaining=[0.5, 1.0]))
    assert own.weights_remaining == (0.5, 1.0)


def test_tables_and_figures_of_names():
    table = Table.model_validate(expanded(tables={"t": {
        "title": "", "caption": "", "rows": ["one", "ours"], "columns": ["best", "loss"]}})["tables"]["t"])
    assert [(row.label, row.arm, row.level) for row in table.rows] == [("1", "a", 2), ("3", "c", 3)]
    assert [column.metric for column in table.columns] == ["accuracy", "loss"]
    dots = {"title": "", "caption": "", "y_label": "", "x": "arm", "measure": "best",
            "panels": [{"title": "p", "series": ["one", "ours"]}]}
    figure = Figure.model_validate(expanded(figures={"g": dots})["figures"]["g"])
    assert (figure.metric, figure.over_epochs, figure.unit) == ("accuracy", "at_max_of_mean", "percent")
    first, second = figure.panels[0].series
    assert first.published.scale == 2.0 and second.published is None
    curve = {"title": "", "caption": "", "y_label": "", "x": "epoch", "metric": "accuracy",
             "panels": [{"title": "p", "series": ["one", "ours"], "points": {"epoch": "when", "value": "best"}}]}
    curve["panels"][0]["labels"] = ["left", "right"]
    first, second = Figure.model_validate(expanded(figures={"g": curve})["figures"]["g"]).panels[0].series
    assert (first.label, second.label) == ("left", "right")
    assert (first.point.epoch.y_name, first.point.value.y_name) == ("z", "y") and second.point is None


@pytest.mark.parametrize(("parts", "message"), [
    ({"claims": {"c": {"rules": [{"of": "onne", "measure": "best"}]}}},
     "f.yaml: claims.c.rules.0.of: 'onne' is not one of networks; did you mean 'one'"),
    ({"claims": {"c": {"rules": [{"of": "one", "measure": "bets"}]}}},
     "rules.0.measure: 'bets' is not one of measures"),
    ({"tables": {"t": {"rows": ["nobody"]}}}, "tables.t.rows: 'nobody' is not one of networks"),
    ({"figures": {"g": {"panels": [{"series": ["one", "other"]}]}}}, "of several experiments or variants"),
    ({"figures": {"g": {"panels": [{"series": ["one"], "points": {"epoch": "when"}}]}}}, "points: .* is not legal"),
    ({"figures": {"g": {"panels": [{"series": ["one"], "labels": ["a", "b"]}]}}}, "2 labels for 1 networks"),
    ({"figures": {"g": {"measure": "fit"}}}, "figures.g.measure: 'R²' is one number of all levels, a figure shows"),
    ({"figures": {"g": {"panels": [{"series": ["one"], "points": "when"}]}}}, "points: 'when' is not legal"),
    ({"figures": {"g": {"panels": [{"series": ["one"], "labels": 4}]}}}, "labels: 4 is not legal"),
    ({"claims": {"c": {"rules": [{"of": ["one"], "measure": "best"}]}}}, r"of: '\['one'\]' is not one of networks"),
    ({"claims": {"c": {"rules": [{"of": {"arm": "a"}, "measure": "best"}]}}}, "of: .* is not one of networks"),
    ({"claims": {"c": {"rules": [{"of": "one", "measure": ["best"]}]}}}, "measure: .* is not one of measures"),
    ({"networks": {"n": {"label": "x"}}}, "networks.n.experiment: this key is required"),
    ({"networks": NETWORKS | {"n": NETWORKS["one"] | {"arn": "a"}}}, "networks.n.arn: unknown key; did you mean 'arm'"),
])
def test_a_name_that_is_not_there_is_named(parts, message):
    with pytest.raises(LTHError, match=message):
        expanded(**parts)


@pytest.mark.parametrize("raw", [None, "text", [1], {"title": "no names"}, {"networks": {}, "claims": "text"},
                                 {"measures": {}, "tables": {"t": 3}, "figures": {"g": {"panels": [1]}}}])
def test_what_is_no_shorthand_passes_through_to_be_judged_by_the_schema(raw):
    result = expand(raw, "f.yaml")
    assert result == ({k: v for k, v in raw.items() if k not in ("networks", "measures")} if isinstance(raw, dict)
                      else raw)
