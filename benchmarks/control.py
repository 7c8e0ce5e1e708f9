"""Blocks of actor-critic learning in classic control, environments included: 4 steps of 32 threads and one update.

`usual` is the loop that one would write: SyncVectorEnv, autograd, torch's RMSprop, mask on gradient and weights.
`torch` and `sparse` are one ticket of `control` by each engine, `side by side` are seven by the sparse one, per ticket.
Networks are the paper's; masks are random.
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
from replications.rl_nlp_tickets.control.learner import learner_of
from replications.rl_nlp_tickets.control.network import ActorCritic
from replications.rl_nlp_tickets.control.play import Tables
from replications.rl_nlp_tickets.control.schema import Optimizer, Train

from .measuring import Row, Run, measure, rows_of

THREADS, STEPS, HIDDEN = 32, 4, {"cartpole": 128, "acrobot": 256, "lunar_lander": 256}
WORKLOADS = {"CartPole": "cartpole", "Acrobot": "acrobot", "LunarLander": "lunar_lander"}
BLOCKS, TOGETHER = 14, 7  # in a round
NAMES = {"cartpole": "CartPole-v0", "acrobot": "Acrobot-v1", "lunar_lander": "LunarLander-v3"}
SETTINGS = Train(budget="20ep", games_per_epoch=160, steps=STEPS, discount=0.99, entropy=0.01, value_weight=1.0,
                 reward_divisor=100, last_games=100,
                 optimizer=Optimizer(name="rmsprop", lr=1e-4, alpha=0.99, eps=1e-8))


def ticket(game: str, left: float, seed: int = 0) -> Ticket:
    size, actions = sizes(game)
    generator = torch.Generator().manual_seed(seed)
    network = ActorCritic(size, (HIDDEN[game],) * 3, actions)
    weights = FlatNet(initialise(network, Init(scheme="torch_default"), generator)).get()
    return Ticket(Mask({n: torch.rand(w.shape, generator=generator) < left for n, w in weights.items()}), weights)


def usual(game: str, left: float) -> Run:
    start = ticket(game, left)
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


def ours(game: str, left: float, engine: str, tickets: int) -> Run:
    learners = [learner_of(engine)(ticket(game, left, seed), SETTINGS, THREADS) for seed in range(tickets)]
    games = make(game, [np.random.default_rng(seed) for seed in range(tickets)], THREADS, learners[0].is_native)
    tables = Tables(games, learners, [np.random.default_rng(100 + seed) for seed in range(tickets)], STEPS)

    def run(blocks: int) -> None:
        for _ in range(blocks // tickets):
            for learner, block in zip(learners, tables.play(), strict=True):
                learner.learn(block)

    return run


def race(name: str, lefts: tuple[float, ...], rounds: int, peak: float) -> Iterator[Row]:
    """One game by all contenders, at each share of the weights."""
    game = WORKLOADS[name]
    for left in lefts:
        runs = {"usual": usual(game, left), "torch": ours(game, left, "torch", 1),
                "sparse": ours(game, left, "sparse", 1), "side by side": ours(game, left, "sparse", TOGETHER)}
        yield from rows_of(name, "step", left, measure(runs, rounds, BLOCKS))
