"""Several tickets learn side by side: their games move together, each network learns for itself."""

from copy import deepcopy
from typing import Any

import numpy as np
import torch

from .block import Block, Cut
from .games import LunarLander, Simulated
from .learner import Learner


class Tables:
    """Games in progress of several tickets, and the rewards of those finished.

    `tickets`: which of those that it began with still play; all other lists and arrays have their order. `blocks`: how
    many were played here (not saved).
    `finished[ticket]`: rewards in the order of play; `by_thread[ticket][thread]`: the same, for each thread.
    """

    def __init__(self, games: Simulated | LunarLander, learners: list[Learner], generators: list[np.random.Generator],
                 steps: int):
        self.games, self.learners, self.generators = games, learners, generators
        self.tickets, self.blocks = list(range(len(learners))), 0
        self.reward = np.zeros(games.elapsed.shape)
        self.finished: list[list[float]] = [[] for _ in learners]
        self.by_thread: list[list[list[float]]] = [[[] for _ in row] for row in self.reward]
        self.steps, self.seen = steps, games.observe()

    def play(self) -> list[Block]:
        """Play some steps, and give each ticket's part: actions are drawn from the policies as they are now."""
        self.blocks += 1
        tickets, threads = self.reward.shape
        size, actions, shape = self.games.size, self.games.actions, (self.steps, threads)
        noise = [generator.gumbel(size=(*shape, actions)).astype(np.float32) for generator in self.generators]
        chosen, rewards = np.empty((tickets, *shape), np.int64), np.empty((tickets, *shape))
        ended, seen = np.empty((tickets, *shape), bool), np.empty((tickets, self.steps + 1, threads, size), np.float32)
        outputs = np.empty((tickets, *shape, actions + 1), np.float32)
        blocks = [Block(*own) for own in zip(seen, noise, outputs, chosen, rewards, ended, strict=True)]
        for step in range(self.steps):
            seen[:, step] = self.seen
            for block, learner in zip(blocks, self.learners, strict=True):
                learner.act(block, step)
            rewards[:, step], ended[:, step], timed_out = self.games.step(chosen[:, step])
            self.reward += rewards[:, step]
            self._end(blocks, step, ended[:, step], timed_out)
        seen[:, self.steps] = self.seen
        return blocks

    def _end(self, blocks: list[Block], step: int, ended: np.ndarray, timed_out: np.ndarray) -> None:
        """Look at all games; those that are over begin again."""
        self.seen, done = self.games.observe(), ended | timed_out
        if not done.any():
            return
        for ticket, thread in np.argwhere(done).tolist():
            self.finished[ticket].append(float(self.reward[ticket, thread]))
            self.by_thread[ticket][thread].append(float(self.reward[ticket, thread]))
            if timed_out[ticket, thread]:
                blocks[ticket].cut.append(Cut(step, thread, self.seen[ticket, thread]))
        self.reward[done] = 0.0
        self.games.restart(done)
        self.seen = self.games.observe()

    def keep(self, places: list[int]) -> None:
        """Go on with the tickets at these places only."""
        if len(places) == len(self.tickets):
            return
        self.games.keep(places)
        self.tickets, self.learners, self.generators, self.finished, self.by_thread = (
            [old[place] for place in places]
            for old in (self.tickets, self.learners, self.generators, self.finished, self.by_thread))
        self.reward, self.seen = self.reward[places], self.seen[places]

    def saved(self) -> dict[str, Any]:
        """All but the learners, for a file; live, to be written or copied at once."""
        return {"tickets": self.tickets, "games": self.games.saved(),
                "generators": [generator.bit_generator.state for generator in self.generators],
                "reward": torch.from_numpy(self.reward), "finished": self.finished, "by_thread": self.by_thread}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where tables that began with the same tickets and threads were. `saved` is left as it is."""
        self.keep(saved["tickets"])
        self.games.restore(saved["games"])
        for generator, own in zip(self.generators, saved["generators"], strict=True):
            generator.bit_generator.state = own
        self.reward, self.seen = saved["reward"].clone().numpy(), self.games.observe()
        self.finished, self.by_thread = deepcopy((saved["finished"], saved["by_thread"]))
