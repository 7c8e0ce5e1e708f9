"""A training that failed is in no mean, decides no rule, and is named; wherever it is, nothing raises or warns."""

import math
from itertools import product

import pytest
from analysis_fixtures import curves, ours, published, records, rows, with_failure
from test_derived import highest, rank_correlation

from lth_common.analysis.claims import judge, judge_rule
from lth_common.analysis.selection import select
from lth_common.analysis.verdicts import verdicts_frame, verdicts_markdown
from lth_common.expressions.derived import derived
from lth_common.expressions.rules import Claim, Rule
from lth_common.runs.records import frame

LEVELS, SEEDS = range(4), range(3)
ACCURACY = {"ticket": {level: [0.90 - level / 100, 0.91 - level / 100, 0.92 - level / 100] for level in LEVELS},
            "dense": {level: [0.80, 0.81, 0.82] for level in LEVELS}}
STOP = {"metric": "early_stop_step", "split": "validation"}
CURVE = {"metric": "accuracy"}
ALONE = {"quantity": "value", "against": None}
TABLE = frame([row for arm, values in ACCURACY.items() for row in [
    *rows(arm, values), *rows(arm, {level: [10, 20, 30] for level in LEVELS}, "early_stop_step", split="validation"),
    *(row for level in LEVELS for row in curves(arm, [[0.5, v, v, v] for v in values[level]], level=level))]])
S1, S2 = ({"item": "fig1", "series": series} for series in ("S1", "S2"))
HIGHEST = derived(highest, None, {})
# Each holds as long as nothing fails.
KINDS = {
    "mean": {}, "every": {"across_levels": "every"}, "derived": {"across_levels": HIGHEST},
    "some": {"across_levels": "some", "levels": (3, 3)}, "range": {"levels": (1, 3)},
    "slope": {"across_levels": "slope", **ALONE, "at_least": -20}, "ratio": {"quantity": "ratio", "unit": "ratio"},
    "r_squared": {"across_levels": "r_squared", **ALONE, "unit": "fraction", "at_least": 0.9},
    "lowest": {"across_levels": "lowest_weights", "where": {"at_least": 0.5}, "levels": (0, 3)},
    "unbroken": {"across_levels": "lowest_weights_unbroken", "where": {"at_most_below_dense": 0.1}, "levels": (0, 3)},
    "where": {"where": {"at_least": 0.5}}, "each where": {"across_levels": "every", "where": {"halfway_to": 0.1}},
    "other metric": {"of": ours("ticket", **STOP), "against": ours("dense", **STOP), "unit": "steps",
                     "where": {"metric": "selected_accuracy", "split": "test", "at_least": 0.5}},
    "of the dense": {"against": ours("dense", level=0), "at_least": -1},
    "below dense": {"of": ours("ticket", below_dense_of="dense"), **ALONE, "at_least": -11},
    "best epoch": {"of": ours("ticket", **CURVE, over_epochs="at_max_of_mean"), **ALONE, "epochs": 4},
    "own epoch": {"of": ours("ticket", **CURVE, over_epochs="epoch_of_max"), **ALONE, "unit": "epochs", "epochs": 4,
                  "across_levels": "every"},
    "last": {"of": ours("ticket", **CURVE, over_epochs="last"), "against": ours("dense", **CURVE, over_epochs="last")},
    "points": {"published": {"of": S1, "against": S2}},
}
AT_LEVEL_0 = ("of the dense", "below dense")  # the dense network alone is what they compare with


def verdict(table, pub=None, **changes):
    base = {"label": "r", "of": ours("ticket"), "against": ours("dense"), "at_least": 0}
    return judge_rule(Rule.model_validate(base | changes), table, pub)


def is_about(kind, arm, level) -> bool:
    """Whether a rule of KINDS needs what fails if `arm` does so from `level` on."""
    if arm == "dense" and kind in AT_LEVEL_0:
        return level == 0
    return arm == "ticket" or KINDS[kind].get("against", "dense") is not None


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_seed_fails_the_rule_is_undecided_and_says_so(kind, tmp_path):
    pub = published(tmp_path)
    healthy = verdict(TABLE, pub, **KINDS[kind])
    assert healthy.verdict == "holds" and "failed" not in healthy.note
    for arm, level in product(ACCURACY, LEVELS):
        seed = level % 3
        result = verdict(with_failure(TABLE, arm, seed, level), pub, **KINDS[kind])
        if is_about(kind, arm, level):
            first = max(level, KINDS[kind].get("levels", (0, 3))[0])
            alone = first == 3 or (arm == "dense" and kind in AT_LEVEL_0)
            levels = f"level {first}" if alone else f"levels {first} to 3"
            assert result.verdict == "undecided" and math.isnan(result.estimate) and result.n == 3
            assert f"failed trainings: lenet/as_stated/{arm} (seed {seed} at {levels})" in result.note
            assert result.published == healthy.published
        else:
            assert result == healthy


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not {"accuracy", "early_stop_step"} & {
    KINDS[kind].get("of", ours("ticket")).metric}])
def test_an_infinite_value_is_a_failure_too(kind, bad, tmp_path):
    place = (TABLE["arm"] == "ticket") & (TABLE["metric"] == "selected_accuracy") & (TABLE["level"] == 3)
    for seeds in ([1], [0, 1, 2]):
        broken = TABLE.assign(value=TABLE["value"].mask(place & TABLE["seed"].isin(seeds), bad))
        result = verdict(broken, published(tmp_path), **KINDS[kind])
        assert result.verdict == "undecided" and (result.low, result.high) == (-math.inf, math.inf)
        assert "at level 3)" in result.note


def test_every_and_some_are_decided_by_another_level_alone():
    broken = with_failure(TABLE, "ticket", 1, 2)
    low = broken.assign(value=broken["value"].mask((broken["arm"] == "ticket") & (broken["level"] == 1), 0.1))
    assert verdict(low, across_levels="every").verdict == "fails"
    assert verdict(broken, across_levels="some").verdict == "holds"
    for across in ("every", "some"):
        assert "seed 1 at levels 2 to 3" in verdict(low, across_levels=across).note
        assert verdict(broken, across_levels=across, levels=(0, 1)).note == ""  # what fails later is another matter


def test_an_arm_that_fails_as_a_whole_and_all_arms():
    for arms in (["ticket"], ["ticket", "dense"]):
        broken = TABLE
        for arm, seed in product(arms, SEEDS):
            broken = with_failure(broken, arm, seed, 0)
        for kind in KINDS:
            result = verdict(broken, **{k: v for k, v in KINDS[kind].items() if k != "published"})
            assert result.verdict == "undecided" and "seeds 0 to 2 at level" in result.note, kind


def test_a_metric_that_a_failed_training_did_not_reach_is_nan_there_and_failed():
    broken = with_failure(TABLE, "ticket", 1, 2)
    for chosen in (STOP, {**CURVE, "over_epochs": "epoch_of_max"}, {"metric": "steps_per_epoch", "split": "model"}):
        found = select(broken, ours("ticket", **chosen))
        assert len(found) == 12 and found.index[found["failed"]].tolist() == [(1, 2), (1, 3)]
        assert found["value"].isna().equals(found["failed"]) and found["weights_remaining"].notna().all()


def test_what_has_no_meaning_has_not_failed():
    gap = rows("ticket", {0: [math.nan, 1.0]}, "survivors_gap", split="model")
    table = frame(gap + rows("ticket", {0: [0.5, 0.6]}))
    found = select(table, ours("ticket", metric="survivors_gap", split="model"))
    assert found["value"].isna().any() and not found["failed"].any()


def test_a_ranking_over_a_failed_network_is_undecided():
    table = records(**{arm: {level: [0.9 - 0.1 * i, 0.91 - 0.1 * i, 0.92 - 0.1 * i] for level in (0, 1)}
                       for i, arm in enumerate("abc")})
    rule = {"label": "r", "at_most": -0.9, "unit": "fraction", "function": derived(rank_correlation, None, {
        "depths": (0, 1, 2)}), "places": [{"of": ours(arm), **ALONE, "unit": "fraction"} for arm in "abc"]}
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [rule]})
    assert judge("C", claim, table, None).verdict == "holds"
    for arm, level in product("abc", (0, 1)):
        result = judge("C", claim, with_failure(table, arm, 1, level), None)
        assert result.verdict == "undecided" and f"lenet/as_stated/{arm} (seed 1 at level" in result.rules[0].note
        page = verdicts_markdown(verdicts_frame([result]), "T", "paper")
        assert "| a training failed |" in page and "failed trainings: " in page


@pytest.mark.parametrize(("arm", "level"), [("winning", 0), ("winning", 1), ("random", 1), ("random", 2)])
def test_a_game_with_a_failed_run_leaves_the_pooled_rule_undecided(arm, level):
    side = {"metric": "reward", "split": "train"}
    marks = {name: {"arm": "winning", "metric": metric, "split": "train"}
             for name, metric in (("zero", "start"), ("one", "reward"))}
    table = frame([row for game in ("one", "two") for row in [
        *rows("winning", {level: [9, 10, 11] for level in range(3)}, "reward", split="train", experiment=game),
        *rows("random", {level: [4, 5, 6] for level in (1, 2)}, "reward", split="train", experiment=game),
        *rows("winning", {0: [0, 1, 2]}, "start", split="train", experiment=game)]])
    rule = {"label": "r", "of": ours("winning", experiment="one", **side), "at_least": 0, "levels": (1, 2),
            "against": ours("random", experiment="one", **side), "unit": "fraction",
            "pooled": {"with": ["two"], **marks}}
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [rule]})
    assert judge("C", claim, table, None).verdict == "holds"
    broken = with_failure(table, arm, 1, level, experiment="two")
    if arm == "winning" and level == 0:  # what scores run to and nothing else: the seed's tickets are as they were
        broken = table.assign(value=broken["value"].where(broken["level"] == 0, table["value"]))
    result, = judge("C", claim, broken, None).rules
    assert result.verdict == "undecided" and math.isnan(result.estimate) and result.n == 6
    assert f"two: failed trainings: two/as_stated/{arm} (seed 1 at level" in result.note
