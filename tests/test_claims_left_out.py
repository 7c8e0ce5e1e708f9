"""An arm that a reduced scale does not train leaves its rules undecided; an arm that nobody trains is a mistake."""

import math

import pytest
from analysis_fixtures import ours, published, records

from lth_common.analysis.claims import judge, judge_rule
from lth_common.analysis.verdicts import verdicts_frame, verdicts_markdown
from lth_common.errors import LTHError
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.rules import Claim, Rule
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.needs import left_out
from lth_common.runs.plan import plan_of

TABLE = records(dense={level: [0.97, 0.98, 0.99] for level in range(3)})
ABSENT = {("lenet", "as_stated", "ticket"): "not run at this scale"}
S1, S2 = ({"item": "fig1", "series": series} for series in ("S1", "S2"))


def claim(*rules):
    base = {"label": "r", "of": ours("ticket"), "against": ours("dense"), "at_least": -1}
    return Claim(statement="s", where="w", rules=[Rule.model_validate({**base, **changes}) for changes in rules])


@pytest.mark.parametrize("changes", [
    {}, {"across_levels": "every"}, {"across_levels": "some", "levels": (0, 9)}, {"across_levels": "slope"},
    {"of": ours("dense"), "against": ours("ticket", level=0)}, {"of": ours("ticket", level=2)},
    {"quantity": "value", "against": None, "epochs": 4, "weights_remaining": (0.2, 1.0)},
    {"across_levels": "lowest_weights", "where": {"at_least": 0}, "levels": (0, 1)}, {"where": {"at_least": 0.5}},
    {"published": {"of": S1, "against": S2}},
])
def test_what_this_scale_does_not_run_is_undecided(changes, tmp_path):
    verdict = judge("C", claim(changes), TABLE, published(tmp_path), ABSENT)
    rule, = verdict.rules
    assert (verdict.verdict, rule.verdict, rule.n) == ("undecided", "undecided", 0) and math.isnan(rule.estimate)
    assert rule.note == "not run at this scale: lenet/as_stated/ticket"
    assert "not run" in verdicts_markdown(verdicts_frame([verdict]), "T", "laptop")


def test_the_other_rules_of_a_claim_and_a_printed_number_stand(tmp_path):
    runs = {"of": ours("dense"), "quantity": "value", "against": None, "unit": "percent"}
    printed = {"published": {"value": {"item": "sec4", "series": "gap"}}}
    absent, held, failed = judge("C", claim(printed, runs | {"at_least": 90}, runs | {"at_least": 101}), TABLE,
                                 published(tmp_path), ABSENT).rules
    assert (absent.published, absent.verdict, held.verdict, failed.verdict) == (
        pytest.approx(0.85), "undecided", "holds", "fails")
    assert judge("C", claim(printed, runs | {"at_least": 101}), TABLE, published(tmp_path), ABSENT).verdict == "fails"


def test_a_misspelt_arm_is_an_error_at_every_scale():
    for arm in ("tiket", "ticket"):
        with pytest.raises(LTHError, match=f"claim C, rule 'r': .*no arm '{arm}'; legal: dense"):
            judge("C", claim({"of": ours(arm)}), TABLE, None, {("lenet", "as_released", "ticket"): "not run"})


def test_only_arms_that_a_scale_takes_away_are_left_out(edited):
    name = "data_subsets"
    paper = edited()
    plans = {scale: plan_of(name, scale, paper) for scale in SCALES}
    assert left_out(plans["paper"]) == {}
    trained = {scale: {(run.experiment, run.variant, run.arm) for run in plan.all_runs()}
               for scale, plan in plans.items()}
    for scale in SCALES:
        assert left_out(plans[scale]).keys() == trained["paper"] - trained[scale]
    assert ("lenet_subsets", "as_stated", "ticket_s4") in left_out(plans["laptop"])


def test_a_claim_on_such_an_arm_is_legal_and_a_misspelt_one_is_not(edited):
    of = "of: &ticket_s10_stated {experiment: lenet_subsets, variant: as_stated, arm: ticket_s10}"
    check_references("data_subsets", edited(of, of.replace("arm: ticket_s10", "arm: ticket_s4")))
    with pytest.raises(LTHError, match="claims.py: C3_as_stated: arm 'ticket_s44' is not there; did you mean 'ticket_"):
        check_references("data_subsets", edited(of, of.replace("arm: ticket_s10", "arm: ticket_s44")))


def test_fixed_levels_of_both_sides_that_this_scale_does_not_train_are_undecided(tmp_path):
    """Beside published points, too, which then have no level to stand at."""
    rule = Rule(label="r", of=ours("ticket", level=7), against=ours("ticket", level=8), at_least=0,
                published={"of": {"item": "fig1", "series": "S1"}, "against": {"item": "fig1", "series": "S2"}})
    result = judge_rule(rule, records(ticket={0: [0.9, 0.8], 1: [0.9, 0.8]}), published(tmp_path))
    assert (result.verdict, result.published) == ("undecided", None) and "no level of this rule was run" in result.note


def test_levels_that_only_one_side_was_run_at_are_named():
    table = records(ticket={level: [0.97, 0.98] for level in range(6)},
                    dense={level: [0.97, 0.96] for level in (0, 2, 4)})
    for levels, note in (((1, 4), "levels not run: 1, 3"), ((2, 2), ""), ((2, 3), "levels not run: 3")):
        rule, = claim({"levels": levels}).rules
        assert judge_rule(rule, table, None).note.partition("; not all")[0] == note
