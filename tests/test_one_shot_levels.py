"""One-shot chains: every level is pruned straight from the trained dense network, and need not be trained."""

import pytest
import torch
from conftest import frozen, make_rules, make_task, same, whole_chain

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.prunable import rate_of
from lth_common.seeds import stream
from lth_common.tickets.branches import branch_ticket
from lth_common.tickets.chain import run_branch, run_chain

SHARES = [0.3, 0.5, 0.9]
RULES = make_rules(rates={"linear": SHARES, "output": [0.1, 0.2, 0.3]}, levels=None)


def of_levels(levels, rules=RULES, saved=None, save=lambda state: None):
    task = make_task(rules)
    rows, book, _ = run_chain(task, rules, levels, 0, saved, save, lambda level, rows: None)
    return task, rows, book


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_each_level_removes_its_share_of_the_smallest_weights_of_the_dense_network(scope):
    rules = make_rules(rates=RULES.rates, levels=None, scope=scope)
    task, _, book = of_levels([0], rules)
    trained = task.outcomes[0].weights
    kinds = {p.name: p.kind for p in task.parameters if p.prunable}
    pools = ([[n for n in kinds if kinds[n] == kind] for kind in ("linear", "output")] if scope == "global"
             else [[n] for n in kinds])
    assert len(book.masks) == 4 and rules.last_level == 3
    for level in (1, 2, 3):
        mask = book.masks[level]
        for pool in pools:
            size = sum(mask[n].numel() for n in pool)
            share = rate_of(kinds[pool[0]], rules.rates)[level - 1]
            assert sum(int((~mask[n]).sum()) for n in pool) == round(share * size)
            lost = torch.cat([trained[n][~mask[n]].abs() for n in pool])
            assert lost.max() <= torch.cat([trained[n][mask[n]].abs() for n in pool]).min()
        assert all(not (mask[n] & ~book.masks[level - 1][n]).any() for n in mask), "shares that grow nest"


def test_levels_that_are_not_trained_have_their_tickets_all_the_same():
    few, some, every = of_levels([0]), of_levels([0, 2]), of_levels([0, 1, 2, 3])
    assert [len(run[0].outcomes) for run in (few, some, every)] == [1, 2, 4]
    for _, _, book in (few, some):
        assert all(same(a, b) for a, b in zip(book.masks, every[2].masks, strict=True))
        assert same(book.rewind, every[2].rewind) and same(book.trained[0], every[2].trained[0])
    assert [row for row in every[1] if row["level"] in (0, 2)] == some[1]
    assert {row["level"] for row in few[1]} == {0}


def test_a_chain_resumed_at_any_saved_state_is_the_same_chain():
    states = []
    _, rows, book = of_levels([0, 2, 3], save=lambda state: states.append(frozen(state)))
    for state in states:
        _, again, other = of_levels([0, 2, 3], saved=state)
        assert again == rows and all(same(a, b) for a, b in zip(book.masks, other.masks, strict=True))


def test_a_branch_may_go_on_from_the_dense_networks_trained_weights():
    task, _, book = of_levels([0])
    arm = Arm.model_validate({"about": "", "from": "search", "weights": "trained", "train": {"budget": "0it"}})
    ticket = branch_ticket(arm, book, 3, task.parameters, RULES, task.initial, 0)
    assert same(ticket.weights, task.outcomes[0].weights) and same(ticket.mask, book.masks[3])
    pruned = make_task(RULES, budget="0it")
    rows, _ = run_branch(pruned, arm, RULES, book, [0, 3], 0, None, lambda state: None, lambda level, rows: None)
    at = {(row["level"], row["metric"]): row["value"] for row in rows if row["split"] == "test"}
    dense = {row["metric"]: row["value"] for row in of_levels([0])[1] if row["split"] == "test"}
    assert at[0, "selected_accuracy"] == dense["selected_accuracy"], "not trained, so as it was"
    assert same(pruned.outcomes[1].weights, book.masks[3].apply(task.outcomes[0].weights))


def test_carried_biases_are_those_of_the_dense_training():
    rules = make_rules(rates=RULES.rates, levels=None, rewind={"biases": "carried"})
    task, _, book = of_levels([0, 1, 2, 3], rules)
    initial = task.initial(stream(0, "init"))
    for level in (1, 2, 3):
        for name, start in task.starts[level].items():
            wanted = task.outcomes[0].weights[name] if name.endswith("bias") else book.masks[level].apply(initial)[name]
            assert torch.equal(start, wanted)


def test_fewer_levels_than_the_lists_have():
    rules = make_rules(rates=RULES.rates, levels=2)
    assert rules.last_level == 2 and len(whole_chain(make_task(rules), rules).masks) == 3


MISTAKES = {
    "unequal lists": ({"rates": {"linear": [0.1, 0.2], "output": [0.1]}}, "numbers or lists of equal length"),
    "number and list": ({"rates": {"linear": [0.1, 0.2], "output": 0.1}}, "numbers or lists of equal length"),
    "more levels than shares": ({"rates": {"linear": [0.1]}, "levels": 2}, "'levels' is 2, but the lists"),
    "no levels": ({"rates": {"linear": 0.1}}, "'levels' is required"),
    "share of 1": ({"rates": {"linear": [0.1, 1.0]}}, "rates.linear: [0.1, 1.0] is not legal here: a rate"),
    "empty list": ({"rates": {"linear": []}}, "a rate lies between 0 and 1"),
    "falling rates": ({"rates": {"linear": [0.9, 0.1]}}, "a list of rates rises"),
    "threshold": (
        {"rates": {"linear": [0.5]}, "criterion": "threshold", "threshold": 1}, "says itself how many weights go"),
    "nothing kept": ({"rates": {"linear": [0.5]}, "keep_trained": "none"}, "the dense network's trained weights"),
}


@pytest.mark.parametrize(("prune", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(prune, message):
    with pytest.raises(LTHError) as error:
        parse(Prune, {"scope": "layerwise"} | prune, "protocol.yaml", "prune")
    assert message in str(error.value)
