"""Classic control: an actor-critic trained from a ticket, and the reward that it reaches."""

import math
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.models import initialise
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.tickets.task import Outcome
from lth_common.tickets.ticket import Ticket
from lth_common.training.flat import FlatNet
from lth_common.training.loop import Progress, steps_in

from .games import make, sizes
from .learner import Learner
from .network import ActorCritic, connected
from .play import Block, Tables, learn
from .schema import Settings

FINAL = ("ticket_reward", "environment_steps", "updates")  # recorded at the end of a training


@dataclass
class Diary(Progress):
    """What one ticket's training leaves behind; `epochs` are those whose rewards are recorded."""

    level: int = 0
    epochs: int = 0
    updates: int = 0

    def read(self, rewards: list[float], per_epoch: int, epochs: int) -> None:
        """Record the mean reward of each epoch that is over, of at most `epochs`."""
        while self.epochs < min(epochs, len(rewards) // per_epoch):
            own = rewards[self.epochs * per_epoch : (self.epochs + 1) * per_epoch]
            self.epochs += 1
            self.record(self.epochs * per_epoch, "train", reward=np.mean(own))


class ControlTask:
    """One arm's agents (see `lth_common.tickets.task`). They are small: they learn on the CPU, whatever the device.

    Records, steps counted in finished games: `reward` of every epoch; `ticket_reward`, the mean over the last games,
    from the sampled policy while it learns, as the paper reports it; `start_reward`, of games before any learning;
    `environment_steps` and `updates`; `connected`, whether the mask leaves the policy a path from the observation.
    NaN from the epoch that a training diverges in.
    """

    headline = "ticket_reward"
    together = 7  # more are hardly faster (benchmarks/control_speed), and a kill loses the levels that are under way

    def __init__(self, settings: Settings, arm: Arm, rules: Prune, device: str):
        self.settings = settings
        self.size, self.actions = sizes(settings.data.name)
        self.checksums = {settings.data.name: f"gymnasium {gymnasium.__version__}"}
        self.parameters = parameters_of(self._network(), rules.rates, rules.exempt)
        train = settings.train
        self.games = steps_in(train.budget, train.games_per_epoch)
        self.epochs = self.games // train.games_per_epoch
        if self.games < train.last_games:
            raise LTHError(f"train.last_games: {train.last_games} games, but train.budget {train.budget} has "
                           f"{self.games}; legal: at most that many")

    def _network(self) -> ActorCritic:
        return ActorCritic(self.size, self.settings.model.hidden, self.actions)

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Freshly drawn weights."""
        return FlatNet(initialise(self._network(), self.settings.model.init, generator)).get()

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: Any = None,
              save: Any = None) -> Outcome:
        """Train one ticket. Nothing is saved on the way: a killed run trains the level again."""
        return self._train([ticket], seed, [level], capture)[0]

    def train_together(self, tickets: list[Ticket], seed: int, levels: list[int]) -> list[Outcome]:
        """Train tickets of several levels side by side."""
        return self._train(tickets, seed, levels, None)

    def _train(self, tickets: list[Ticket], seed: int, levels: list[int], capture: str | None) -> list[Outcome]:
        """Every ticket learns for all epochs, from its own games; the optimiser starts afresh."""
        settings = self.settings.train
        target = 0 if capture is None else steps_in(capture, settings.games_per_epoch)
        if target > self.games:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {self.games} games of train.budget")
        learners = [Learner(ticket, settings.optimizer) for ticket in tickets]
        diaries = [Diary(0, level=level) for level in levels]
        self._describe(tickets, learners, diaries, seed)
        if capture is not None and target == 0:
            diaries[0].captured = learners[0].weights()
        tables, active = self._tables(learners, seed, levels, "games"), list(diaries)
        while active:
            block = tables.play()
            learn(block, tables.learners, settings)
            self._note(tables, block, active, target)
            going = [i for i, (diary, rewards) in enumerate(zip(active, tables.finished, strict=True))
                     if len(rewards) < self.games and diary.failure is None]
            if len(going) < len(active):
                tables.keep(going)
                active = [active[i] for i in going]
        return [Outcome(diary.rows, learner.weights(), diary.captured, target, diary.failure)
                for diary, learner in zip(diaries, learners, strict=True)]

    def nothing(self) -> list[dict]:
        """As for every task: what a level without a ticket records."""
        diary = Diary(0)
        diary.record(0, "model", steps_per_epoch=self.settings.train.games_per_epoch)
        if self.settings.train.start_games:
            diary.record(0, "test", start_reward=math.nan)
        diary.record(0, "train", reward=math.nan, **dict.fromkeys(FINAL, math.nan))
        return diary.rows

    def _tables(self, learners: list[Learner], seed: int, levels: list[int], purpose: str) -> Tables:
        """Fresh games for each level, from random streams of its own."""
        def generators(axis: str) -> list[np.random.Generator]:
            return [np.random.default_rng(stream(seed, purpose, axis, level).initial_seed()) for level in levels]

        games = make(self.settings.data.name, generators("starts"), self.settings.data.threads)
        return Tables(games, learners, generators("actions"), self.settings.train.steps)

    def _note(self, tables: Tables, block: Block, active: list[Diary], target: int) -> None:
        """Write down what a block has added, and keep the weights of the rewind point.

        A network that is no longer finite ends its own training and no other.
        """
        sound = block.outputs.flatten(1).isfinite().all(1).tolist()
        for ticket, (diary, learner, rewards) in enumerate(zip(active, tables.learners, tables.finished, strict=True)):
            if not sound[ticket]:
                self._fail(diary)
                continue
            diary.updates += 1
            diary.read(rewards, self.settings.train.games_per_epoch, self.epochs)
            if 0 < target <= len(rewards) and diary.captured is None:
                diary.captured = learner.weights()
            if len(rewards) >= self.games:
                self._finish(diary, learner, rewards[: self.games])

    def _finish(self, diary: Diary, learner: Learner, rewards: list[float]) -> None:
        if not learner.net.vector.isfinite().all():
            return self._fail(diary)
        steps = diary.updates * self.settings.train.steps * self.settings.data.threads
        found = (np.mean(rewards[-self.settings.train.last_games:]), steps, diary.updates)
        diary.record(self.games, "train", **dict(zip(FINAL, found, strict=True)))

    def _fail(self, diary: Diary) -> None:
        """From the epoch that it diverged in a training has no numbers."""
        diary.failure = (f"diverged: the network is not finite after {diary.updates} updates; lower "
                         "train.optimizer.lr")
        step = min((diary.epochs + 1) * self.settings.train.games_per_epoch, self.games)
        if diary.epochs < self.epochs:
            diary.record(step, "train", reward=math.nan)
        diary.record(step, "train", **dict.fromkeys(FINAL, math.nan))

    def _describe(self, tickets: list[Ticket], learners: list[Learner], diaries: list[Diary], seed: int) -> None:
        """Record what is known before any learning: the mask's paths, and the reward of the starting weights."""
        hidden = len(self.settings.model.hidden)
        for ticket, diary in zip(tickets, diaries, strict=True):
            diary.record(0, "model", steps_per_epoch=self.settings.train.games_per_epoch,
                         connected=connected(ticket.whole_mask(), hidden, self.actions))
        if self.settings.train.start_games:
            levels = [diary.level for diary in diaries]
            for diary, reward in zip(diaries, self._start_rewards(learners, seed, levels), strict=True):
                diary.record(0, "test", start_reward=reward)

    def _start_rewards(self, learners: list[Learner], seed: int, levels: list[int]) -> list[float]:
        """Mean reward over the first games of every thread, as many of each, so that short games do not count more."""
        threads = self.settings.data.threads
        each = math.ceil(self.settings.train.start_games / threads)
        tables = self._tables(learners, seed, levels, "start_games")
        result: dict[int, float] = {}
        active = list(range(len(learners)))
        while active:
            tables.play()
            for place, ticket in enumerate(active):
                if all(len(rewards) >= each for rewards in tables.by_thread[place]):
                    result[ticket] = float(np.mean([rewards[:each] for rewards in tables.by_thread[place]]))
            going = [place for place, ticket in enumerate(active) if ticket not in result]
            if len(going) < len(active):
                tables.keep(going)
                active = [active[place] for place in going]
        return [result[ticket] for ticket in range(len(learners))]
