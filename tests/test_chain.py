"""Each level starts from its mask times the rewind weights, tensor for tensor; counts and resuming are exact."""

import pytest
import torch
from conftest import every_level, frozen, make_rules, make_task, same, whole_chain

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import rate_of
from lth_common.seeds import stream
from lth_common.tickets.book import load_book, save_book
from lth_common.tickets.chain import run_chain
from lth_common.tickets.masks import next_mask, scores_of


def chain(rules, saved=None, save=lambda state: None, seed=0, **train):
    task = make_task(rules, **train)
    rows, book, _ = run_chain(task, rules, every_level(rules), seed, saved, save, lambda level, rows: None)
    return task, rows, book


def equal_books(left, right):
    return (left.step == right.step and same(left.rewind, right.rewind) and len(left.masks) == len(right.masks)
            and all(same(a, b) for a, b in zip(left.masks, right.masks, strict=True))
            and all(getattr(left, group).keys() == getattr(right, group).keys()
                    and all(same(w, getattr(right, group)[level]) for level, w in getattr(left, group).items())
                    for group in ("carried", "trained")))


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_every_level_starts_from_its_mask_times_the_initial_weights(scope):
    task, _, book = chain(make_rules(scope=scope))
    initial = task.initial(stream(0, "init"))
    assert len(task.starts) == len(book.masks) == 3
    assert same(book.rewind, initial) and book.step == 0
    for start, mask, ticket in zip(task.starts, book.masks, task.tickets, strict=True):
        assert same(start, mask.apply(initial)) and ticket.step == 0
    assert all(not same(outcome.weights, start) for outcome, start in zip(task.outcomes, task.starts, strict=True))


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_counts_of_every_level_follow_the_rates(scope):
    rules = make_rules(scope=scope, levels=3)
    task, rows, book = chain(rules)
    shown = {(r["level"], r["metric"]): r["value"] for r in rows if r["split"] == "model"}
    kinds = {p.name: p.kind for p in task.parameters if p.prunable}
    pools = [[n for n in kinds if kinds[n] == kind] for kind in ("linear", "output")]
    pools = pools if scope == "global" else [[n] for n in kinds]
    for level, mask in enumerate(book.masks):
        assert {n: shown[level, f"kept:{n}"] for n in mask} == {n: int(e.sum()) for n, e in mask.items()}
        assert shown[level, "kept"] == mask.kept() and shown[level, "prunable_weights"] == mask.size()
        remaining = {r["weights_remaining"] for r in rows if r["level"] == level}
        assert remaining == {mask.weights_remaining()}
        if level:
            before = book.masks[level - 1]
            assert all(not (mask[n] & ~before[n]).any() for n in mask), "a pruned weight revived"
            for pool in pools:
                had, has = (sum(int(m[n].sum()) for n in pool) for m in (before, mask))
                assert had - has == round(rate_of(kinds[pool[0]], rules.rates) * had)


def test_the_smallest_trained_weights_are_the_ones_that_go():
    task, _, book = chain(make_rules())
    for level, outcome in enumerate(task.outcomes[:-1]):
        for name in book.masks[0]:
            alive, stays = book.masks[level][name], book.masks[level + 1][name]
            size = outcome.weights[name].abs()
            assert size[alive & ~stays].max() <= size[stays].min()


@pytest.mark.parametrize("budget", ["2it", "6it", "1ep", "8it"])
def test_late_rewinding_starts_from_the_weights_at_that_step_and_continues_the_schedule(budget):
    step = {"1ep": 6}.get(budget) or int(budget[:-2])
    task, rows, book = chain(make_rules(rewind={"to": budget}))
    dense = task.tickets[0]
    at_step = make_task(budget=budget).train(dense, 0, 0).weights
    assert book.step == step and same(book.rewind, at_step)
    assert dense.step == 0 and same(task.starts[0], dense.mask.apply(dense.weights))
    for ticket, start, mask in zip(task.tickets[1:], task.starts[1:], book.masks[1:], strict=True):
        assert ticket.step == step and same(start, mask.apply(at_step))
    for level in range(3):
        judged = [r["step"] for r in rows if (r["level"], r["split"], r["metric"]) == (level, "validation", "accuracy")]
        assert judged == [s for s in (6, 12) if s > step or level == 0], "the schedule goes on at the rewind step"


def test_carried_biases_go_on_while_weights_are_rewound():
    task, _, book = chain(make_rules(rewind={"biases": "carried"}))
    initial = task.initial(stream(0, "init"))
    for level in (1, 2):
        start, trained = task.starts[level], task.outcomes[level - 1].weights
        for name in initial:
            if name.endswith("bias"):
                assert torch.equal(start[name], trained[name]) and not torch.equal(start[name], initial[name])
            else:
                assert torch.equal(start[name], book.masks[level].apply(initial)[name])


def test_training_changes_no_stored_ticket():
    task, _, book = chain(make_rules(rewind={"biases": "carried"}))
    alone = make_task()
    assert same(book.rewind, alone.initial(stream(0, "init")))
    for level, ticket in enumerate(task.tickets):
        assert same(ticket.weights, book.ticket(level).weights)


@pytest.mark.parametrize("rules", [
    {}, {"rewind": {"to": "8it", "biases": "carried"}, "keep_trained": "all"}, {"criterion": "random", "levels": 1},
], ids=["plain", "late", "random"])
def test_a_chain_resumed_at_any_saved_state_is_the_same_chain(rules):
    rules = make_rules(**rules)
    states = []
    _, rows, book = chain(rules, save=lambda state: states.append(frozen(state)), select={"rule": "best_validation"})
    assert {state["position"] for state in states} == set(range(rules.levels + 2))
    assert sum(state["training"] is not None for state in states) > rules.levels
    for state in states:
        resumed = chain(rules, saved=state, select={"rule": "best_validation"})
        assert resumed[1] == rows and equal_books(resumed[2], book)


def test_seeds_have_their_own_weights_and_masks():
    books = [chain(make_rules(levels=1), seed=seed)[2] for seed in (0, 0, 1)]
    assert equal_books(books[0], books[1])
    assert not same(books[0].rewind, books[2].rewind) and not same(books[0].masks[1], books[2].masks[1])


def test_a_book_survives_its_file(tmp_path):
    _, _, book = chain(make_rules(rewind={"to": "2it", "biases": "carried"}, keep_trained="all"))
    save_book(book, tmp_path / "tickets.safetensors")
    assert equal_books(load_book(tmp_path / "tickets.safetensors"), book)


@pytest.mark.parametrize(("keep", "levels"), [("none", []), ("dense", [0]), ("all", [0, 1, 2])])
def test_trained_weights_are_kept_as_asked(keep, levels):
    task, _, book = chain(make_rules(keep_trained=keep))
    assert list(book.trained) == levels
    for level in levels:
        assert same(book.trained[level], book.masks[level].apply(task.outcomes[level].weights))


def test_random_pruning_looks_at_no_weight_and_depends_on_seed_and_level():
    task = make_task()
    rules = make_rules(criterion="random")
    weights = task.initial(stream(0, "init"))
    mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable])
    zeros = {n: torch.zeros_like(w) for n, w in weights.items()}

    def pruned(w, seed, level):
        return next_mask(scores_of(task, rules, w, mask, seed, level), w, mask, task.parameters, rules, level + 1)

    assert same(pruned(weights, 0, 1), pruned(zeros, 0, 1))
    for other in (pruned(weights, 1, 1), pruned(weights, 0, 2)):
        assert pruned(weights, 0, 1).hamming(other) > 0
    assert pruned(weights, 0, 1).kept() == whole_chain(task, make_rules()).masks[1].kept()


def test_the_threshold_criterion_prunes_what_lies_below_it():
    task = make_task()
    rules = make_rules(criterion="threshold", threshold=0.5)
    weights = task.initial(stream(0, "init"))
    mask = Mask.dense(weights, [p.name for p in task.parameters if p.prunable])
    pruned = next_mask(scores_of(task, rules, weights, mask, 0, 0), weights, mask, task.parameters, rules, 1)
    for name in mask:
        assert torch.equal(pruned[name], weights[name].abs() >= 0.5 * weights[name].std(correction=0))


def test_a_chain_that_would_empty_the_network_says_so():
    with pytest.raises(LTHError, match="would keep no weight; lower prune.rates or prune.levels"):
        chain(make_rules(rates={"linear": 0.99}, levels=4), budget="1it")


@pytest.mark.parametrize("rules", [
    {"rates": {"linear": 1e-4}}, {"rates": {"linear": 1e-4}, "scope": "global"},
    {"rates": {"linear": 1e-4, "output": 1e-3}}, {"rates": {"linear": [1e-4, 0.5]}, "levels": None},
    {"rates": {"linear": 1e-4}, "criterion": "random"},
])
def test_rates_that_prune_nothing_are_refused_before_anything_is_trained(rules):
    rules = make_rules(**rules)
    task = make_task(rules)
    with pytest.raises(LTHError, match=r"prune.rates: \{'linear': 0.0001.*\} removes none of the .* at level 1; legal"):
        run_chain(task, rules, every_level(rules), 0, None, lambda state: None, lambda level, rows: None)
    assert not task.outcomes


def test_a_threshold_that_prunes_nothing_is_refused_once_it_is_known():
    with pytest.raises(LTHError, match="prune.threshold: 1e-09 removes none of the .* prunable weights at level 1"):
        chain(make_rules(criterion="threshold", threshold=1e-9), budget="1it")


def test_what_is_left_may_be_too_little_to_lose_a_weight():
    _, _, book = chain(make_rules(scope="global", rates={"linear": 0.45}, levels=14), budget="1it")
    kept = [mask.kept() for mask in book.masks]
    assert kept[0] > kept[1] and kept[-2:] == [1, 1]
    assert chain(make_rules(rates={"linear": 1e-4}, levels=0))[2].masks[0].kept() == kept[0]


def test_a_budget_that_ends_before_the_rewind_step_is_refused():
    with pytest.raises(LTHError, match="train.budget: 4it ends before step 4"):
        chain(make_rules(rewind={"to": "4it"}), budget="4it")
