"""What a ticket has lost since its seed's dense network, in place of the metric itself."""

import pytest
from analysis_fixtures import ours, records

from lth_common.analysis.claims import judge_rule
from lth_common.analysis.selection import describe, select
from lth_common.expressions.rules import Rule

TABLE = records(dense={0: [10, 20, 30]}, little={0: [0, 0, 0], 1: [9, 18, 27], 2: [8, 16, 24]},
                much={1: [5, 10, 15], 2: [5, 10, 15]})


def lost(arm, **changes):
    return ours(arm, below_dense_of="dense", **changes)


def test_each_seed_is_compared_with_its_own_dense_network():
    values = select(TABLE, lost("little"))["value"]
    assert values.xs(1, level="level").tolist() == [1, 2, 3] and values.xs(2, level="level").tolist() == [2, 4, 6]
    assert values.xs(0, level="level").tolist() == [10, 20, 30]
    assert "selected_accuracy below dense[" in describe(lost("little"))


def test_losses_are_put_in_relation():
    rule = Rule(label="r", quantity="ratio", unit="ratio", of=lost("much"), against=lost("little"), at_least=4,
                levels=(1, 1))
    result = judge_rule(rule, TABLE, None)
    assert (result.estimate, result.verdict) == (pytest.approx(5), "holds")


def test_the_dense_network_must_have_been_run():
    rule = Rule(label="r", quantity="value", unit="ratio", of=lost("much"), at_least=0)
    result = judge_rule(rule, TABLE, None, {("lenet", "as_stated", "dense"): "not run at this scale"})
    assert result.verdict == "undecided" and result.note == "not run at this scale: lenet/as_stated/dense"


def test_a_seed_without_a_dense_network_has_no_loss():
    table = records(dense={0: [10, 20]}, much={1: [5, 10, 15]})
    assert select(table, lost("much"))["value"].isna().tolist() == [False, False, True]
