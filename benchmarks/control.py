"""Blocks of actor-critic learning in classic control, environments included: 4 steps of 32 threads and one update.

`usual` is the loop that one would write: SyncVectorEnv, autograd, torch's RMSprop, mask on gradient and weights.
`torch` is one ticket of `control`, `side by side` are seven, per ticket. Networks are the paper's.
"""

from collections.abc import Iterator

import gymnasium
import numpy as np
import torch

from lth_common.models import initialise
from lth_common.protocol.schema.initial import Init
from lth_common.pruning.mask import Mask
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet
from replications.rl_nlp_tickets.control.games import make, sizes
from replications.rl_nlp_tickets.control.learner import Learner
from replications.rl_nlp_tickets.control.network import ActorCritic
from replications.rl_nlp_tickets.control.play import Tables, learn
from replications.rl_nlp_tickets.control.schema import Optimizer, Train

from .measuring import Row, Run, measure, rows_of

THREADS, STEPS, HIDDEN = 32, 4, {"cartpole": 128, "acrobot": 256, "lunar_lander": 256}
NAMES = {"cartpole": "CartPole-v0", "acrobot": "Acrobot-v1", "lunar_lander": "LunarLander-v3"}
WORKLOADS = {"CartPole": "cartpole", "Acrobot": "acrobot", "LunarLander": "lunar_lander"}
BLOCKS, TOGETHER = 14, 7  # in a round
SETTINGS = Train(budget="20ep", games_per_epoch=160, steps=STEPS, discount=0.99, entropy=0.01, value_weight=1.0,
                 reward_divisor=100, last_games=100,
                 optimizer=Optimizer(name="rmsprop", lr=1e-4, alpha=0.99, eps=1e-8))


def ticket(game: str, left: float, seed: int) -> Ticket:
    size, actions = sizes(game)
    generator = torch.Generator().manual_seed(seed)
    network = ActorCritic(size, (HIDDEN[game],) * 3, actions)
    weights = FlatNet(initialise(network, Init(scheme="torch_default"), generator)).get()
    return Ticket(Mask({n: torch.rand(w.shape, generator=generator) < left for n, w in weights.items()}), weights)


def usual(game: str, left: float) -> Run:
    start = ticket(game, left, 0)
    network = ActorCritic(sizes(game)[0], (HIDDEN[game],) * 3, sizes(game)[1])
    network.load_state_dict(start.mask.apply(start.weights))
    masks = [start.mask[name].float() for name, _ in network.named_parameters()]
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-4, alpha=0.99, eps=1e-8)
    games = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make(NAMES[game])] * THREADS)
    state = {"seen": games.reset(seed=0)[0]}

    def block() -> None:
        cost, rows = 0.0, []
        for _ in range(STEPS):
            outputs = network(torch.from_numpy(state["seen"]))
            policy = torch.distributions.Categorical(logits=outputs[:, :-1])
            actions = policy.sample()
            state["seen"], rewards, ended, _, _ = games.step(actions.numpy())
            rows.append((outputs[:, -1], policy, actions, torch.from_numpy(rewards / 100).float(),
                         torch.from_numpy(~ended)))
        with torch.no_grad():
            following = network(torch.from_numpy(state["seen"]))[:, -1]
        for value, policy, actions, rewards, alive in reversed(rows):
            advantage = rewards + 0.99 * following * alive - value
            cost = cost + (advantage**2 - advantage.detach() * policy.log_prob(actions)
                           - 0.01 * policy.entropy()).sum()
            following = value.detach()
        optimizer.zero_grad()
        cost.backward()
        for parameter, mask in zip(network.parameters(), masks, strict=True):
            parameter.grad.mul_(mask)
        optimizer.step()
        with torch.no_grad():
            for parameter, mask in zip(network.parameters(), masks, strict=True):
                parameter.mul_(mask)

    def run(blocks: int) -> None:
        for _ in range(blocks):
            block()

    return run


def ours(game: str, left: float, tickets: int) -> Run:
    learners = [Learner(ticket(game, left, seed), SETTINGS.optimizer) for seed in range(tickets)]
    games = make(game, [np.random.default_rng(seed) for seed in range(tickets)], THREADS)
    tables = Tables(games, learners, [np.random.default_rng(100 + seed) for seed in range(tickets)], STEPS)

    def run(blocks: int) -> None:
        for _ in range(blocks // tickets):
            learn(tables.play(), learners, SETTINGS)

    return run


def race(name: str, lefts: tuple[float, ...], rounds: int, peak: float) -> Iterator[Row]:
    """One game by all contenders, at each share of the weights."""
    game = WORKLOADS[name]
    for left in lefts:
        runs = {"usual": usual(game, left), "torch": ours(game, left, 1), "side by side": ours(game, left, TOGETHER)}
        yield from rows_of(name, "step", left, measure(runs, rounds, BLOCKS))
