"""Many games of one kind at once, for several tickets: a row of threads for each ticket, and a generator of its own."""

from types import ModuleType

import gymnasium
import numpy as np

from . import acrobot, cartpole

SIMULATED: dict[str, ModuleType] = {"cartpole": cartpole, "acrobot": acrobot}


class Simulated:
    """Games with dynamics of our own, all moved by one array operation.

    What a ticket's games do depends on its generator and its actions alone, never on the tickets beside it.
    """

    def __init__(self, dynamics: ModuleType, generators: list[np.random.Generator], threads: int):
        self.dynamics, self.generators = dynamics, generators
        self.actions, self.size = dynamics.ACTIONS, dynamics.OBSERVATION
        self.elapsed = np.zeros((len(generators), threads), dtype=np.int64)
        self.state = np.stack([dynamics.start(generator, threads) for generator in generators], axis=1)

    def observe(self) -> np.ndarray:
        """Observations [tickets, threads, size]."""
        return np.moveaxis(self.dynamics.observe(self.state), 0, -1)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rewards, which games have ended, and which have only reached the time limit, each [tickets, threads]."""
        self.state, rewards, ended = self.dynamics.step(self.state, actions)
        self.elapsed += 1
        return rewards, ended, (self.elapsed >= self.dynamics.TIME_LIMIT) & ~ended

    def restart(self, done: np.ndarray) -> None:
        """Start the games of `done` [tickets, threads] anew."""
        self.elapsed[done] = 0
        for ticket in np.flatnonzero(done.any(1)):
            self.state[:, ticket, done[ticket]] = self.dynamics.start(self.generators[ticket], int(done[ticket].sum()))

    def keep(self, tickets: list[int]) -> None:
        """Go on with these tickets only."""
        self.generators = [self.generators[ticket] for ticket in tickets]
        self.state, self.elapsed = np.ascontiguousarray(self.state[:, tickets]), self.elapsed[tickets]


class LunarLander:
    """Gymnasium's own LunarLander-v3 without wind, one environment a thread; the same interface as `Simulated`.

    Its physics and rewards are those of v2, which the paper used and Gymnasium no longer makes.
    """

    TIME_LIMIT = 1000

    def __init__(self, generators: list[np.random.Generator], threads: int):
        self.rows = [[gymnasium.make("LunarLander-v3", max_episode_steps=-1).unwrapped for _ in range(threads)]
                     for _ in generators]
        self.actions, self.size = int(self.rows[0][0].action_space.n), 8
        self.elapsed = np.zeros((len(generators), threads), dtype=np.int64)
        self.seen = np.zeros((len(generators), threads, self.size), dtype=np.float32)
        for ticket, generator in enumerate(generators):
            for thread, seed in enumerate(generator.integers(2**31, size=threads)):
                self.seen[ticket, thread], _ = self.rows[ticket][thread].reset(seed=int(seed))

    def observe(self) -> np.ndarray:
        return self.seen.copy()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rewards, ended = np.zeros(actions.shape), np.zeros(actions.shape, dtype=bool)
        for ticket, row in enumerate(self.rows):
            for thread, (game, action) in enumerate(zip(row, actions[ticket].tolist(), strict=True)):
                self.seen[ticket, thread], rewards[ticket, thread], ended[ticket, thread], _, _ = game.step(action)
        self.elapsed += 1
        return rewards, ended, (self.elapsed >= self.TIME_LIMIT) & ~ended

    def restart(self, done: np.ndarray) -> None:
        self.elapsed[done] = 0
        for ticket, thread in np.argwhere(done):
            self.seen[ticket, thread], _ = self.rows[ticket][thread].reset()

    def keep(self, tickets: list[int]) -> None:
        self.rows = [self.rows[ticket] for ticket in tickets]
        self.elapsed, self.seen = self.elapsed[tickets], self.seen[tickets]


def make(game: str, generators: list[np.random.Generator], threads: int) -> Simulated | LunarLander:
    """`threads` games for each generator, which is one ticket's."""
    if game == "lunar_lander":
        return LunarLander(generators, threads)
    return Simulated(SIMULATED[game], generators, threads)


def sizes(game: str) -> tuple[int, int]:
    """(size of an observation, number of actions)."""
    if game == "lunar_lander":
        return 8, 4
    return SIMULATED[game].OBSERVATION, SIMULATED[game].ACTIONS
