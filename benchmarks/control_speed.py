"""Speed of actor-critic learning in classic control, environments included: Gymnasium's SyncVectorEnv against ours.

    python -m benchmarks.control_speed [--rounds 5] [--blocks 28] [--left 1 0.1]
        [--games cartpole acrobot lunar_lander]

A block is 4 steps of 32 threads and one update. `usual` is the loop that one would write: SyncVectorEnv, autograd,
torch's RMSprop, mask on gradient and weights. `torch` and `sparse` are one ticket of `control` by each engine, `seven`
are seven side by side by the sparse one, per ticket. Networks are the paper's; `--left` of the weights are left, at
random. One process, one thread, in turns (see lenet_speed).
"""

import argparse
import statistics
import warnings
from itertools import product

import gymnasium
import numpy as np
import torch

from benchmarks.lenet_speed import Run, measure
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

THREADS, STEPS, HIDDEN = 32, 4, {"cartpole": 128, "acrobot": 256, "lunar_lander": 256}
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=28, help="blocks in a round, a multiple of 7")
    parser.add_argument("--games", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--left", nargs="+", type=float, default=[1.0, 0.1], help="shares of the weights")
    args = parser.parse_args()
    if args.blocks < 7 or args.blocks % 7:
        parser.error(f"--blocks: {args.blocks} is not legal here; legal is a multiple of 7, the tickets side by side")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # CartPole-v0 is out of date on purpose
    for game, left in product(args.games, args.left):
        runs = {"usual": usual(game, left), "torch": ours(game, left, "torch", 1),
                "sparse": ours(game, left, "sparse", 1), "seven": ours(game, left, "sparse", 7)}
        times = measure(runs, args.rounds, args.blocks)
        print(f"{game}, {left:.0%} of the weights left")
        for name, ms in times.items():
            ratio = statistics.median(a / b for a, b in zip(times["usual"], ms, strict=True))
            print(f"  {name:6} {THREADS * STEPS / min(ms) * 1e3:8,.0f} environment steps per CPU second, "
                  f"{ratio:5.2f} times usual (median of rounds)")


if __name__ == "__main__":
    main()
