"""Rules over the trainings that meet a condition: what does not is left out, is counted, and is not a level not run."""

import math
from dataclasses import replace

import numpy as np
import pytest
from analysis_fixtures import ours, published, records, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_common.analysis.claims import judge_rule
from lth_common.errors import LTHError
from lth_common.expressions.rules import Rule
from lth_common.runs.records import frame

ACROSS = ("mean", "every", "some", "slope")
STOP = {"metric": "early_stop_step", "split": "validation"}
RATIO = {"of": ours("full", **STOP), "against": ours("subset", **STOP), "quantity": "ratio", "unit": "ratio"}
HEALTHY = {"where": {"metric": "selected_accuracy", "split": "test", "at_least": 0.15}}
# Collapsed trainings stop at once: seed 2 of `full` at level 2, seed 1 of `subset` from level 1 on.
ACCURACY = {"full": {0: [0.6] * 3, 1: [0.6] * 3, 2: [0.6, 0.6, 0.1]},
            "subset": {0: [0.5] * 3, 1: [0.5, 0.1, 0.5], 2: [0.5, 0.1, 0.5]}}
STEPS = {"full": {0: [400, 420, 440], 1: [500, 520, 540], 2: [600, 620, 20]},
         "subset": {0: [40, 42, 44], 1: [50, 2, 54], 2: [60, 2, 64]}}


def table(accuracy=ACCURACY, steps=STEPS):
    return frame([row for arm in steps for row in [*rows(arm, accuracy[arm]),
                                                   *rows(arm, steps[arm], "early_stop_step", split="validation")]])


def verdict(data=None, pub=None, **changes):
    data = table() if data is None else data
    return judge_rule(Rule.model_validate({"label": "r", "at_least": 0, **RATIO, **changes}), data, pub)


def test_a_pair_is_left_out_if_either_side_collapsed_and_the_seed_keeps_its_other_levels():
    result = verdict(**HEALTHY, at_least=9.9, at_most=10.1)
    assert (result.estimate, result.n, result.verdict) == (pytest.approx(10), 3, "holds")
    assert result.note == "left out by 'where': 3 of 9 pairs of seed and level"
    assert "where selected_accuracy ≥ 0.15" in result.quantity
    of_seed = verdict(**HEALTHY | {"of": ours("full", **STOP), "against": None, "quantity": "value", "unit": "steps"})
    assert of_seed.estimate == pytest.approx((500 + 520 + 490) / 3)  # seed 2 without its level 2
    assert of_seed.note == "left out by 'where': 1 of 9 pairs of seed and level"


@pytest.mark.parametrize(("across", "n"), [("every", 2), ("some", 3)])
def test_each_level_has_the_seeds_that_are_left(across, n):
    result = verdict(**HEALTHY, across_levels=across, at_least=9.9, at_most=10.1, levels=(0, 1))
    assert (result.verdict, result.estimate) == ("holds", pytest.approx(10))
    one_left = verdict(**HEALTHY, across_levels=across, at_least=9.9)
    assert one_left.verdict == {"every": "undecided", "some": "holds"}[across]  # one seed is never enough


def test_collapsed_to_the_end_is_not_a_level_that_was_not_run():
    late = {arm: {**levels, 2: [0.1] * 3} for arm, levels in ACCURACY.items()}
    assert verdict(table(late), **HEALTHY, levels=(0, 2)).verdict == "holds"
    assert verdict(table(late), **HEALTHY, levels=(0, 3)).note.endswith("the last level is 2, 0.64 of the weights")


def test_seeds_of_which_nothing_is_left_are_named():
    gone = {**ACCURACY, "subset": {level: [0.5, 0.1, 0.5] for level in range(3)}}
    result = verdict(table(gone), **HEALTHY)
    assert (result.n, result.note) == (2, "left out by 'where': 4 of 9 pairs of seed and level, all of seed 1")


@pytest.mark.parametrize("across", ACROSS)
def test_nothing_left_is_undecided(across):
    changes = {"across_levels": across, "where": {"metric": "selected_accuracy", "split": "test", "at_least": 2}}
    result = verdict(**changes)
    assert (result.verdict, result.n) == ("undecided", 0) and math.isnan(result.estimate)
    assert result.note == "left out by 'where': 9 of 9 pairs of seed and level, all of seed 0, 1, 2"


def test_seeds_that_were_not_run_at_all_levels_are_left_out_before_the_condition():
    data = table()
    data = data[~((data["seed"] == 0) & (data["level"] == 2))]
    assert verdict(data, **HEALTHY).note == ("left out for missing levels: seed 0; "
                                             "left out by 'where': 3 of 6 pairs of seed and level")


value = st.floats(0.01, 1).map(lambda x: round(x, 2))
values = st.lists(st.lists(value, min_size=3, max_size=3), min_size=2, max_size=4)


@settings(deadline=None, max_examples=30)
@given(values, values, st.sampled_from(ACROSS), st.floats(0, 1).map(lambda x: round(x, 3)))
def test_where_is_the_same_as_having_no_such_records(of, against, across, bound):
    """For each level on its own; a condition that all meet changes no number of any kind."""
    n = min(len(of), len(against))
    sides = {arm: dict(enumerate(seeds[:n])) for arm, seeds in (("full", of), ("subset", against))}
    rule = {"of": ours("full"), "against": ours("subset"), "quantity": "difference", "unit": "points",
            "across_levels": across}
    data = records(**sides)
    plain, all_meet = verdict(data, **rule), verdict(data, **rule, where={"at_least": -1})
    assert repr(replace(all_meet, quantity="")) == repr(replace(plain, quantity=""))
    if across in ("every", "some"):
        held = verdict(data, **rule, where={"at_least": bound})
        left = data[data["value"] >= bound]
        if left["arm"].nunique() == 2 and len(set(left[left["arm"] == "full"]["seed"]) & set(
                left[left["arm"] == "subset"]["seed"])):
            again = verdict(left, **rule)
            assert (held.verdict, repr(held.estimate), held.n) == (again.verdict, repr(again.estimate), again.n)


def test_a_tolerance_is_that_of_each_side_s_own_dense_network():
    sides = {"full": {0: [0.9] * 3, 1: [0.89] * 3, 2: [0.8] * 3}, "subset": {0: [0.6] * 3, 1: [0.59] * 3, 2: [0.6] * 3}}
    within = {"of": ours("full"), "against": ours("subset"), "quantity": "difference", "unit": "points",
              "where": {"at_most_below_dense": 0.01}}
    result = verdict(records(**sides), **within)
    assert result.estimate == pytest.approx(30) and result.note.startswith("left out by 'where': 3 of 9 pairs")
    assert "dense − 0.01" in result.quantity
    fixed = verdict(records(**sides), **within | {"against": ours("subset", level=1)})  # 0.59 is within, 0.55 is not
    assert fixed.note.startswith("left out by 'where': 3 of 9 pairs")
    far = sides | {"subset": sides["subset"] | {1: [0.55] * 3}}
    assert verdict(records(**far), **within | {"against": ours("subset", level=1)}).n == 0
    branch = {arm: {level: seeds for level, seeds in levels.items() if level} for arm, levels in sides.items()}
    shorter = verdict(records(**branch), **within)  # a scale that does not train the dense network
    assert (shorter.verdict, shorter.n) == ("undecided", 0) and "that 'where' compares with was not run" in shorter.note


def test_failed_trainings_are_not_left_out_by_a_condition():
    """Not even where the measured metric is a number: the seed's mean would be that of its other levels."""
    failed = {**ACCURACY, "full": ACCURACY["full"] | {0: [math.nan] * 3}}
    result = verdict(table(failed), **HEALTHY)
    assert result.verdict == "undecided" and math.isnan(result.estimate)
    assert result.note == ("left out by 'where': 3 of 9 pairs of seed and level; "
                           "failed trainings: lenet/as_stated/full (seeds 0 to 2 at level 0)")


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(LTHError, match="no metric 'accuracy'; did you mean .*early_stop_step, selected_accuracy"):
        verdict(where={"metric": "accuracy", "at_least": 0})


def test_published_points_are_held_to_a_condition_on_themselves_only(tmp_path):
    s1, s2 = ({"item": "fig1", "series": series} for series in ("S1", "S2"))
    sides = {"full": {level: [0.9] * 3 for level in range(3)}, "subset": {level: [0.8] * 3 for level in range(3)}}
    rule = {"of": ours("full"), "against": ours("subset"), "quantity": "difference", "unit": "points",
            "published": {"of": s1, "against": s2}, "pub": published(tmp_path)}
    data = records(**sides)
    assert verdict(data, **rule).published == pytest.approx(np.mean([97 - 98, 96.5 - 96, 95 - 97]))
    held = verdict(data, **rule, where={"at_least": 0.955})
    assert held.published == pytest.approx(np.mean([97 - 98, 96.5 - 96]))
    other = verdict(data, **rule, where={"metric": "selected_accuracy", "at_least": 0.955})
    assert other.published == verdict(data, **rule).published and "are not held to 'where'" in other.note


FALLING = {level: [0.80 - 0.01 * level, 0.81 - 0.01 * level, 0.80 - 0.01 * level] for level in range(8)}


@pytest.mark.parametrize(("changes", "expected"), [
    # Some round at 30 to 45 % pruned (levels 2 only) is at most 2 points, or 1 point, below the dense network.
    ({"across_levels": "some", "weights_remaining": [0.55, 0.70], "at_least": -2.0}, "holds"),
    ({"across_levels": "some", "weights_remaining": [0.55, 0.70], "at_least": -1.0}, "fails"),
    # Every round with 20 % of the weights or more has 70 %, or 76 %.
    ({"across_levels": "every", "weights_remaining": [0.2, 1.0], "quantity": "value", "unit": "percent",
      "against": None, "at_least": 70}, "holds"),
    ({"across_levels": "every", "weights_remaining": [0.2, 1.0], "quantity": "value", "unit": "percent",
      "against": None, "at_least": 76}, "fails"),
])
def test_rounds_of_a_range_are_compared_with_the_dense_network(changes, expected):
    sides = {"of": ours("net"), "against": ours("net", level=0), "quantity": "difference", "unit": "points"}
    assert verdict(records(net=FALLING), **sides | changes).verdict == expected


@pytest.mark.parametrize(("later", "expected"), [(2, "holds"), (5, "fails")])
def test_the_best_epoch_may_come_so_much_later(later, expected):
    epochs = {level: [20 + later * (level > 0), 21 + later * (level > 0)] for level in range(8)}
    side = {"metric": "early_stop_epoch", "split": "validation"}
    result = verdict(frame(rows("net", epochs, **side)), of=ours("net", **side), against=ours("net", level=0, **side),
                     quantity="difference", unit="epochs", across_levels="every", weights_remaining=[0.2, 1.0],
                     at_least=None, at_most=3)
    assert result.verdict == expected and result.estimate == later
