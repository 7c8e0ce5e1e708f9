"""The actor-critic's arithmetic: targets, gradients, masks, and the network without its dead units."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from control_fixtures import ENGINES, generators, make_agent, make_settings
from torch.distributions import Categorical

from lth_common.pruning.mask import Mask
from replications.rl_nlp_tickets.control.games import Simulated, make
from replications.rl_nlp_tickets.control.learner import Learner, cost_gradient, learner_of, targets
from replications.rl_nlp_tickets.control.network import ActorCritic, connected, living_units, reduced, restored
from replications.rl_nlp_tickets.control.play import Tables

COUNTER_LIMIT = 3


def counter(ends_at):
    """A game that counts its steps: it ends at `ends_at` or is cut off after three; a step earns its count."""
    def step(state, actions):
        return state + 1, state[0] + 1.0, state[0] + 1 >= ends_at

    return SimpleNamespace(ACTIONS=2, OBSERVATION=4, TIME_LIMIT=COUNTER_LIMIT, step=step,
                           observe=lambda state: np.moveaxis(state, 0, -1).astype(np.float32),
                           start=lambda generator, games: np.zeros((4, games)))


def value(learner, count):
    return learner.values(np.full((1, 4), count, np.float32)).item()


@pytest.mark.parametrize("steps", [2, 3, 4, 7])
@pytest.mark.parametrize(("ends_at", "bootstraps"), [(99, True), (3, False)])
def test_time_outs_bootstrap_and_terminations_do_not(steps, ends_at, bootstraps):
    settings = make_settings(steps=steps)
    learner = Learner(make_agent(), settings, 2)
    tables = Tables(Simulated(counter(ends_at), generators(0), 2), [learner], generators(1), steps)
    found = targets(tables.play()[0], learner)[:, 0]
    for step in range(steps):
        count = step % COUNTER_LIMIT + 1
        follows = count < COUNTER_LIMIT or bootstraps
        expected = count / settings.reward_divisor + settings.discount * value(learner, count) * follows
        assert found[step].item() == pytest.approx(expected, abs=1e-6)
    whole = steps // COUNTER_LIMIT
    assert tables.finished == [[6.0, 6.0] * whole] and tables.by_thread == [[[6.0] * whole] * 2]


def test_the_gradient_is_that_of_the_stated_cost():
    settings, draw = make_settings(), torch.Generator().manual_seed(0)
    outputs = torch.randn(2, 4, 3, 6, generator=draw, dtype=torch.float64, requires_grad=True)
    actions, aims = torch.randint(5, (2, 4, 3), generator=draw), torch.randn(2, 4, 3, generator=draw).double()
    policy, advantage = Categorical(logits=outputs[..., :-1]), aims - outputs[..., -1]
    cost = (settings.value_weight * advantage**2 - advantage.detach() * policy.log_prob(actions)
            - settings.entropy * policy.entropy()).sum()
    cost.backward()
    assert torch.allclose(cost_gradient(outputs.detach(), actions, aims, settings), outputs.grad, atol=1e-12)


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.15])
@pytest.mark.parametrize("engine", ENGINES)
def test_updates_are_those_of_autograd_and_torchs_rmsprop_under_the_mask(kept, engine):
    ticket, settings = make_agent(kept=kept), make_settings()
    learner = learner_of(engine)(ticket, settings, 3)
    tables = Tables(make("cartpole", generators(0), 3, learner.is_native), [learner], generators(1), settings.steps)
    plain = ActorCritic(4, (6, 5, 4), 2)
    plain.load_state_dict(ticket.mask.apply(ticket.weights))
    parameters = dict(plain.named_parameters())
    optimizer = torch.optim.RMSprop(plain.parameters(), lr=1e-3, alpha=0.99, eps=1e-8)
    for _ in range(20):
        block = tables.play()[0]
        outputs, actions = plain(torch.from_numpy(block.observations[:-1])), torch.from_numpy(block.actions)
        assert torch.allclose(outputs, torch.from_numpy(block.outputs), atol=1e-5)
        with torch.no_grad():
            judge = SimpleNamespace(settings=settings, values=lambda x: plain(torch.from_numpy(x))[:, -1])
            aims = targets(block, judge)
        outputs.backward(cost_gradient(outputs.detach(), actions, aims, settings))
        for name, parameter in parameters.items():
            parameter.grad.mul_(ticket.mask[name])
        optimizer.step()
        optimizer.zero_grad()
        learner.learn(block)
        for name, weight in learner.weights().items():
            assert torch.allclose(weight, parameters[name], atol=1e-5)
            assert (weight[~ticket.mask[name]] == 0).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_actions_are_drawn_from_the_policy(engine):
    learner = learner_of(engine)(make_agent(hidden=(6,)), make_settings(steps=8), 500)
    tables = Tables(make("cartpole", generators(0), 500), [learner], generators(1), 8)
    block = tables.play()[0]
    policy = torch.from_numpy(block.outputs[..., :-1]).softmax(-1)[..., 1]
    drawn = torch.from_numpy(block.actions).float()
    assert drawn.mean().item() == pytest.approx(policy.mean().item(), abs=4 * (0.25 / drawn.numel()) ** 0.5)


@pytest.mark.parametrize("kept", [0.6, 0.3, 0.12, 0.03])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_dead_units_can_be_left_out(kept, seed):
    ticket = make_agent(hidden=(9, 8, 7), seed=seed, kept=kept)
    weights, x = ticket.mask.apply(ticket.weights), torch.randn(16, 4)
    living = living_units(ticket.mask, 3)
    small, whole = ActorCritic(4, tuple(int(units.sum()) for units in living), 2), ActorCritic(4, (9, 8, 7), 2)
    small.load_state_dict(reduced(weights, living))
    whole.load_state_dict(weights)
    assert torch.allclose(small(x), whole(x), atol=1e-6)
    for network in (small, whole):
        network(x).square().sum().backward()
    gradients = {name: p.grad * ticket.mask[name] for name, p in whole.named_parameters()}
    found = restored({n: p.grad for n, p in small.named_parameters()}, living,
                     {n: torch.zeros_like(g) for n, g in gradients.items()})
    assert all(torch.allclose(found[n] * ticket.mask[n], gradients[n], atol=1e-5) for n in gradients)
    assert all(torch.equal(tensor, weights[n]) for n, tensor in restored(reduced(weights, living), living,
                                                                         weights).items())


def test_a_policy_without_a_path_from_the_observation_is_constant():
    ticket = make_agent()
    assert connected(ticket.mask, 3, 2)
    cut = {name: entry.clone() for name, entry in ticket.mask.items()}
    cut["heads.weight"][:2] = False
    assert not connected(Mask(cut), 3, 2), "the value's path does not count"
    broken = dict(ticket.mask) | {"layers.1.weight": torch.zeros(5, 6, dtype=torch.bool)}
    assert not connected(Mask(broken), 3, 2)
    learner = Learner(type(ticket)(Mask(broken), ticket.weights), make_settings(), 1)
    logits = learner.net.module(torch.randn(5, 4))[:, :2]
    assert torch.equal(logits, logits[:1].expand_as(logits))


def test_a_block_is_what_was_played():
    learner = Learner(make_agent(), make_settings(steps=5), 2)
    block = Tables(Simulated(counter(99), generators(0), 2), [learner], generators(1), 5).play()[0]
    assert block.rewards[:, 0].tolist() == [1, 2, 3, 1, 2] and not block.ended.any()
    assert block.observations[:, 0, 0].tolist() == [0, 1, 2, 0, 1, 2]
    assert [(cut.step, cut.seen[0]) for cut in block.cut if cut.thread == 0] == [(2, 3.0)]
