"""A branch changes what its arm says and nothing else; every control differs from its treatment."""

import dataclasses

import pytest
import torch
from conftest import frozen, make_rules, make_task, same, whole_chain

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm
from lth_common.seeds import stream
from lth_common.tickets.branches import branch_ticket, one_shot
from lth_common.tickets.chain import run_branch

RULES = make_rules(keep_trained="all")
CONTROLS = {
    "reinit": {"weights": "reinit"}, "reinit_same_sign": {"weights": "reinit_same_sign"},
    "sampled": {"weights": "sampled"}, "sampled_per_layer": {"weights": "sampled_per_layer"},
    "sampled_same_sign": {"weights": "sampled_same_sign"},
    "sampled_per_layer_same_sign": {"weights": "sampled_per_layer_same_sign"},
    "random_mask": {"mask": "permuted"}, "remask": {"mask": "permuted", "weights": "sampled"},
    "one_shot": {"mask": "one_shot"}, "fine_tuned": {"weights": "trained"},
}
every_control = pytest.mark.parametrize("changes", CONTROLS.values(), ids=CONTROLS)
WEIGHTS = ("layers.0.weight", "layers.1.weight", "layers.2.weight")


@pytest.fixture(scope="module")
def task():
    return make_task(RULES)


@pytest.fixture(scope="module")
def book(task):
    return whole_chain(task, RULES)


def arm(**changes):
    return Arm.model_validate({"about": "", "from": "chain"} | changes)


def ticket(task, book, level, seed=0, rules=RULES, **changes):
    return branch_ticket(arm(**changes), book, level, task.parameters, rules, task.initial, seed)


def effective(t):
    """What training starts from."""
    return t.mask.apply(t.weights)


@every_control
def test_every_control_differs_from_the_winning_ticket_and_keeps_the_layer_counts(task, book, changes):
    winning, control = book.ticket(2), ticket(task, book, 2, **changes)
    assert not same(effective(control), effective(winning))
    assert {n: int(e.sum()) for n, e in control.mask.items()} == {n: int(e.sum()) for n, e in winning.mask.items()}
    assert same(control.mask, winning.mask) == ("mask" not in changes)
    assert control.weights.keys() == winning.weights.keys() and control.level == 2


@every_control
def test_controls_leave_the_book_alone_and_repeat_by_seed_and_level(task, book, changes):
    before = [frozen(dict(book.ticket(level).weights)) for level in range(3)]
    first, again = (ticket(task, book, 2, **changes) for _ in range(2))
    assert same(effective(first), effective(again))
    assert all(same(book.ticket(level).weights, before[level]) for level in range(3))
    drawn = changes.get("mask") != "one_shot" and changes.get("weights") != "trained"
    assert same(effective(first), effective(ticket(task, book, 2, seed=1, **changes))) != drawn


def test_an_arm_without_changes_trains_the_winning_ticket(task, book):
    plain, winning = ticket(task, book, 1), book.ticket(1)
    assert same(plain.mask, winning.mask) and same(plain.weights, winning.weights)


@pytest.mark.parametrize("changes", [{"mask": "permuted"}, {"mask": "one_shot"}])
def test_level_0_has_the_dense_mask_in_every_arm(task, book, changes):
    zeroth = ticket(task, book, 0, **changes)
    assert zeroth.mask.weights_remaining() == 1 and same(zeroth.weights, book.rewind)


def test_reinit_draws_all_weights_anew_by_the_scheme_of_the_task(task, book):
    fresh = ticket(task, book, 1, weights="reinit")
    assert same(fresh.weights, task.initial(stream(0, "reinit", 1)))
    levels = [ticket(task, book, level, weights="reinit").weights for level in (1, 2)]
    for name in WEIGHTS:
        assert (fresh.weights[name] != book.rewind[name]).all() and (levels[0][name] != levels[1][name]).all()


def test_reinit_starts_the_schedule_anew_even_after_late_rewinding(task):
    rules = make_rules(levels=1, rewind={"to": "6it"})
    late = whole_chain(make_task(rules), rules)
    assert ticket(task, late, 1, rules=rules).step == ticket(task, late, 1, rules=rules, mask="permuted").step == 6
    assert ticket(task, late, 1, rules=rules, weights="reinit").step == 0


def test_reinit_same_sign_keeps_signs_and_changes_sizes(task, book):
    winning, control = book.ticket(2), ticket(task, book, 2, weights="reinit_same_sign")
    plain = ticket(task, book, 2, weights="reinit")
    for name in WEIGHTS:
        assert torch.equal(control.weights[name].sign(), winning.weights[name].sign())
        assert torch.equal(control.weights[name].abs(), plain.weights[name].abs())
        assert (control.weights[name] != winning.weights[name]).all()


@pytest.mark.parametrize("mask", ["inherited", "permuted"])
@pytest.mark.parametrize("weights", ["sampled", "sampled_per_layer"])
def test_sampled_weights_are_survivors_of_the_winning_ticket(task, book, weights, mask):
    winning, control = book.ticket(2), ticket(task, book, 2, weights=weights, mask=mask)
    layers = {n: set(winning.weights[n][winning.mask[n]].tolist()) for n in WEIGHTS}
    whole = set().union(*layers.values())
    for name in WEIGHTS:
        drawn = set(control.weights[name][control.mask[name]].tolist())
        assert drawn <= (layers[name] if weights == "sampled_per_layer" else whole)
        assert (control.weights[name][~control.mask[name]] == 0).all()
    strangers = set(control.weights[WEIGHTS[1]][control.mask[WEIGHTS[1]]].tolist()) - layers[WEIGHTS[1]]
    assert bool(strangers) == (weights == "sampled")


@every_control
def test_only_redrawn_or_trained_networks_have_other_biases(task, book, changes):
    uneven = dataclasses.replace(book, rewind=book.rewind | {n: torch.full_like(t, 0.25) for n, t in book.rewind.items()
                                                             if n.endswith("bias")})
    winning, control = uneven.ticket(2), ticket(task, uneven, 2, **changes)
    others = changes.get("weights") in ("reinit", "reinit_same_sign", "trained")
    for name in (n for n in winning.weights if n.endswith("bias")):
        assert torch.equal(control.weights[name], winning.weights[name]) != others


@pytest.mark.parametrize("mask", ["inherited", "permuted"])
@pytest.mark.parametrize("weights", ["sampled", "sampled_per_layer"])
def test_sampled_same_sign_changes_nothing_but_signs(task, book, weights, mask):
    plain = ticket(task, book, 2, weights=weights, mask=mask)
    signed = ticket(task, book, 2, weights=f"{weights}_same_sign", mask=mask)
    assert signed.mask == plain.mask
    for name in WEIGHTS:
        kept = signed.mask[name]
        assert torch.equal(signed.weights[name].abs(), plain.weights[name].abs())
        assert torch.equal(signed.weights[name][kept].sign(), book.rewind[name][kept].sign())
        assert (signed.weights[name] != plain.weights[name]).any()


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_one_shot_prunes_the_trained_dense_network_to_the_counts_of_the_target(task, scope):
    rules = make_rules(scope=scope)
    book = whole_chain(make_task(rules), rules)
    pools = [WEIGHTS[:2], WEIGHTS[2:]] if scope == "global" else [(n,) for n in WEIGHTS]
    mask = one_shot(book.trained[0], book.masks[0], book.masks[2], task.parameters, rules)
    for pool in pools:
        size = torch.cat([book.trained[0][n].abs().flatten() for n in pool])
        kept = torch.cat([mask[n].flatten() for n in pool])
        assert int(kept.sum()) == sum(int(book.masks[2][n].sum()) for n in pool)
        assert size[~kept].max() <= size[kept].min()
    first = one_shot(book.trained[0], book.masks[0], book.masks[1], task.parameters, rules)
    assert same(first, book.masks[1]), "one round of pruning is one-shot pruning"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_fine_tuning_starts_from_the_weights_the_level_before_ended_with(task, book, level):
    tuned = ticket(task, book, level, weights="trained")
    ended = task.outcomes[max(level - 1, 0)].weights
    assert same(effective(tuned), book.masks[level].apply(ended))


@pytest.mark.parametrize(("changes", "level", "needed"), [
    ({"weights": "trained"}, 2, "set prune.keep_trained to 'all'"),
    ({"weights": "trained"}, 1, "set prune.keep_trained to 'dense' or 'all'"),
    ({"mask": "one_shot"}, 2, "set prune.keep_trained to 'dense' or 'all'"),
])
def test_trained_weights_that_were_not_kept_are_an_error(task, book, changes, level, needed):
    book = type(book)(book.rewind, book.step, book.masks)
    with pytest.raises(LTHError, match=needed):
        ticket(task, book, level, **changes)


def test_a_level_that_the_chain_has_not_is_an_error(task, book):
    for level in (-1, 3):
        with pytest.raises(LTHError, match=f"level {level}: this chain has the levels 0 to 2"):
            ticket(task, book, level)


def test_a_branch_trains_its_levels_and_can_be_resumed_at_any_state(book):
    states = []

    def branch(saved=None, save=lambda state: None):
        task = make_task(RULES, data="other", select={"rule": "best_validation"})
        rows, _ = run_branch(task, arm(weights="reinit"), RULES, book, [0, 2], 0, saved, save, lambda level, rows: None)
        return task, rows

    task, rows = branch(save=lambda state: states.append(frozen(state)))
    assert [t.level for t in task.tickets] == [0, 2] and {r["level"] for r in rows} == {0, 2}
    for t, start in zip(task.tickets, task.starts, strict=True):
        assert same(start, effective(t))
    assert sum(state["training"] is not None for state in states) >= 4
    assert all(branch(saved=state)[1] == rows for state in states)


def test_a_reinitialised_branch_keeps_carried_biases_so_that_weights_alone_differ():
    rules = make_rules(rewind={"biases": "carried"})
    task = make_task(rules)
    book = whole_chain(task, rules)
    winning, control = book.ticket(2), ticket(task, book, 2, rules=rules, weights="reinit")
    differ = {n for n in winning.weights if not torch.equal(winning.weights[n], control.weights[n])}
    assert differ == set(WEIGHTS)
