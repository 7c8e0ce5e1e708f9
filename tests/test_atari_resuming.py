"""An Atari training that was killed and goes on from a saved state ends as if it had not been, bit for bit."""

from copy import deepcopy

import numpy as np
import pytest
from atari_fixtures import DATA, RULES, TRAIN, make_task
from conftest import every_level, frozen, same
from failure_fixtures import chain, dense

from lth_common.tickets.chain import run_chain
from replications.rl_nlp_tickets.atari.games import Group
from replications.rl_nlp_tickets.atari.schema import Data

SMALL = {"threads": 2, "group": 1}


@pytest.mark.parametrize(("game", "longest", "many"), [("breakout", 100, 40), ("qbert", 800, 220)])
def test_games_go_on_bit_for_bit_from_a_file(game, longest, many):
    data = Data.model_validate(DATA | {"name": game, "longest": longest, "group": 3, "threads": 3, "colour": False})
    first, other, draw = Group(data), Group(data), np.random.default_rng(0)
    actions = first.environment.single_action_space.n
    first.begin(np.random.default_rng(1))
    other.begin(np.random.default_rng(2))
    before, after, fresh = 0, 0, 0
    for moves in (1, many, 0):
        for _ in range(moves):
            before += len(first.step(draw.integers(actions, size=3))[-1])
        while moves == 0 and all(first.played):  # until a game has just begun
            first.step(draw.integers(actions, size=3))
        saved = frozen(first.saved())
        fresh += any(not own for own in saved["played"]) and any(saved["over"])
        kept = deepcopy(saved)
        other.restore(saved)
        assert saved == kept == other.saved() and np.array_equal(first.screens, other.screens)
        for _ in range(100):
            chosen = draw.integers(actions, size=3)
            (*one, last, over), (*two, last_too, over_too) = first.step(chosen), other.step(chosen)
            assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True)) and over == over_too
            assert all(np.array_equal(last[place], last_too[place]) for place, _ in over)
            assert np.array_equal(first.screens, other.screens)
            after += len(over)
    assert before >= 3 and after >= 3 and fresh


def bits(outcome):
    """All that an outcome holds, NaN equal to itself."""
    captured = outcome.captured or {}
    return (repr(outcome.rows), outcome.failure, outcome.captured_step,
            *({name: weight.numpy().tobytes() for name, weight in own.items()} for own in (outcome.weights, captured)))


def training(task, capture="1ep", resume=None):
    """The dense network's outcome, all states, and how many of these are of the start games."""
    states = []
    outcome = task.train(dense(task), 0, 0, capture, resume, lambda state: states.append(frozen(state)))
    return bits(outcome), states, sum("start" in state for state in states)


def test_a_training_goes_on_from_any_state():
    """Acting weights are renewed after 3 batches, the rewind point is batch 6, a game lasts 10 of 18 steps."""
    task = make_task(data=SMALL, train={"start_games": 0})
    whole, states, _ = training(task)
    assert [state["diary"]["step"] for state in states] == list(range(12))
    assert [state["diary"]["captured"] is not None for state in states] == [False] * 6 + [True] * 6
    for chosen in (0, 5, 6, 8, 11):
        assert training(task, resume=states[chosen])[0] == whole, chosen


def test_a_state_may_be_used_twice_also_by_a_new_process_and_leads_through_the_same_states():
    task = make_task(data=SMALL, train={"start_games": 1})
    whole, states, starts = training(task)
    chosen = starts + 7
    before = deepcopy(states[chosen])
    for other in (task, make_task(data=SMALL, train={"start_games": 1})):
        again, later, _ = training(other, resume=states[chosen])
        assert again == whole and repr(states[chosen]) == repr(before)
        assert [repr(state) for state in later] == [repr(state) for state in states[chosen:]], "nothing is done again"


def test_start_games_go_on_where_they_were():
    task = make_task(data=SMALL | {"name": "qbert", "longest": 2000}, train={"budget": "1it"})
    whole, states, starts = training(task, None)
    first = next(i for i, state in enumerate(states[:starts]) if state["start"]["rewards"])
    for chosen in (first // 2, first, starts - 1):
        assert training(task, None, states[chosen])[0] == whole


def test_a_training_that_diverges_does_so_again():
    task = make_task(data=SMALL, train={"start_games": 0, "optimizer": TRAIN["optimizer"] | {"lr": 1e38}})
    whole, states, _ = training(task)
    assert "diverged" in whole[1] and "nan" in whole[0]
    assert training(task, resume=states[-1])[0] == whole


def test_a_chain_goes_on_inside_its_levels():
    task = make_task(data=SMALL, train={"start_games": 0})
    states = []
    rows, book, _ = run_chain(task, RULES, every_level(RULES), 0, None, lambda state: states.append(frozen(state)),
                              lambda level, rows: None)
    chosen, later = next(i for i, state in enumerate(states) if state["position"] == 1 and state["training"]) + 8, []
    again, resumed, _ = chain(task, RULES, frozen(states[chosen]), lambda state: later.append(state["position"]))
    assert again == rows and same(resumed.rewind, book.rewind) and same(resumed.trained[0], book.trained[0])
    assert all(same(a, b) for a, b in zip(book.masks, resumed.masks, strict=True))
    assert later == [state["position"] for state in states[chosen:]], "nothing is done again"
