"""Rules about the whole curve over levels: one number a seed, judged as any other."""

import math

import pytest
from analysis_fixtures import PUBLISHED, curves, ours, published, records
from pydantic import ValidationError

from lth_common.analysis.claims import judge_rule
from lth_common.errors import LTHError
from lth_common.expressions.curves import Published
from lth_common.expressions.rules import PublishedRule, Rule
from lth_common.runs.records import frame

# Seeds fall along lines of 5, 6 and 7 points for all of the weights; at level 3 the second collapses, and comes back.
LINES = {level: [start - fall * (1 - 0.8**level) for start, fall in ((0.8, 0.05), (0.81, 0.06), (0.82, 0.07))]
         for level in range(5)}
COLLAPSED = LINES | {3: [LINES[3][0], 0.1, LINES[3][2]]}
FLAT = {level: [0.8, 0.8, 0.8] for level in range(5)}
ALONE = {"quantity": "value", "against": None}
HEALTHY = {"where": {"at_least": 0.15}, "weights_remaining": [0.4, 1.0], "unit": "percent", **ALONE}


def verdict(table=None, pub=None, **changes):
    table = records(ticket=LINES, dense=FLAT) if table is None else table
    return judge_rule(Rule.model_validate({"label": "r", "of": ours("ticket"), "against": ours("dense"), "at_least": 0,
                                           **changes}), table, pub)


def test_slopes_are_judged_over_seeds_in_their_unit():
    alone = verdict(across_levels="slope", at_least=None, at_most=-3, **ALONE)
    assert (alone.estimate, alone.n, alone.verdict) == (pytest.approx(-6), 3, "holds")
    paired = verdict(across_levels="slope", at_least=-7)
    assert paired.estimate == pytest.approx(-6) and paired.low == pytest.approx(alone.low)
    ratio = verdict(records(ticket=LINES, dense=LINES), across_levels="slope", quantity="ratio", unit="ratio")
    assert ratio.estimate == pytest.approx(1)
    assert "slope of 5 levels from 1 to 0.4096 of the weights" in alone.quantity


def test_a_line_is_judged_by_what_it_explains():
    line = {"across_levels": "r_squared", "unit": "fraction", "at_least": 0.95} | ALONE
    assert (verdict(**line).estimate, verdict(**line).verdict) == (pytest.approx(1), "holds")
    assert verdict(records(ticket=COLLAPSED), **line).estimate < 0.8
    flat = verdict(records(ticket=FLAT), **line)
    assert math.isnan(flat.estimate) and flat.verdict == "undecided"


def test_what_lies_outside_the_range_does_not_count_and_what_was_not_run_leaves_it_open():
    wild = LINES | {5: [0.1, 0.9, 0.3]}
    slope = {"across_levels": "slope", "at_least": -99}
    inside = verdict(records(ticket=wild, dense=wild), weights_remaining=[0.4, 1.0], **slope, **ALONE)
    assert inside.estimate == pytest.approx(-6) and inside.verdict == "holds"
    assert verdict(levels=(0, 4), **slope).verdict == "holds"
    short = verdict(weights_remaining=[0.2, 1.0], **slope)
    assert short.verdict == "undecided" and "the last level is 4" in short.note


def test_seeds_without_all_levels_have_no_slope_to_compare():
    table = records(ticket={**LINES, 2: LINES[2][:2]}, dense=FLAT)
    result = verdict(table, across_levels="slope", at_least=-99)
    assert (result.n, result.note) == (2, "left out for missing levels: seed 2")


def test_collapse_ends_the_unbroken_run_and_not_the_last_level_at_all():
    table = records(ticket=COLLAPSED)
    lowest = verdict(table, across_levels="lowest_weights", at_most=41, **HEALTHY)
    assert (lowest.estimate, lowest.verdict) == (pytest.approx(40.96), "holds")
    unbroken = verdict(table, across_levels="lowest_weights_unbroken", at_most=41, **HEALTHY)
    assert (unbroken.estimate, unbroken.verdict) == (pytest.approx((2 * 40.96 + 64) / 3), "undecided")
    assert unbroken.note == "'where' is still met at the last level by 2 of 3 seeds"
    assert "where selected_accuracy ≥ 0.15" in unbroken.quantity


def test_a_seed_that_is_never_healthy_leaves_it_open():
    dead = {level: [0.8, 0.1, 0.8] for level in range(5)}
    result = verdict(records(ticket=dead), across_levels="lowest_weights", at_most=41, **HEALTHY)
    assert result.verdict == "undecided" and math.isnan(result.estimate)
    assert "no level of seed 1 meets 'where'" in result.note


def test_each_side_is_held_to_its_own_dense_network():
    """The first arm may fall 5 points from 54 %, the second from 27 %: both reach level 2."""
    assert 0.54 - 0.05 > 0.49  # the bound met exactly is met in spite of rounding
    high = {0: [0.54] * 3, 1: [0.52] * 3, 2: [0.49] * 3, 3: [0.40] * 3}
    low = {0: [0.27] * 3, 1: [0.26] * 3, 2: [0.24] * 3}
    matching = {"across_levels": "lowest_weights", "where": {"at_most_below_dense": 0.05}, "levels": [0, 3],
                "at_most": 0}
    same = verdict(records(ticket=high, dense=low | {3: [0.20] * 3}), **matching)
    assert (same.estimate, same.verdict) == (pytest.approx(0), "holds")
    further = verdict(records(ticket=high, dense=low | {3: [0.25] * 3}), **matching | {"at_most": None})
    assert (further.estimate, further.verdict) == (pytest.approx(100 * (0.64 - 0.512)), "holds")
    assert further.note == "'where' is still met at the last level by 3 of 3 seeds (against)"


def test_halfway_to_chance_is_where_each_network_collapses():
    """Halfway from 90 to 50 % is 70 %, from 80 % it is 65 %."""
    table = records(ticket={0: [0.9, 0.8], 1: [0.75, 0.66], 2: [0.69, 0.65], 3: [0.72, 0.5]})
    found = verdict(table, across_levels="lowest_weights_unbroken", levels=(0, 3), unit="percent",
                    where={"halfway_to": 0.5}, at_least=None, at_most=100, **ALONE)
    assert found.estimate == pytest.approx((80 + 64) / 2) and "(dense + 0.5) / 2" in found.quantity
    table = records(ticket={0: [0.9, 0.51], 1: [0.75, 0.51], 2: [0.69, 0.51], 3: [0.72, 0.5]})
    found = verdict(table, across_levels="lowest_weights_unbroken", levels=(0, 3), unit="percent",
                    where={"halfway_to": 0.5}, at_least=None, at_most=100, **ALONE)
    assert found.verdict == "undecided" and "no level of seed 1 meets 'where'" in found.note  # it never learned


def test_a_curve_over_epochs_is_made_a_number_first():
    table = frame([row for level, last in enumerate((0.9, 0.8, 0.7)) for row in
                   curves("ticket", [[0.1, last], [0.2, last]], level=level, steps_per_epoch=10)])
    rising = verdict(table, of=ours("ticket", metric="accuracy", over_epochs="at_max_of_mean"), across_levels="slope",
                     at_least=-60, **ALONE)
    assert rising.verdict == "holds" and rising.estimate < -50


S1, S2 = ({"item": "fig1", "series": series} for series in ("S1", "S2"))
PRINTED = "p,fit,{0},,,slope,{1},percentage points,text,0\n"


def test_published_points_go_through_the_same_reduction(tmp_path):
    line = {"across_levels": "slope", "levels": (0, 2), "at_least": None, "at_most": 0}
    theirs = verdict(pub=published(tmp_path), published={"of": S1}, **line, **ALONE)
    by_hand = verdict(records(ticket={0: [0.97] * 2, 1: [0.965] * 2, 2: [0.95] * 2}), **line, **ALONE)
    assert theirs.published == pytest.approx(by_hand.estimate) and theirs.published_ok
    lowest = verdict(pub=published(tmp_path), across_levels="lowest_weights_unbroken", levels=(0, 2), unit="percent",
                     where={"at_most_below_dense": 0.015}, published={"of": S2}, **ALONE)
    assert lowest.published == pytest.approx(100)  # 98, then 96, and 97 again
    any_level = verdict(pub=published(tmp_path), across_levels="lowest_weights", levels=(0, 2), unit="percent",
                        where={"at_most_below_dense": 0.015}, published={"of": S2}, **ALONE)
    assert any_level.published == pytest.approx(64)


def test_published_points_without_such_a_number_agree_with_nothing(tmp_path):
    never = verdict(pub=published(tmp_path), across_levels="lowest_weights", levels=(0, 2), unit="percent",
                    where={"at_least": 0.99}, published={"of": S2}, **ALONE)
    assert (never.published, never.published_ok) == (None, None) and "make no number" in never.note


def test_a_printed_slope_is_no_point_of_a_line(tmp_path):
    pub = published(tmp_path, PUBLISHED + PRINTED.format("a", -5) + PRINTED.format("b", -3))
    a, b = ({"item": "fit", "series": series} for series in "ab")
    slope = {"across_levels": "slope", "at_least": -99, "pub": pub}
    assert verdict(published={"of": a}, **slope, **ALONE).published == pytest.approx(-5)
    assert verdict(published={"of": a, "against": b}, **slope).published == pytest.approx(-2)
    with pytest.raises(LTHError, match="'fit'.*a printed number on one side of slope.*legal: the same on both"):
        verdict(published={"of": a, "against": S1}, **slope)
    other = {"metric": "selected_loss", "at_least": 0.1}
    with pytest.raises(LTHError, match="'S1'.*do not say where selected_loss is high enough; legal: a printed"):
        judge_rule(Rule(label="r", of=ours("ticket"), across_levels="lowest_weights", where=other, unit="percent",
                        levels=(0, 4), quantity="value", at_least=0, published=PublishedRule(of=Published(**S1))),
                   frame([*records(ticket=LINES).to_dict("records"),
                          *records(ticket=LINES).assign(metric="selected_loss").to_dict("records")]), pub)


@pytest.mark.parametrize(("changes", "message"), [
    ({"across_levels": "slope", "of": ours("ticket", level=1)}, "slope is a number of all levels, a side's 'level'"),
    ({"across_levels": "slope", "against": ours("dense", level=0)}, "a side's 'level' is not legal"),
    ({"across_levels": "slope", "unit": "percent"}, "slope of percentages is in points"),
    ({"across_levels": "r_squared", **ALONE}, "r_squared is a share: unit 'points' is not legal; legal: fraction, per"),
    ({"across_levels": "r_squared", "unit": "percent"}, "legal: fraction, points"),
    ({"across_levels": "lowest_weights"}, "the last level that meets 'where': give 'where'"),
    ({"across_levels": "lowest_weights", "where": {"at_least": 0.1}}, "needs an end"),
    ({"across_levels": "highest"}, "'mean', 'slope'"),
    ({"where": {}}, "give one of 'at_least', 'at_most_below_dense' and 'halfway_to'"),
    ({"where": {"at_least": 0.1, "at_most_below_dense": 0.1}}, "give one of 'at_least', 'at_most_below_dense'"),
    ({"where": {"halfway_to": 0.1, "at_most_below_dense": 0.1}}, "give one of 'at_least', 'at_most_below_dense'"),
    ({"where": {"at_least": 0.1, "split": "test"}}, "'split' belongs to 'metric'"),
    ({"where": {"at_most_below_dense": -0.1}}, "greater than or equal to 0"),
])
def test_illegal_settings_say_what_is_legal(changes, message):
    with pytest.raises(ValidationError, match=message):
        verdict(**changes)


def test_a_range_is_run_to_its_end_if_a_later_level_was():
    """One-shot levels fall in steps of their own: the next one's weights cannot be extrapolated."""
    table = records(ticket={0: [0.9] * 3, 1: [0.8] * 3, 9: [0.7] * 3}, dense={0: [0.9] * 3, 1: [0.9] * 3, 9: [0.9] * 3})
    asked = {"weights_remaining": [0.3, 0.9], "at_least": -11}
    assert verdict(table, **asked).verdict == "holds"
    short = verdict(table[table["level"] < 9], **asked)
    assert short.verdict == "undecided" and "not all of the range was run" in short.note
