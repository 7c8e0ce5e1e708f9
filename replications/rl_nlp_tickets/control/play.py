"""Several tickets learn side by side: their games move together, each network learns for itself."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .games import LunarLander, Simulated
from .learner import Learner
from .schema import Train


@dataclass
class Block:
    """What `steps` steps of all tickets' threads gave; the first two sizes are [tickets, steps]."""

    observations: Tensor  # [tickets, steps + 1, threads, size]; the last are where the next block starts
    outputs: Tensor  # [tickets, steps, threads, actions + 1]: logits and values
    actions: Tensor  # [tickets, steps, threads]
    rewards: np.ndarray  # [tickets, steps, threads], as the game gives them
    ended: np.ndarray  # bool: terminal, there is no value after it
    timed_out: list[tuple[int, int, int, np.ndarray]] = field(default_factory=list)  # ticket, step, thread, last seen


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
        for learner in learners:
            learner.buffers(steps, self.reward.shape[1])

    def play(self) -> Block:
        """Play a block: actions are drawn from the policies as they are now."""
        self.blocks += 1
        tickets, threads = self.reward.shape
        shape = (tickets, self.steps, threads)
        block = Block(torch.empty(tickets, self.steps + 1, threads, self.games.size),
                      torch.empty(*shape, self.games.actions + 1), torch.empty(shape, dtype=torch.long),
                      np.empty(shape), np.empty(shape, dtype=bool))
        noise = np.stack([generator.gumbel(size=(*shape[1:], self.games.actions)) for generator in self.generators])
        noise = torch.from_numpy(noise.astype(np.float32))
        for step in range(self.steps):
            block.observations[:, step] = torch.from_numpy(self.seen)
            for ticket, learner in enumerate(self.learners):
                learner.forward(block.observations[ticket, step], block.outputs[ticket, step], step)
            # The largest logit plus Gumbel noise is a draw from the softmax.
            block.actions[:, step] = (block.outputs[:, step, :, :-1] + noise[:, step]).argmax(-1)
            self._move(block, step)
        block.observations[:, self.steps] = torch.from_numpy(self.seen)
        return block

    def _move(self, block: Block, step: int) -> None:
        """One step of all games; those that are over begin again."""
        rewards, ended, timed_out = self.games.step(block.actions[:, step].numpy())
        block.rewards[:, step], block.ended[:, step] = rewards, ended
        self.reward += rewards
        self.seen = self.games.observe()
        done = ended | timed_out
        if not done.any():
            return
        for ticket, thread in np.argwhere(done).tolist():
            self.finished[ticket].append(float(self.reward[ticket, thread]))
            self.by_thread[ticket][thread].append(float(self.reward[ticket, thread]))
            if timed_out[ticket, thread]:
                block.timed_out.append((ticket, step, thread, self.seen[ticket, thread].copy()))
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


def learn(block: Block, learners: list[Learner], settings: Train) -> None:
    """One update of every learner on its part of the block."""
    gradient = cost_gradient(block.outputs, block.actions, targets(block, learners, settings), settings)
    for ticket, learner in enumerate(learners):
        learner.learn(block.observations[ticket, :-1].flatten(0, 1), gradient[ticket].flatten(0, 1))


def targets(block: Block, learners: list[Learner], settings: Train) -> Tensor:
    """One-step targets r + γ V(s') [tickets, steps, threads].

    After a terminal state there is no value; after a time-out there is: that of the state in which the game was cut
    off (FLARE's compute_next_values).
    """
    following = torch.empty_like(block.outputs[..., -1])
    following[:, :-1] = block.outputs[:, 1:, :, -1]
    for ticket, learner in enumerate(learners):
        following[ticket, -1] = learner.values(block.observations[ticket, -1])
        cut = [(step, thread, seen) for other, step, thread, seen in block.timed_out if other == ticket]
        if cut:
            steps, threads, seen = zip(*cut, strict=True)
            following[ticket, list(steps), list(threads)] = learner.values(torch.from_numpy(np.stack(seen)).float())
    alive = torch.from_numpy(~block.ended)
    rewards = torch.from_numpy(block.rewards / settings.reward_divisor).float()
    return rewards + settings.discount * following * alive


def cost_gradient(outputs: Tensor, actions: Tensor, targets: Tensor, settings: Train) -> Tensor:
    """d cost / d outputs [..., actions + 1] of the cost summed over steps and threads.

    cost = value_weight · (target − V)² − (target − V) · log π(a) − entropy · H(π), the advantage held constant
    (FLARE's SimpleAC).
    """
    log_policy = outputs[..., :-1].log_softmax(-1)
    policy, advantage = log_policy.exp(), (targets - outputs[..., -1]).unsqueeze(-1)
    entropy = -(policy * log_policy).sum(-1, keepdim=True)
    gradient = torch.empty_like(outputs)
    gradient[..., :-1] = policy * (advantage + settings.entropy * (log_policy + entropy))
    gradient[..., :-1].scatter_add_(-1, actions.unsqueeze(-1), -advantage)
    gradient[..., -1:] = -2 * settings.value_weight * advantage
    return gradient
