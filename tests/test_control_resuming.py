"""A classic-control training that was killed and goes on from a saved state ends as if it had not been, bit for bit."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from conftest import every_level, frozen, same
from control_fixtures import ENGINES, generators, make_agent, make_control
from failure_fixtures import chain, nothing

from lth_common.protocol.schema.paper import Arm
from lth_common.tickets.chain import run_branch, run_chain
from lth_common.tickets.ticket import Ticket
from replications.rl_nlp_tickets.control.games import make
from replications.rl_nlp_tickets.control.learner import Learner

GAMES = ("cartpole", "acrobot", "lunar_lander")
SHORT = {"games_per_epoch": 3, "last_games": 2, "start_games": 3, "budget": "3ep"}


def ticket_for(task, **changes):
    agent = make_agent(inputs=task.size, hidden=(8, 8), actions=task.actions, kept=0.8)
    return Ticket(agent.mask, agent.weights, **changes)


def control(game, **changes):
    longer = {"steps": 25, "budget": "2ep"} if game == "acrobot" else {}  # its games last 500 steps
    task, rules = make_control(game=game, **SHORT | longer | changes)
    task.save_every = 1
    return task, rules


def bits(outcome):
    """All that an outcome holds, NaN equal to itself."""
    captured = outcome.captured or {}
    return (repr(outcome.rows), outcome.failure, outcome.captured_step,
            *({name: weight.numpy().tobytes() for name, weight in own.items()} for own in (outcome.weights, captured)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("game", GAMES)
def test_a_training_goes_on_from_any_state(game, engine):
    task, _ = control(game)
    task.engine = engine
    ticket, states = ticket_for(task), []
    whole = bits(task.train(ticket, 0, 0, "1ep", save=lambda state: states.append(frozen(state))))
    starts = sum("start" in state for state in states)
    captured = next(i for i, state in enumerate(states) if i >= starts and state["diaries"][0]["captured"])
    assert 0 < starts < captured - 1 < captured < len(states) - 1
    middle = (captured + len(states)) // 2
    for chosen in {0, starts - 1, starts, starts + 1, captured - 1, captured, middle, len(states) - 1}:
        assert bits(task.train(ticket, 0, 0, "1ep", states[chosen])) == whole, chosen


def test_a_state_may_be_used_twice_and_leads_through_the_same_states():
    task, _ = control("cartpole")
    ticket, states, later = ticket_for(task), [], []
    whole = bits(task.train(ticket, 0, 0, "1ep", save=lambda state: states.append(frozen(state))))
    for chosen in (1, len(states) // 2):
        before = deepcopy(states[chosen])
        again = [bits(task.train(ticket, 0, 0, "1ep", states[chosen], lambda state: later.append(frozen(state))))
                 for _ in range(2)]
        assert again == [whole] * 2 and repr(before) == repr(states[chosen])
        assert [repr(state) for state in later] == 2 * [repr(state) for state in states[chosen:]]
        later.clear()


@pytest.mark.parametrize("game", GAMES)
def test_games_go_on_bit_for_bit_from_a_file(game):
    first, other, draw = make(game, generators(1, 2), 3), make(game, generators(8, 9), 3), np.random.default_rng(0)
    ends = 0
    for step in range(400):
        if step == 250:
            other.restore(frozen(first.saved()))
            assert np.array_equal(first.observe(), other.observe())
        actions, playing = draw.integers(first.actions, size=(2, 3)), (first, other)[: 1 + (step >= 250)]
        results = [games.step(actions) for games in playing]
        done = results[0][1] | results[0][2] | (draw.random((2, 3)) < 0.005)
        for games, result in zip(playing, results, strict=True):
            games.restart(done)
            assert all(np.array_equal(a, b) for a, b in zip(result, results[0], strict=True))
            assert np.array_equal(games.observe(), first.observe())
        ends += int(done.sum()) if step >= 250 else 0
    assert ends >= 3


def branch(task, rules, book, levels, saved=None, save=nothing):
    arm = Arm.model_validate({"about": "", "from": "winning", "weights": "reinit"})
    rows, failures = run_branch(task, arm, rules, book, levels, 0, saved, save, nothing)
    return repr(rows), failures


def check_levels_go_on(task, rules, book):
    """Two levels side by side, then one alone; returns the states and what the undisturbed branch gives."""
    task.together, states = 2, []
    whole = branch(task, rules, book, [1, 2, 3], save=lambda state: states.append(frozen(state)))
    trained = [state for state in states if state["training"] is not None]
    assert {(state["position"], len(state["training"].get("learners", []))) for state in trained} == {
        (0, 0), (0, 2), (2, 0), (2, 1)}
    left = [len(state["training"].get("tables", {"tickets": []})["tickets"]) for state in trained]
    one = left.index(1)  # the first state in which one of the two is over
    assert trained[one]["position"] == 0
    for chosen in {0, one // 2, one - 1, one, (one + len(trained)) // 2, len(trained) - 1}:
        later = []
        assert branch(task, rules, book, [1, 2, 3], frozen(trained[chosen]), later.append) == whole, chosen
        assert sum(state["training"] is not None for state in later) == len(trained) - chosen, "nothing is done again"
    return whole


@pytest.mark.parametrize("game", ["cartpole", "lunar_lander"])
def test_levels_side_by_side_go_on(game):
    task, rules = control(game, levels=3, budget="2ep")
    rows, failures = check_levels_go_on(task, rules, chain(task, rules)[1])
    assert failures == {} and "nan" not in rows


class Frail(Learner):
    """A learner whose weights are lost at the third update of its life, if its ticket is of level 2."""

    def __init__(self, ticket, *more):
        super().__init__(ticket, *more)
        self.frail, self.updates = ticket.level == 2, torch.zeros(1)

    def learn(self, block):
        super().learn(block)
        self.updates += 1
        if self.frail and self.updates == 3:
            self.net.vector.data[0] = torch.inf

    def saved(self):
        return super().saved() | {"updates": self.updates}

    def restore(self, saved):
        super().restore(saved)
        self.updates.copy_(saved["updates"])


def test_a_ticket_that_diverges_beside_another_does_so_again(monkeypatch):
    task, rules = control("cartpole", levels=3)
    book = chain(task, rules)[1]
    monkeypatch.setattr("replications.rl_nlp_tickets.control.task.learner_of", lambda engine: Frail)
    rows, failures = check_levels_go_on(task, rules, book)
    assert failures.keys() == {2} and "after 3 updates" in failures[2] and "nan" in rows


def test_a_chain_goes_on_inside_its_levels():
    task, rules = control("cartpole")
    task.save_every, states = 5, []
    rows, book, _ = run_chain(task, rules, every_level(rules), 0, None, lambda state: states.append(frozen(state)),
                              nothing)
    assert sum(state["training"] is not None for state in states) > 6
    for state in states[::3]:
        again, resumed, _ = chain(task, rules, state)
        assert again == rows and same(resumed.rewind, book.rewind) and same(resumed.trained[0], book.trained[0])
        assert all(same(a, b) for a, b in zip(book.masks, resumed.masks, strict=True))


def test_states_come_every_few_blocks():
    task, _ = control("cartpole", budget="10ep")
    del task.save_every
    states = []
    task.train(ticket_for(task), 0, 0, save=lambda state: states.append(frozen(state)))
    updates = [state["diaries"][0]["updates"] for state in states if "diaries" in state]
    assert updates[:2] == [0, 16] and set(np.diff(updates)) == {16}
