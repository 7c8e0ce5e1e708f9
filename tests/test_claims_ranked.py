"""Rank correlations over networks."""

import math

import numpy as np
import pytest
from analysis_fixtures import PUBLISHED, ours, published, records
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lth_common.analysis.claims import judge
from lth_common.analysis.quantities import NONE
from lth_common.analysis.rankings import spearman
from lth_common.errors import LTHError
from lth_common.expressions.rules import Claim, RankRule
from lth_common.protocol.schema.base import parse

# Accuracy of three seeds, by level: `deep` always holds furthest, `shallow` collapses first.
LEVELS = {"shallow": {0: [0.9] * 3, 1: [0.5] * 3, 2: [0.5] * 3}, "middle": {0: [0.9] * 3, 1: [0.9] * 3, 2: [0.5] * 3},
          "deep": {0: [0.9] * 3, 1: [0.9] * 3, 2: [0.9] * 3}}
UNTIL = {"across_levels": "lowest_weights_unbroken", "where": {"halfway_to": 0.5}, "unit": "percent",
         "weights_remaining": (0.6, 1.0)}


def verdict(pub, data=None, left_out=NONE, depths=(2, 4, 8), series=(None,) * 3, **bounds):
    ranked = [{"x": x, "of": ours(arm).model_dump(), **UNTIL} | ({"published": {"of": {"item": "fig1", "series": s}}}
                                                                if s else {})
              for x, arm, s in zip(depths, LEVELS, series, strict=True)]
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [
        {"label": "r", "ranked": ranked} | (bounds or {"at_most": 0.3})]})
    return judge("C", claim, records(**LEVELS) if data is None else data, pub, left_out).rules[0]


def test_what_goes_with_depth_has_correlation_one_and_the_bounds_decide(tmp_path):
    pub = published(tmp_path)
    result = verdict(pub, at_least=-0.3)
    assert (result.estimate, result.n, result.verdict) == (pytest.approx(-1), 3, "fails")
    assert verdict(pub).verdict == "holds" and verdict(pub, depths=(8, 4, 2)).verdict == "fails"
    assert "over 3 of 3 networks" in result.note


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


@pytest.mark.parametrize(("changes", "message"), [
    ({"at_most": 0.3, "at_least": 0.1}, "either 'at_least' or 'at_most'"),
    ({"at_most": 1.5}, "less than or equal to 1"),
    ({"depths": (2, 2, 2)}, "all x of 'ranked' are equal")])
def test_a_ranking_that_says_nothing_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        verdict(published(tmp_path), **changes)


@pytest.mark.parametrize(("changes", "message"), [
    ({"weights_remaining": (0, 1)}, "lowest_weights_unbroken needs an end"),
    ({"published": {"of": {"item": "a"}, "against": {"item": "b"}}}, "'against' of 'published' has no part"),
    ({"unit": "fraction"}, "compares one metric, in one unit")])
def test_a_place_in_a_ranking_is_held_to_the_same(changes, message):
    entry = {"x": 1, "of": ours("deep").model_dump(), **UNTIL}
    with pytest.raises(ValueError, match=message):
        RankRule.model_validate({"label": "r", "ranked": [entry, entry | {"x": 2}, entry | changes], "at_most": 0})


@pytest.mark.parametrize(("rule", "legal"), [
    ({"label": "r", "at_lest": 1}, "at_least"), ({"label": "r", "ranked": [], "at_lest": 1}, "ranked")])
def test_a_misspelt_key_of_either_kind_of_rule_is_named_with_what_is_legal(rule, legal):
    with pytest.raises(LTHError, match=rf"rules\.0\.\w+\.at_lest: unknown key; .*{legal}"):
        parse(Claim, {"statement": "s", "where": "w", "rules": [rule]}, "f.yaml")


def test_networks_without_a_common_seed_are_refused(tmp_path):
    data = records(**LEVELS)
    data = data[~((data["arm"] == "deep") ^ (data["seed"] == 2))]
    with pytest.raises(LTHError, match="claim C, rule 'r': the networks of 'ranked' share no seed"):
        verdict(published(tmp_path), data)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_spearman_is_scipys(points):
    x, y = np.array(points, dtype=float).T
    ours_is = spearman(x, y)
    if np.ptp(x) and np.ptp(y):
        assert ours_is == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)
    else:
        assert ours_is == 0
