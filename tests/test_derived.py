"""Numbers that a function of a paper's folder makes, of one curve's levels or of several numbers of each seed."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from analysis_fixtures import PUBLISHED, ours, published, records
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lth_common import expressions as x
from lth_common.analysis.claims import judge, judge_rule
from lth_common.analysis.quantities import NONE
from lth_common.errors import LTHError
from lth_common.expressions.leaves import leaves
from lth_common.expressions.paper import load_paper
from lth_common.expressions.python_files import names_in
from lth_common.expressions.rules import Claim
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.base import parse

rank_correlation = names_in(ROOT, "replications/lstm_tickets/claims.py")["rank_correlation"]

# Accuracy of three seeds, by level: `deep` always holds furthest, `shallow` collapses first.
LEVELS = {"shallow": {0: [0.9] * 3, 1: [0.5] * 3, 2: [0.5] * 3}, "middle": {0: [0.9] * 3, 1: [0.9] * 3, 2: [0.5] * 3},
          "deep": {0: [0.9] * 3, 1: [0.9] * 3, 2: [0.9] * 3}}
FALLING = {0: [0.7, 0.8, 0.9], 1: [0.6, 0.6, 0.6], 2: [0.5, 0.4, 0.3]}


def highest(levels):
    return levels["value"].max(skipna=False)


def range_of_where(levels, shift):
    """The range of weights where the condition is met.

    And so on.
    """
    return levels["weights_remaining"][levels["meets"]].agg(np.ptp) + shift


def lowest(arm):
    return ours(arm).remaining(0.6).where(halfway_to=0.5).lowest_weights_unbroken()


def verdict(pub, data=None, left_out=NONE, depths=(2, 4, 8), series=(None,) * 3, **bounds):
    places = [(lowest(arm), s and x.published("fig1", s)) for arm, s in zip(LEVELS, series, strict=True)]
    bounds = bounds or {"at_most": x.fraction(0.3)}
    rule = x.rule("r", x.derive(rank_correlation, *places, gives="number", depths=depths), **bounds)
    _, claim = x.claim("C", says="s", where="w", rules=[rule])
    return judge("C", claim, records(**LEVELS) if data is None else data, pub, left_out).rules[0]


def test_of_one_curve_it_is_each_seeds_own_in_the_rules_unit_and_of_two_their_difference(tmp_path):
    pub, data = published(tmp_path), records(falling=FALLING, flat=LEVELS["deep"])
    found = judge_rule(x.rule("r", x.derive(highest, ours("falling")), at_least=x.percent(60)), data, pub)
    assert (found.estimate, found.n) == (pytest.approx(80), 3)
    assert "highest of 3 levels from 1 to 0.64" in found.quantity
    later = judge_rule(x.rule("r", x.derive(highest, ours("falling").levels(1, 2)), at_least=x.percent(60)), data, pub)
    assert later.estimate == pytest.approx(60) and later.verdict == "holds"
    gap = x.derive(highest, ours("falling")) - x.derive(highest, ours("flat"))
    assert judge_rule(x.rule("r", gap, at_least=x.points(-1)), data, pub).estimate == pytest.approx(-10)


def test_the_papers_points_go_through_the_same_function(tmp_path):
    rule = x.rule("r", x.derive(highest, ours("deep").levels(1, 2)), at_least=x.percent(1),
                  published=x.published("fig1", "S1"))
    assert judge_rule(rule, records(**LEVELS), published(tmp_path)).published == pytest.approx(96.5)


def test_a_function_sees_which_levels_meet_the_condition_and_its_settings(tmp_path):
    measured = x.derive(range_of_where, ours("falling"), gives="share", shift=1.0)
    rule = x.rule("r", measured, at_least=x.fraction(0))
    assert judge_rule(rule, records(falling=FALLING), published(tmp_path)).estimate == pytest.approx(1.36)
    assert rule.across_levels.says == "The range of weights where the condition is met"


def test_what_is_derived_is_plain_data_whose_file_counts_and_what_it_needs_is_seen():
    rule = x.rule("r", x.derive(highest, ours("ticket")), at_least=x.percent(0))
    assert pickle.loads(pickle.dumps(rule)) == rule and "highest" in rule.model_dump_json()
    several = x.rule("r", x.derive(highest, *map(lowest, LEVELS)), at_least=x.fraction(0))
    assert pickle.loads(pickle.dumps(several)) == several and len(several.function.code) == 20
    paper = load_paper("data_subsets").model_copy(update={"figures": {}, "tables": {}, "claims": {
        "C": Claim(statement="s", where="w", rules=[rule, several])}})
    assert {(leaf.arm, leaf.metric, leaf.level) for leaf in leaves(paper)} == {
        (arm, "selected_accuracy", level) for arm, level in [
            ("ticket", None), *((arm, level) for arm in LEVELS for level in (None, 0))]}


@pytest.mark.parametrize("function", [lambda levels: 0.0, pd.Series.max, max])
def test_a_function_that_cannot_be_found_again_is_refused(function):
    with pytest.raises(LTHError, match="derive: .* cannot be found by its name; legal: a function of a module"):
        x.derive(function, ours("deep"))


def test_what_goes_with_depth_has_correlation_one_and_the_bounds_decide(tmp_path):
    pub = published(tmp_path)
    result = verdict(pub, at_least=x.fraction(-0.3))
    assert (result.estimate, result.n, result.verdict) == (pytest.approx(-1), 3, "fails")
    assert verdict(pub).verdict == "holds" and verdict(pub, depths=(8, 4, 2)).verdict == "fails"
    assert "over 3 of 3 networks" in result.note and result.quantity == "Spearman's rank correlation"


def test_seeds_that_differ_make_an_interval(tmp_path):
    mixed = {"shallow": {0: [0.9] * 3, 1: [0.5, 0.9, 0.5], 2: [0.5, 0.9, 0.5]}, "middle": LEVELS["middle"],
             "deep": {0: [0.9] * 3, 1: [0.9, 0.5, 0.9], 2: [0.9, 0.5, 0.9]}}
    result = verdict(published(tmp_path), records(**mixed))
    assert result.estimate == pytest.approx(-1 / 3) and result.verdict == "undecided"


def test_networks_that_were_not_run_are_named_and_two_make_no_correlation(tmp_path):
    result = verdict(published(tmp_path), left_out={("lenet", "as_stated", "deep"): "not run at this scale"})
    assert result.verdict == "undecided" and math.isnan(result.estimate)
    assert "over 2 of 3 networks" in result.note and "not run at this scale: lenet/as_stated/deep" in result.note


def test_the_papers_points_are_ranked_alike(tmp_path):
    """Curves that begin at 90 %: there they stand for the dense network's."""
    lines = [PUBLISHED] + [f"p,fig1,{name},percent_pruned,{x},test_accuracy,{y},fraction,read-from-figure,0.001\n"
                           for name, points in (("a", (0.9, 0.5, 0.5)), ("b", (0.9, 0.9, 0.5)), ("c", (0.9, 0.9, 0.9)))
                           for x, y in zip((10, 20, 36), points, strict=True)]
    pub = published(tmp_path, "".join(lines))
    low = {arm: {1: [0.9] * 3, 2: [0.5] * 3, **levels} for arm, levels in LEVELS.items()}
    result = verdict(pub, records(**low), series=("a", "b", "c"))
    assert result.published is None and result.published_ok is None  # 'a' meets the condition nowhere
    result = verdict(pub, records(**low), series=("b", "b", "c"))
    assert (result.published, result.published_ok) == (pytest.approx(-math.sqrt(3) / 2), True)


@pytest.mark.parametrize(("measured", "message"), [
    (lambda: (lowest("deep"), ours("deep").where(at_least=0.1).lowest_weights()), "lowest_weights needs an end"),
    (lambda: (ours("deep"), (ours("deep"), x.published("a") - x.published("b"))), "'published' needs 'against' beside"),
    (lambda: (ours("deep"), ours("deep").every()), "across_levels"),
])
def test_each_of_several_is_held_to_the_same(measured, message):
    with pytest.raises(ValueError, match=message):
        x.derive(highest, *measured())


def test_published_numbers_of_several_stand_beside_ours():
    with pytest.raises(LTHError, match="rule 'r': legal with derive.* bounds alone"):
        x.rule("r", x.derive(highest, ours("deep"), ours("middle")), at_least=x.ratio(0), published=x.published("a"))


def test_what_is_no_series_by_seed_is_named(tmp_path):
    _, claim = x.claim("C", says="s", where="w", rules=[
        x.rule("r", x.derive(many, ours("deep"), ours("middle")), at_least=x.ratio(0))])
    with pytest.raises(LTHError, match="rule 'r': test_derived:many returned list; legal: a series by seed"):
        judge("C", claim, records(**LEVELS), published(tmp_path))


def many(table):
    return [1]


@pytest.mark.parametrize(("rule", "legal"), [
    ({"label": "r", "at_lest": 1}, "at_least"), ({"label": "r", "places": [], "at_lest": 1}, "places")])
def test_a_misspelt_key_of_either_kind_of_rule_is_named_with_what_is_legal(rule, legal):
    with pytest.raises(LTHError, match=rf"rules\.0\.\w+\.at_lest: unknown key; .*{legal}"):
        parse(Claim, {"statement": "s", "where": "w", "rules": [rule]}, "f.yaml")


def test_networks_without_a_common_seed_are_refused(tmp_path):
    data = records(**LEVELS)
    data = data[~((data["arm"] == "deep") ^ (data["seed"] == 2))]
    with pytest.raises(LTHError, match="claim C, rule 'r': the networks share no seed"):
        verdict(published(tmp_path), data)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=8))
def test_the_rank_correlation_is_scipys(points):
    depths, y = np.array(points, dtype=float).T
    found = rank_correlation(pd.DataFrame([y]), depths=tuple(depths)).item()
    if np.ptp(depths) and np.ptp(y):
        assert found == pytest.approx(spearmanr(depths, y).statistic, abs=1e-12)
    else:
        assert found == 0
