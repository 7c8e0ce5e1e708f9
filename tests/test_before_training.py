"""Pruning before training: masks from the weights that tickets start from, all made before a level is trained."""

import pytest
from conftest import frozen, make_rules, make_task, same

from lth_common.errors import LTHError
from lth_common.protocol.arm_checks import check_levels
from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.prune import pools_by_rate, prune
from lth_common.seeds import stream
from lth_common.tickets.book import load_book, save_book
from lth_common.tickets.chain import run_branch, run_chain

BEFORE = {"when": "before_training"}
LISTS = {"rates": {"linear": [0.3, 0.5, 0.9]}, "levels": None} | BEFORE
DIVERGES = {"optimizer": {"name": "sgd", "lr": 1e30}}


def made(rules, levels, saved=None, save=lambda state: None, **train):
    task = make_task(rules, **train)
    rows, book, failures = run_chain(task, rules, levels, 0, saved, save, lambda level, rows: None)
    return task, rows, book, failures


def equal(left, right):
    return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))


def by_size(task, weights, rules):
    """Masks of level after level, by the size of `weights`, in a few plain lines."""
    masks = [run_chain(task, make_rules(levels=0), [0], 0, None, lambda s: None, lambda level, rows: None)[1].masks[0]]
    for level in range(1, rules.last_level + 1):
        mask = masks[0 if rules.one_shot else -1]
        pools = pools_by_rate(mask, task.parameters, rules.scope, rules.rates_at(level))
        masks.append(prune({name: weights[name].abs() for name in mask}, mask, pools))
    return masks


@pytest.mark.parametrize("rules", [BEFORE, LISTS, BEFORE | {"scope": "global"}, LISTS | {"keep_trained": "none"}])
def test_masks_come_from_the_initial_weights_and_whatever_is_trained_they_are_the_same(rules):
    rules = make_rules(**rules)
    task, rows, book, _ = made(rules, list(range(rules.last_level + 1)), budget="1ep")
    initial = task.initial(stream(0, "init"))
    assert equal(book.masks, by_size(make_task(budget="1it"), initial, rules))
    assert same(book.rewind, initial) and book.step == 0
    last, some, other, _ = made(rules, [rules.last_level], budget="1ep")
    assert equal(other.masks, book.masks) and len(last.outcomes) == 1
    assert some == [row for row in rows if row["level"] == rules.last_level]
    assert same(last.starts[0], book.masks[-1].apply(initial))


def test_late_rewinding_prunes_the_weights_at_the_rewind_point():
    rules = make_rules(rewind={"to": "4it"}, **BEFORE)
    task, _, book, _ = made(rules, [0, 1, 2])
    assert book.step == 4 and not same(book.rewind, task.initial(stream(0, "init")))
    assert equal(book.masks, by_size(make_task(budget="1it"), book.rewind, rules))
    assert same(task.starts[2], book.masks[2].apply(book.rewind))


@pytest.mark.parametrize("rules", [BEFORE, LISTS, BEFORE | {"rewind": {"to": "4it"}}, BEFORE | {"criterion": "random"}])
def test_a_chain_resumed_at_any_saved_state_is_the_same_chain(rules, tmp_path):
    rules, states = make_rules(**rules), []
    levels = list(range(rules.last_level + 1))
    _, rows, book, _ = made(rules, levels, save=lambda state: states.append(frozen(state)))
    for state in states:
        _, again, other, _ = made(rules, levels, saved=state)
        assert again == rows and equal(other.masks, book.masks)
    save_book(book, tmp_path / "tickets.safetensors")
    assert equal(load_book(tmp_path / "tickets.safetensors").masks, book.masks)


@pytest.mark.parametrize("rules", [{}, BEFORE])
def test_one_shot_levels_of_any_criterion_nest(rules):
    rules = make_rules(**LISTS | {"criterion": "random", "when": "after_training"} | rules)
    _, _, book, _ = made(rules, [0], budget="1it")
    for earlier, later in zip(book.masks, book.masks[1:], strict=False):
        assert later.kept() < earlier.kept() and not any((later[n] & ~earlier[n]).any() for n in later)


def test_a_dense_training_that_diverges_takes_no_ticket_away():
    rules = make_rules(**BEFORE)
    _, rows, book, failures = made(rules, [0, 1, 2], **DIVERGES)
    assert len(book.masks) == 3 and failures.keys() == {0, 1, 2}
    assert all("diverged" in why and "no ticket" not in why for why in failures.values())
    late, _, book, failures = made(make_rules(rewind={"to": "8it"}, **BEFORE), [0, 1, 2], **DIVERGES)
    assert len(book.masks) == 1 and len(late.outcomes) == 1 and "no ticket" in failures[2]


def test_branches_start_from_such_tickets():
    rules = make_rules(**BEFORE)
    _, rows, book, _ = made(rules, [2], budget="1ep")
    arm = Arm.model_validate({"about": "", "from": "chain", "weights": "reinit"})
    task = make_task(rules, budget="1ep")
    run_branch(task, arm, rules, book, [0, 1, 2], 0, None, lambda state: None, lambda level, rows: None)
    assert [ticket.mask for ticket in task.tickets] == book.masks


@pytest.mark.parametrize("rules", [BEFORE | {"rates": {"linear": 1e-4}}, BEFORE | {
    "criterion": "threshold", "threshold": 1e-9}])
def test_rates_that_prune_nothing_are_refused_before_anything_is_trained(rules):
    task = make_task(make_rules(**rules))
    with pytest.raises(LTHError, match="removes none of the .* prunable weights at level 1"):
        run_chain(task, make_rules(**rules), [0, 1, 2], 0, None, lambda state: None, lambda level, rows: None)
    assert not task.outcomes


@pytest.mark.parametrize(("changes", "message"), [
    ({"when": "before"}, "prune.when: 'before' is not legal here"),
    (BEFORE | {"rewind": {"biases": "carried"}}, "'carried' biases come from a training"),
    ({"rates": {"linear": [0.5]}, "levels": None, "keep_trained": "none"}, "or when: before_training"),
])
def test_a_mistake_is_named(changes, message):
    rules = {"scope": "global", "rates": {"linear": 0.5}, "levels": 2} | changes
    with pytest.raises(LTHError, match=message):
        parse(Prune, rules, "protocol.yaml", "prune")


CHAIN, LATE = {"about": ""}, BEFORE | {"rewind": {"to": "4it"}}
BRANCH = {"about": "", "from": "chain"}


@pytest.mark.parametrize(("arm", "chain", "rules", "message"), [
    ({"levels": [1, 2]}, {}, BEFORE, None), ({"levels": [2]}, {}, LISTS, None),
    ({"levels": [1]}, {}, {}, "arm.levels: only a one-shot chain, or one with prune.when: before_training"),
    ({"levels": [0, 2]}, {}, LATE, None), ({"levels": [2]}, {}, LATE, "arm.levels: 0 comes first"),
    (BRANCH | {"mask": "one_shot"}, {}, {}, None),
    (BRANCH | {"mask": "one_shot"}, {}, BEFORE, "arm.mask: 'one_shot' is the trained dense network pruned by"),
    (BRANCH | {"mask": "one_shot"}, {}, {"criterion": "a.b:c"}, "the chain is pruned by 'a.b:c' after_training; legal"),
    (BRANCH | {"weights": "trained"}, {}, BEFORE, "needs prune.keep_trained: all"),
    (BRANCH | {"weights": "trained"}, {}, BEFORE | {"keep_trained": "all"}, None),
    (BRANCH | {"weights": "trained"}, {"levels": [0, 2]}, BEFORE | {"keep_trained": "all"}, r"weights of levels \[1\]"),
    (BRANCH | {"weights": "trained", "levels": [1]}, {"levels": [0]}, BEFORE | {"keep_trained": "all"}, None),
    (BRANCH | {"weights": "trained"}, {"levels": [2]}, LISTS, r"weights of levels \[0\], which its chain does not"),
])
def test_levels_and_weights_that_are_not_there_are_refused(arm, chain, rules, message):
    arm, chain = (Arm.model_validate(CHAIN | own) for own in (arm, chain))
    chain = chain if arm.from_ else arm
    if message is None:
        check_levels(arm, chain, make_rules(**rules), "arm")
    else:
        with pytest.raises(LTHError, match=message):
            check_levels(arm, chain, make_rules(**rules), "arm")


def test_the_default_is_no_part_of_a_run():
    assert "when" not in make_rules(when="after_training").model_dump(exclude_defaults=True)
