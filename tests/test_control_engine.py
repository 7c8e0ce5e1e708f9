"""Actor-critics learn by torch and in native code alike: a step's gradient, weights and actions, and whole games."""

import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from control_fixtures import ENGINES, generators, make_agent, make_control, make_settings

from replications.rl_nlp_tickets.control.games import make
from replications.rl_nlp_tickets.control.learner import learner_of
from replications.rl_nlp_tickets.control.play import Tables

THREADS = 11


def pair(kept, settings):
    """A learner of each engine, torch's with some steps behind it, the other in its state, and torch's games."""
    ticket = make_agent(inputs=6, hidden=(90, 70, 9), actions=3, kept=kept)
    plain, native = (learner_of(engine)(ticket, settings, THREADS) for engine in ENGINES)
    tables = Tables(make("acrobot", generators(0), THREADS), [plain], generators(1), settings.steps)
    tables.games.elapsed[0, :3] = 485, 486, 487  # these are cut off soon
    for _ in range(3):
        plain.learn(tables.play()[0])
    native.restore(plain.saved())
    return plain, native, tables


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.1, 0.03])
@pytest.mark.parametrize("steps", [1, 4, 17])
def test_a_step_is_torchs_step(kept, steps):
    plain, native, tables = pair(kept, make_settings(steps=steps, optimizer={
        "name": "rmsprop", "lr": 1e-4, "alpha": 0.99, "eps": 1e-8}))
    if steps == 4:
        tables.games.elapsed[0, :3] = 497, 498, 499
    block = tables.play()[0]
    again = deepcopy(block)
    again.outputs[:], again.actions[:] = np.nan, -1
    for step in range(steps):
        native.act(again, step)
    assert np.array_equal(block.actions, again.actions) and (steps != 4 or len(block.cut) == 3)
    assert np.abs(block.outputs - again.outputs).max() < 1e-6
    for learner, own in ((plain, block), (native, again)):
        learner.learn(own)
    one, other = plain.net.vector.grad * plain.mask, native._beside_all(native.gradient)
    assert (one - other).abs().max() < 1e-6 * max(1, one.abs().max())
    before, after = plain.weights(), native.weights()
    assert max((before[name] - after[name]).abs().max() for name in before) < 1e-6
    assert all(torch.equal(after[name] == 0, before[name] == 0) for name in before)


@pytest.mark.parametrize("game", ["cartpole", "lunar_lander"])
def test_equal_weights_play_equal_games(game):
    found = []
    for engine in ENGINES:
        task, _ = make_control(game=game, start_games=30, budget="1ep")
        task.engine = engine
        agent = make_agent(inputs=task.size, hidden=(8, 8), actions=task.actions, kept=0.8)
        rows = task.train(agent, 0, 0).rows
        found.append([row for row in rows if row["metric"] in ("start_reward", "reward", "environment_steps")])
        assert task.engines == {0: engine}
    assert found[0] == found[1] and len(found[0]) == 3


@pytest.mark.parametrize("wanted", ["auto", "sparse"])
def test_without_numba_torch_learns_and_says_so(monkeypatch, wanted):
    rows = []
    for engine in ("torch", wanted):
        task, _ = make_control(budget="1ep")
        task.engine = engine
        agent = make_agent(hidden=(8, 8))
        rows.append(task.train(agent, 0, 0).rows)
        monkeypatch.setitem(sys.modules, "numba", None)  # an import of it fails
    assert rows[0] == rows[1] and task.engines[0].startswith("torch (numba cannot be imported")
