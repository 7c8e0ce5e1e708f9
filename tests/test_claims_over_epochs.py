"""Rules about curves over training: one that is too short for the rule leaves it undecided."""

import pytest
from analysis_fixtures import curves, ours, records, rows

from lth_common.analysis.claims import RuleVerdict, judge_rule
from lth_common.errors import LTHError
from lth_common.expressions.rules import Rule
from lth_common.runs.records import frame

BEST = {"metric": "accuracy", "over_epochs": "at_max_of_mean"}
SELECTED = {"of": ours("ticket"), "against": ours("dense")}


def of_curves(table, **changes) -> RuleVerdict:
    sides = {"of": ours("ticket", **BEST), "against": ours("dense", **BEST)}
    return judge_rule(Rule(**{"label": "r", "at_least": 0, **sides, **changes}), table, None)


@pytest.mark.parametrize(("epochs", "expected", "note"), [
    (None, "holds", ""), (3, "holds", ""),
    (4, "undecided", "trained for 3 epochs, the rule is about 4"),
    (5, "undecided", "trained for 3 epochs, the rule is about 5"),
])
def test_trainings_that_are_too_short_leave_it_undecided(epochs, expected, note):
    """The shortest of seeds and sides counts; the numbers are reported all the same."""
    long, short = [0.1, 0.2, 0.3, 0.3], [0.5, 0.6, 0.9]
    table = frame(curves("dense", [long] * 3) + curves("ticket", [short, [*short, 0.1], short]))
    result = of_curves(table, epochs=epochs)
    assert (result.verdict, result.note) == (expected, note)
    assert (result.estimate, result.n) == (pytest.approx(60), 3) and result.low > 0
    swapped = of_curves(table, epochs=epochs, of=ours("dense", **BEST, level=0), against=ours("ticket", **BEST))
    assert (swapped.verdict == "undecided") == (expected == "undecided") and swapped.note == note


def test_only_the_rule_s_levels_must_be_long_enough():
    table = frame([row for level, length in ((0, 9), (1, 2)) for arm in ("dense", "ticket")
                   for row in curves(arm, [[0.5] * length] * 2, level=level)])
    assert of_curves(table, epochs=9, levels=(0, 0)).verdict == "holds"
    assert of_curves(table, epochs=9, levels=(0, 1), across_levels="some").verdict == "undecided"
    assert of_curves(table, epochs=9, levels=(5, 6)).note == "no level of this rule was run"


def test_the_length_is_that_of_the_training_also_for_a_selected_step():
    """selected_accuracy stands at the step that was selected, here 10 of 40."""
    table = frame([row for arm in ("dense", "ticket")
                   for row in [*curves(arm, [[0.5] * 4] * 2), *rows(arm, {0: [0.5, 0.5]})]])
    assert of_curves(table, epochs=4, **SELECTED).verdict == "holds"
    assert of_curves(table, epochs=5, **SELECTED).note == "trained for 4 epochs, the rule is about 5"


def test_a_last_epoch_may_be_cut_short_by_part_of_a_step():
    fractional = frame([row for arm in ("dense", "ticket")
                        for row in curves(arm, [[0.5] * 3] * 2, steps_per_epoch=7.5)])
    assert of_curves(fractional, epochs=3).verdict == "holds"


def test_a_length_in_epochs_needs_steps_per_epoch():
    with pytest.raises(LTHError, match="ticket.*no 'steps_per_epoch' above 0 for seed 0, level 0"):
        of_curves(records(dense={0: [0.5]}, ticket={0: [0.5]}), epochs=3, **SELECTED)
