"""Several games as one: scores, interquartile means, stratified intervals, in rules and in figures."""

import math

import numpy as np
import pytest
from analysis_fixtures import ours, published, rows
from scipy.stats import bootstrap, trim_mean

from lth_common.analysis.claims import judge
from lth_common.analysis.figure_data import figure_data
from lth_common.analysis.figures import draw
from lth_common.analysis.quantities import NONE
from lth_common.analysis.stats import iqm, stratified_interval
from lth_common.errors import LTHError
from lth_common.expressions.figures import Figure
from lth_common.expressions.rules import Claim
from lth_common.runs.records import frame

POOLED = {"with": ["second"], "zero": {"arm": "winning", "metric": "start", "split": "test"},
          "one": {"arm": "winning", "metric": "reward", "split": "train"}}
NOT = "not run at this scale"
RULE = {"label": "r", "of": ours("winning", experiment="first", metric="reward", split="train").model_dump(),
        "against": ours("random", experiment="first", metric="reward", split="train").model_dump(),
        "levels": (1, 2), "unit": "fraction", "pooled": POOLED}


def game(name, zero, one, winning, random):
    """A game's records: rewards of two seeds at levels 0 (dense), 1 and 2."""
    changes = {"experiment": name, "split": "train"}
    made = rows("winning", {0: [one, one], 1: winning, 2: winning}, "reward", **changes)
    made += rows("random", {1: random, 2: random}, "reward", **changes)
    return made + rows("winning", {0: [zero, zero]}, "start", experiment=name)


def two_games():
    return frame(game("first", 20, 200, [180, 190], [40, 30]) + game("second", -500, -100, [-150, -120], [-400, -480]))


def verdict(tmp_path, data=None, left_out=NONE, **changes):
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [RULE | {"at_least": 0} | changes]})
    return judge("C", claim, two_games() if data is None else data, published(tmp_path), left_out).rules[0]


def test_scores_run_from_random_play_to_the_dense_network_in_each_game(tmp_path):
    result = verdict(tmp_path)
    scores = [140 / 180, 160 / 180, 250 / 400, 360 / 400]
    assert result.estimate == pytest.approx(np.mean(sorted(scores)[1:3])) and result.n == 4
    assert result.low >= min(scores) - 1e-12 and result.high <= max(scores) + 1e-12 and result.verdict == "holds"
    assert "first 0.833" in result.note and "second 0.762" in result.note
    value = verdict(tmp_path, against=None, quantity="value", at_least=1)
    assert value.estimate == pytest.approx(np.mean(sorted([160 / 180, 170 / 180, 350 / 400, 380 / 400])[1:3]))
    assert value.verdict == "fails"


def test_a_game_that_was_not_run_leaves_the_rule_undecided_and_is_named(tmp_path):
    result = verdict(tmp_path, left_out={("second", "as_stated", "random"): NOT})
    assert result.verdict == "undecided" and math.isnan(result.estimate)
    assert "second: not run at this scale: second/as_stated/random" in result.note
    assert verdict(tmp_path, levels=(1, 5)).verdict == "undecided"


@pytest.mark.parametrize("dense", [-100, -110])
def test_a_game_that_is_not_learned_has_no_scale_and_leaves_the_rule_undecided(tmp_path, dense):
    second = game("second", -100, dense, [-100, -100], [-400, -400])
    result = verdict(tmp_path, frame(game("first", 20, 200, [180, 190], [40, 30]) + second))
    assert result.verdict == "undecided" and "scores cannot run from start[second" in result.note
    data = figure_data(pooled_figure(), frame(game("first", 20, 200, [1, 1], [1, 1]) + second), published(tmp_path))
    assert data["mean"].isna().all()
    draw(pooled_figure(), data, "smoke").canvas.draw()


def test_a_misspelt_metric_of_a_mark_is_an_error_and_no_missing_scale(tmp_path):
    pooled = POOLED | {"zero": {"arm": "winning", "metric": "strat", "split": "test"}}
    with pytest.raises(LTHError, match="no metric 'strat'; did you mean 'start'"):
        verdict(tmp_path, pooled=pooled)
    with pytest.raises(LTHError, match="no metric 'strat'; did you mean 'start'"):
        figure_data(pooled_figure(pooled=pooled), two_games(), published(tmp_path))


def test_marks_of_an_arm_that_is_not_run_leave_the_rule_undecided(tmp_path):
    pooled = POOLED | {"one": {"arm": "other", "metric": "reward", "split": "train"}}
    result = verdict(tmp_path, left_out={("second", "as_stated", "other"): NOT, ("first", "as_stated", "other"): NOT},
                     pooled=pooled)
    assert result.verdict == "undecided" and "'other' is not run at this scale" in result.note


def test_levels_that_were_left_out_and_few_seeds_are_noted(tmp_path):
    data = two_games()
    note = verdict(tmp_path, data[data["level"] != 1], levels=(0, 2), against=None, quantity="value").note
    assert "levels not run: 1" in note and "2 seeds a game: such intervals are too narrow" in note


@pytest.mark.parametrize("changes", [{"across_levels": "every"}, {"unit": "reward"}, {"quantity": "ratio"},
                                     {"published": {"value": {"item": "fig1"}}}])
def test_what_cannot_be_pooled_is_refused(changes):
    with pytest.raises(ValueError, match="a pooled rule is about"):
        Claim.model_validate({"statement": "s", "where": "w", "rules": [RULE | {"at_least": 0} | changes]})


@pytest.mark.parametrize(("changes", "message"), [
    ({"pooled": POOLED | {"with": ["second", "second"]}}, "may stand in 'with' once"),
    ({"pooled": POOLED | {"with": ["first"]}}, "the rule's own experiment"),
    ({"against": RULE["against"] | {"experiment": "second"}}, "of one experiment and variant"),
])
def test_pooled_experiments_are_named_once(changes, message):
    with pytest.raises(ValueError, match=message):
        Claim.model_validate({"statement": "s", "where": "w", "rules": [RULE | {"at_least": 0} | changes]})


def pooled_figure(**changes):
    panel = {"title": "t", "experiment": "first", "variant": "as_stated", "metric": "reward", "split": "train",
             "pooled": POOLED, "series": [{"label": "winning", "arm": "winning"}, {"label": "random", "arm": "random"}]}
    return Figure.model_validate({"title": "f", "caption": "c", "y_label": "score", "unit": "fraction",
                                  "panels": [panel | changes]})


def test_a_figure_shows_the_pooled_scores_of_each_level(tmp_path):
    data = figure_data(pooled_figure(), two_games(), published(tmp_path)).set_index(["series", "weights_remaining"])
    dense = data.loc[("winning", 1.0)]
    assert (dense["mean"], dense["low"], dense["high"], dense["n"]) == (1.0, 1.0, 1.0, 4)
    expected = iqm([20 / 180, 10 / 180, 100 / 400, 20 / 400])
    assert data.loc[("random", 0.8), "mean"] == pytest.approx(expected)


def test_published_points_cannot_be_pooled():
    with pytest.raises(ValueError, match="for series without 'published'"):
        pooled_figure(series=[{"label": "w", "arm": "winning", "published": {"item": "fig1"}}])


def test_the_stratified_interval_is_that_of_an_independent_bootstrap():
    draw = np.random.default_rng(1)
    strata = [draw.normal(0.2, 0.1, 12), draw.normal(0.8, 0.2, 12), draw.normal(0.5, 0.1, 12)]
    found = stratified_interval(strata)

    def statistic(*samples, axis):
        return trim_mean(np.concatenate(samples, axis=axis), 0.25, axis=axis)

    theirs = bootstrap(strata, statistic, method="percentile", n_resamples=10_000, rng=0).confidence_interval
    assert found.mean == pytest.approx(trim_mean(np.concatenate(strata), 0.25)) and found.n == 36
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert stratified_interval([s[::-1] for s in strata]) == found


def test_what_has_no_spread_to_resample_has_no_interval():
    assert stratified_interval([[1.0], [1.0, 2.0]])[1:3] == (-math.inf, math.inf)
    diverged = stratified_interval([[1.0, math.nan], [1.0, 2.0]])
    assert math.isnan(diverged.mean) and diverged[1:3] == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="at least one value in each stratum"):
        stratified_interval([[1.0], []])
