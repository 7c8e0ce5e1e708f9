"""Classic-control games: ours equal Gymnasium's, and a ticket's games do not hang on those beside it."""

import warnings

import gymnasium
import numpy as np
import pytest
from control_fixtures import generators
from gymnasium.envs.box2d.lunar_lander import heuristic

from replications.rl_nlp_tickets.control import acrobot, cartpole, lunar_lander
from replications.rl_nlp_tickets.control.games import SIMULATED, LunarLander, Simulated, make, sizes
from replications.rl_nlp_tickets.control.native_dynamics import NativeDynamics

GAMES = ("cartpole", "acrobot", "lunar_lander")


def gymnasium_make(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # version 0 is out of date on purpose
        return gymnasium.make(name)


@pytest.mark.parametrize("kind", [lambda dynamics: dynamics, NativeDynamics], ids=["numpy", "native"])
@pytest.mark.parametrize(("name", "dynamics"), [("CartPole-v0", cartpole), ("Acrobot-v1", acrobot)])
def test_our_dynamics_are_gymnasiums_bit_for_bit_for_10_000_steps(name, dynamics, kind):
    dynamics = kind(dynamics)
    theirs, draw = gymnasium_make(name), np.random.default_rng(0)
    assert (theirs.action_space.n, theirs.observation_space.shape[0]) == (dynamics.ACTIONS, dynamics.OBSERVATION)
    assert theirs.spec.max_episode_steps == dynamics.TIME_LIMIT
    theirs.reset(seed=1)
    state, ends, elapsed = as_state(theirs), 0, 0
    for _ in range(10_000):
        action = int(draw.integers(dynamics.ACTIONS))
        seen, reward, ended, timed_out, _ = theirs.step(action)
        state, rewards, ended_here = dynamics.step(state, np.array([[action]]))
        elapsed += 1
        assert np.array_equal(state, as_state(theirs))
        assert np.array_equal(dynamics.observe(state)[0, 0], seen)
        assert (rewards[0, 0], ended_here[0, 0], elapsed >= dynamics.TIME_LIMIT) == (reward, ended, timed_out)
        if ended or timed_out:
            theirs.reset()
            state, ends, elapsed = as_state(theirs), ends + 1, 0
    assert ends >= 10


def as_state(game):
    return np.asarray(game.unwrapped.state, dtype=np.float64)[:, None, None]


@pytest.mark.parametrize(("name", "dynamics", "reach"), [("CartPole-v0", cartpole, 0.05), ("Acrobot-v1", acrobot, 0.1)])
def test_games_start_where_gymnasiums_do(name, dynamics, reach):
    theirs = gymnasium_make(name)
    state = dynamics.start(np.random.default_rng(0), 5000)
    drawn = np.stack([as_state(theirs)[:, 0, 0] for _ in range(500) if theirs.reset() or True])
    assert np.abs(state).max() <= reach * (1 + 1e-6) and np.abs(drawn).max() <= reach * (1 + 1e-6)
    assert np.allclose(state.std(1), reach / 3**0.5, rtol=0.1) and np.allclose(drawn.std(0), state.std(1), rtol=0.2)


def test_a_game_that_does_not_end_is_cut_off_at_the_time_limit():
    games = Simulated(cartpole, generators(0), 1)
    games.dynamics = type("Upright", (), {"TIME_LIMIT": 200, "step": staticmethod(
        lambda state, actions: (state, np.ones((1, 1)), np.zeros((1, 1), dtype=bool)))})
    seen = [games.step(np.zeros((1, 1)))[2][0, 0] for _ in range(200)]
    assert not any(seen[:-1]) and seen[-1]


@pytest.mark.parametrize("game", SIMULATED)
def test_many_games_move_alike_in_native_code(game):
    """Array functions may round otherwise than those of single numbers: 64 games, over what is reached at random."""
    ours, native = (make(game, generators(1, 2), 32, native) for native in (False, True))
    draw = np.random.default_rng(0)
    for _ in range(700):
        actions = draw.integers(ours.actions, size=(2, 32))
        one, other = ours.step(actions), native.step(actions)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
        assert np.array_equal(ours.state, native.state) and np.array_equal(ours.observe(), native.observe())
        for games in (ours, native):
            games.restart(one[1] | one[2])


@pytest.mark.parametrize("game", GAMES)
def test_a_tickets_games_are_the_same_whatever_is_played_beside_them(game):
    alone, beside = make(game, generators(7), 3), make(game, generators(1, 7, 2), 3)
    draw = np.random.default_rng(0)
    for step in range(150):
        actions = draw.integers(alone.actions, size=(3, 3))
        if step == 60:
            beside.keep([1, 2])
        rows = slice(0, 3) if step < 60 else slice(1, 3)
        mine = 1 if step < 60 else 0
        one, all_ = alone.step(actions[1:2]), beside.step(actions[rows])
        assert all(np.array_equal(a[0], b[mine]) for a, b in zip(one, all_, strict=True))
        assert np.array_equal(alone.observe()[0], beside.observe()[mine])
        alone.restart(one[1] | one[2])
        beside.restart(all_[1] | all_[2])
        assert np.array_equal(alone.observe()[0], beside.observe()[mine])


def test_lunar_lander_is_gymnasiums_bit_for_bit_for_10_000_steps():
    """Half of the games by Gymnasium's own pilot, who lands, the others at random."""
    ours, theirs = lunar_lander.Lander(), gymnasium_make("LunarLander-v3")
    assert (theirs.action_space.n, theirs.observation_space.shape[0]) == sizes("lunar_lander")[::-1]
    assert theirs.spec.max_episode_steps == lunar_lander.TIME_LIMIT and not theirs.unwrapped.enable_wind
    draw, rewards, theirs = np.random.default_rng(0), [], theirs.unwrapped
    (seen, _), (same, _) = theirs.reset(seed=1), ours.reset(seed=1)
    for _ in range(10_000):
        assert np.array_equal(np.array(same, dtype=np.float32), seen)
        action = heuristic(theirs, seen) if len(rewards) % 2 else int(draw.integers(4))
        seen, *result, _, _ = theirs.step(action)
        same, *ours_result = ours.step(action)
        assert ours_result == result
        if result[1]:
            rewards.append(result[0])
            (seen, _), (same, _) = theirs.reset(), ours.reset()
    assert rewards.count(100) >= 5 and rewards.count(-100) >= 5


def test_each_lander_of_a_row_is_a_game_of_its_own():
    games, alone = LunarLander(generators(3), 2), lunar_lander.Lander()
    seen, _ = alone.reset(seed=int(np.random.default_rng(3).integers(2**31, size=2)[0]))
    draw, over = np.random.default_rng(0), False
    while not over:
        assert np.array_equal(games.observe()[0, 0], np.array(seen, dtype=np.float32))
        action = int(draw.integers(4))
        rewards, ended, timed_out = games.step(np.array([[action, 0]]))
        seen, reward, over = alone.step(action)
        assert (rewards[0, 0], ended[0, 0], timed_out[0, 0]) == (reward, over, False)
        games.restart(np.array([[False, ended[0, 1]]]))


def test_a_lander_in_the_air_is_cut_off_at_the_time_limit():
    games = LunarLander(generators(0), 1)
    games.elapsed[:] = lunar_lander.TIME_LIMIT - 2
    assert [games.step(np.zeros((1, 1), dtype=int))[1:] for _ in range(2)] == [(False, False), (False, True)]


@pytest.mark.parametrize("game", GAMES)
def test_a_game_that_starts_anew_has_all_its_time(game):
    games = make(game, generators(0), 2)
    for _ in range(3):
        games.step(np.zeros((1, 2), dtype=int))
    games.restart(np.array([[True, False]]))
    assert games.elapsed.tolist() == [[0, 3]]
