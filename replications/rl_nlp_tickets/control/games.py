"""Many games of one kind at once, for several tickets: a row of threads for each ticket, and a generator of its own."""

from types import ModuleType
from typing import Any

import numpy as np
import torch

from . import acrobot, cartpole, lunar_lander

SIMULATED: dict[str, ModuleType] = {"cartpole": cartpole, "acrobot": acrobot}


class Simulated:
    """Games with dynamics of our own, all moved by one array operation.

    What a ticket's games do depends on its generator and its actions alone, never on the tickets beside it.
    """

    def __init__(self, dynamics: Any, generators: list[np.random.Generator], threads: int):
        self.dynamics, self.generators = dynamics, generators
        self.actions, self.size = dynamics.ACTIONS, dynamics.OBSERVATION
        self.elapsed = np.zeros((len(generators), threads), dtype=np.int64)
        self.state = np.stack([dynamics.start(generator, threads) for generator in generators], axis=1)

    def observe(self) -> np.ndarray:
        """Observations [tickets, threads, size] float32."""
        return self.dynamics.observe(self.state)

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

    def saved(self) -> dict[str, Any]:
        """What `restore` needs to go on bit for bit, for a file: live, to be written or copied at once."""
        return {"generators": [generator.bit_generator.state for generator in self.generators],
                "state": torch.from_numpy(self.state), "elapsed": torch.from_numpy(self.elapsed)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where these games were; there must be as many tickets and threads. `saved` is left as it is."""
        for generator, own in zip(self.generators, saved["generators"], strict=True):
            generator.bit_generator.state = own
        self.state, self.elapsed = (saved[name].clone().numpy() for name in ("state", "elapsed"))


class LunarLander:
    """One lander in a world of its own for each thread; the same interface as `Simulated`.

    A world cannot be saved, but it is made anew for every game: what a game started from and its actions, a thousand at
    most, give it back bit for bit.
    """

    def __init__(self, generators: list[np.random.Generator], threads: int):
        self.rows = [[lunar_lander.Lander() for _ in range(threads)] for _ in generators]
        self.actions, self.size = lunar_lander.ACTIONS, lunar_lander.OBSERVATION
        self.elapsed = np.zeros((len(generators), threads), dtype=np.int64)
        self.seen = np.zeros((len(generators), threads, self.size), dtype=np.float32)
        self.played = np.zeros((len(generators), threads, lunar_lander.TIME_LIMIT), dtype=np.uint8)  # actions
        for ticket, generator in enumerate(generators):
            for thread, seed in enumerate(generator.integers(2**31, size=threads)):
                self.seen[ticket, thread], _ = self.rows[ticket][thread].reset(seed=int(seed))

    def observe(self) -> np.ndarray:
        return self.seen.copy()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        np.put_along_axis(self.played, self.elapsed[..., None], actions[..., None], -1)
        seen, rewards, ended = zip(*(game.step(action) for row, own in zip(self.rows, actions.tolist(), strict=True)
                                     for game, action in zip(row, own, strict=True)), strict=True)
        self.seen[:] = np.array(seen, np.float32).reshape(self.seen.shape)
        rewards, ended = np.array(rewards).reshape(actions.shape), np.array(ended).reshape(actions.shape)
        self.elapsed += 1
        return rewards, ended, (self.elapsed >= lunar_lander.TIME_LIMIT) & ~ended

    def restart(self, done: np.ndarray) -> None:
        self.elapsed[done] = 0
        for ticket, thread in np.argwhere(done):
            self.seen[ticket, thread], _ = self.rows[ticket][thread].reset()

    def keep(self, tickets: list[int]) -> None:
        self.rows = [self.rows[ticket] for ticket in tickets]
        self.elapsed, self.seen, self.played = self.elapsed[tickets], self.seen[tickets], self.played[tickets]

    def saved(self) -> dict[str, Any]:
        return {"starts": [[game.start for game in row] for row in self.rows],
                "played": torch.from_numpy(self.played), "elapsed": torch.from_numpy(self.elapsed)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Play all games again up to where they were, in about 0.05 ms a step."""
        self.played, self.elapsed = (saved[name].clone().numpy() for name in ("played", "elapsed"))
        for (ticket, thread), elapsed in np.ndenumerate(self.elapsed):
            game = self.rows[ticket][thread]
            game.np_random.bit_generator.state = saved["starts"][ticket][thread]
            self.seen[ticket, thread], _ = game.reset()
            for action in self.played[ticket, thread, :elapsed].tolist():
                self.seen[ticket, thread], _, _ = game.step(action)


def make(game: str, generators: list[np.random.Generator], threads: int,
         native: bool = False) -> Simulated | LunarLander:
    """`threads` games for each generator, which is one ticket's; `native` code moves them as our own would."""
    if game == "lunar_lander":
        return LunarLander(generators, threads)
    dynamics: Any = SIMULATED[game]
    if native:
        from .native_dynamics import NativeDynamics  # imports Numba

        dynamics = NativeDynamics(dynamics)
    return Simulated(dynamics, generators, threads)


def sizes(game: str) -> tuple[int, int]:
    """(size of an observation, number of actions)."""
    dynamics = lunar_lander if game == "lunar_lander" else SIMULATED[game]
    return dynamics.OBSERVATION, dynamics.ACTIONS
