"""Verdicts: three-valued, honest about few seeds and missing levels, and monotone in the threshold."""

import math

import numpy as np
import pytest
from analysis_fixtures import ours, published, records, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_common.analysis.claims import combine, judge, judge_rule
from lth_common.errors import LTHError
from lth_common.expressions.curves import Published
from lth_common.expressions.rules import Claim, PublishedRule, Rule
from lth_common.runs.records import frame

DENSE = {level: [0.97, 0.98, 0.99] for level in range(4)}
TICKET = {0: [0.97, 0.98, 0.99], 1: [0.969, 0.981, 0.989], 2: [0.960, 0.970, 0.980], 3: [0.90, 0.92, 0.94]}
ORDER = {"fails": 0, "undecided": 1, "holds": 2}


def rule(**changes) -> Rule:
    return Rule(**{"label": "r", "of": ours("ticket"), "against": ours("dense"), "at_least": -1.5, **changes})


def verdict(table=None, pub=None, **changes):
    return judge_rule(rule(**changes), records(dense=DENSE, ticket=TICKET) if table is None else table, pub)


def test_seeds_are_paired():
    """Seeds differ by whole points, the differences by nothing: only pairing can decide."""
    result = verdict(levels=(2, 2))
    assert (result.estimate, result.n, result.verdict) == (pytest.approx(-1.0), 3, "holds")
    assert result.high - result.low < 1e-9


def test_mean_every_and_some_ask_different_things():
    results = {across: verdict(across_levels=across, levels=(1, 3)) for across in ("mean", "every", "some")}
    assert results["mean"].estimate == pytest.approx((-1 / 30 - 1 - 6) / 3)
    assert results["every"].estimate == pytest.approx(-6)
    assert results["some"].estimate == pytest.approx(-1 / 30)
    assert [results[a].verdict for a in ("mean", "every", "some")] == ["fails", "fails", "holds"]
    assert "decided at 0.512" in results["every"].quantity


def test_a_fixed_level_is_compared_with_all_levels():
    moved = {level: [value - level for value in seeds] for level, seeds in DENSE.items()}
    table = records(dense=moved, ticket=TICKET)
    result = verdict(table, against=ours("dense", level=0), levels=(2, 2))
    assert result.estimate == pytest.approx(-1.0)
    swapped = verdict(table, of=ours("dense", level=0), against=ours("ticket"), levels=(2, 2))
    assert swapped.estimate == pytest.approx(1.0)
    both = verdict(table, of=ours("ticket", level=2), against=ours("dense", level=0))
    assert both.estimate == pytest.approx(-1.0)


def test_ratio_of_means_is_no_mean_of_ratios():
    table = records(ticket={0: [10, 10], 1: [30, 30]}, dense={0: [1, 1], 1: [30, 30]})
    result = verdict(table, quantity="ratio", unit="ratio", at_least=1)
    assert (result.estimate, result.verdict) == (pytest.approx(40 / 31), "holds")


def test_value_in_percent_and_counts_without_spread_decide():
    alone = {"quantity": "value", "against": None}
    assert verdict(levels=(0, 0), unit="percent", at_least=90, **alone).verdict == "holds"
    table = frame(rows("ticket", {0: [266200, 266200]}, metric="prunable_weights", split="model"))
    count = ours("ticket", metric="prunable_weights", split="model")
    for legal, expected in ((266200, "holds"), (266201, "fails")):
        result = verdict(table, of=count, unit="count", at_least=legal, at_most=legal, **alone)
        assert result.verdict == expected


def test_one_seed_is_never_enough():
    table = records(dense={0: [0.5]}, ticket={0: [0.9]})
    assert verdict(table).verdict == "undecided"
    assert verdict(table, at_least=99).verdict == "undecided"


def test_a_bound_met_exactly_holds_in_spite_of_rounding():
    table = records(dense={0: [0.98, 0.98]}, ticket={0: [0.97, 0.97]})
    assert 100 * (0.97 - 0.98) < -1
    assert verdict(table, at_least=-1.0).verdict == "holds"


def test_a_diverged_run_leaves_it_open():
    table = records(dense={0: [0.98, 0.98]}, ticket={0: [0.97, math.nan]})
    result = verdict(table)
    assert result.verdict == "undecided" and math.isnan(result.estimate)


@pytest.mark.parametrize(("changes", "expected"), [
    ({"weights_remaining": (0.5, 1.0), "at_least": -3.0}, "holds"),
    ({"weights_remaining": (0.6, 1.0)}, "holds"),               # the next level, 0.51, is outside
    ({"weights_remaining": (0.2, 0.7), "at_least": -99}, "undecided"),  # 0.41 and less were not run
    ({"levels": (0, 5), "at_least": -99}, "undecided"),
    ({"levels": (0, 5), "across_levels": "every"}, "fails"),    # one level that fails is enough
    ({"levels": (0, 5), "across_levels": "some"}, "holds"),
    ({"levels": (7, 9)}, "undecided"),
    ({"weights_remaining": (0.01, 0.1)}, "undecided"),
    ({"of": ours("ticket", level=9)}, "undecided"),
])
def test_levels_that_were_not_run_are_not_passed_over(changes, expected):
    result = verdict(**changes)
    assert result.verdict == expected
    assert ("was run" in result.note) == (changes.get("levels", (0, 0))[1] >= 5
                                          or changes.get("weights_remaining", (1, 1))[0] <= 0.2
                                          or "of" in changes)


def test_a_seed_without_all_levels_is_left_out_of_means_and_named():
    table = records(dense=DENSE, ticket={**TICKET, 2: TICKET[2][:2]})
    result = verdict(table, levels=(0, 2))
    assert (result.n, result.note) == (2, "left out for missing levels: seed 2")


seeds = st.lists(st.floats(0, 1), min_size=3, max_size=3)
across = st.sampled_from(["mean", "every", "some"])


@settings(deadline=None)
@given(seeds, seeds, across, st.floats(-60, 60), st.floats(0, 30))
def test_a_harder_bound_is_never_met_more_easily(dense, ticket, how, bound, harder):
    table = records(dense={0: dense, 1: dense}, ticket={0: ticket, 1: ticket[::-1]})
    easy = verdict(table, across_levels=how, at_least=bound).verdict
    hard = verdict(table, across_levels=how, at_least=bound + harder).verdict
    assert ORDER[hard] <= ORDER[easy]


@settings(deadline=None)
@given(seeds, seeds, across, st.floats(-60, 60))
def test_mirrored_sides_give_the_same_verdict(dense, ticket, how, bound):
    table = records(dense={0: dense}, ticket={0: ticket})
    there = verdict(table, across_levels=how, at_least=bound)
    back = verdict(table, across_levels=how, of=ours("dense"), against=ours("ticket"), at_least=None,
                   at_most=-bound)
    assert (there.verdict, there.estimate) == (back.verdict, pytest.approx(-back.estimate))


@settings(deadline=None)
@given(st.permutations(range(3)), across)
def test_renaming_seeds_and_shuffling_rows_changes_nothing(order, how):
    table = records(dense=DENSE, ticket=TICKET)
    renamed = table.assign(seed=np.array(order)[table["seed"]]).sample(frac=1, random_state=order[0])
    assert verdict(renamed, across_levels=how) == verdict(table, across_levels=how)


def test_published_points_go_through_the_same_rule(tmp_path):
    s1, s2 = (Published(item="fig1", series=series) for series in ("S1", "S2"))
    theirs = PublishedRule(of=s1, against=s2)
    results = {how: verdict(pub=published(tmp_path), published=theirs, across_levels=how, levels=(0, 2))
               for how in ("mean", "every", "some")}
    assert [results[how].published for how in results] == pytest.approx([-2.5 / 3, -2.0, 0.5])
    assert [results[how].published_ok for how in results] == [True, False, True]
    partial = verdict(pub=published(tmp_path), published=theirs)
    assert partial.note == "published points at 3 of 4 levels"
    assert verdict(pub=published(tmp_path), published=theirs, levels=(3, 3)).published is None
    dense = verdict(pub=published(tmp_path), published=theirs, against=ours("dense", level=0), levels=(2, 2))
    assert dense.published == pytest.approx(95 - 98)


def test_a_printed_number_stands_beside_ours(tmp_path):
    gap = PublishedRule(value=Published(item="sec4", series="gap"))
    result = verdict(pub=published(tmp_path), published=gap, at_least=1)
    assert (result.published, result.published_ok) == (pytest.approx(0.85), False)
    text = PublishedRule(value=Published(item="table1", y_name="optimizer"))
    with pytest.raises(LTHError, match="'Adam' is no number"):
        verdict(pub=published(tmp_path), published=text)


def test_published_numbers_are_compared_times_their_scale(tmp_path):
    twice = PublishedRule(value=Published(item="sec4", series="gap", scale=2))
    assert verdict(pub=published(tmp_path), published=twice).published == pytest.approx(1.7)
    s1, s2 = (Published(item="fig1", series=series, scale=scale) for series, scale in (("S1", 0.5), ("S2", 1)))
    halved = verdict(pub=published(tmp_path), published=PublishedRule(of=s1, against=s2), levels=(2, 2))
    assert halved.published == pytest.approx(95 / 2 - 97)


def test_what_is_not_in_the_records_is_named_with_what_is():
    table = records(dense=DENSE, ticket=TICKET)
    for change, message in (({"arm": "tiket"}, "no arm 'tiket'; did you mean 'ticket'.; legal: dense, tic"),
                            ({"metric": "loss"}, "no metric 'loss'; legal: selected_accuracy"),
                            ({"variant": "as_released"}, "no variant 'as_released'.*legal: as_stated")):
        claim = Claim(statement="s", where="w", rules=[rule(of=ours(**{"arm": "ticket", **change}))])
        with pytest.raises(LTHError, match=f"claim C1, rule 'r': records of .*{message}"):
            judge("C1", claim, table, None)
    curve = frame([row for step in (1, 2) for row in rows("ticket", {0: [0.5]}, step=step)])
    with pytest.raises(LTHError, match="2 values for seed 0, level 0 .steps 1 to 2.*selected_accuracy"):
        verdict(curve, quantity="value", against=None)
    disjoint = frame(rows("ticket", {0: [0.5]}) + rows("dense", {0: [0.5]}, seed=7))
    with pytest.raises(LTHError, match="share no seed"):
        verdict(disjoint)


def test_combination_of_verdicts():
    assert combine("every", ["holds", "undecided", "fails"]) == "fails"
    assert combine("every", ["holds", "undecided"]) == "undecided"
    assert combine("every", ["holds", "holds"]) == "holds"
    assert combine("some", ["fails", "holds"]) == "holds"
    assert combine("some", ["fails", "fails"]) == "fails"
    assert combine("mean", ["fails", "undecided"]) == "undecided"
