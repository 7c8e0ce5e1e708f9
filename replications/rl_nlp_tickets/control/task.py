"""Classic control: an actor-critic trained from a ticket, and the reward that it reaches."""

import math
from collections.abc import Callable
from copy import deepcopy
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
from lth_common.training.engine.choice import unloadable
from lth_common.training.flat import FlatNet
from lth_common.training.loop import steps_in

from .block import Block
from .diary import FINAL, Diary, games_of
from .games import make, sizes
from .learner import Learner, learner_of
from .network import ActorCritic, connected
from .play import Tables
from .schema import Settings

Save = Callable[[dict[str, Any]], None]


class ControlTask:
    """One arm's agents (see `lth_common.tickets.task`). They are small: they learn on the CPU, whatever the device.

    Records, steps counted in finished games: `reward` of every epoch; `ticket_reward`, the mean over the last games,
    from the sampled policy while it learns, as the paper reports it; `start_reward`, of games before any learning;
    `environment_steps` and `updates`; `connected`, whether the mask leaves the policy a path from the observation.
    NaN from the epoch that a training diverges in.
    """

    headline = "ticket_reward"
    together = 7  # more are hardly faster (benchmarks/control_speed)
    engine = "auto"  # what shall train: `torch`, or `sparse`, which `auto` is wherever native code can be loaded
    save_every = 16  # blocks, much less than a second

    def __init__(self, settings: Settings, arm: Arm, rules: Prune, device: str):
        self.settings, self.engines = settings, {}
        self.size, self.actions = sizes(settings.data.name)
        self.checksums = {settings.data.name: f"gymnasium {gymnasium.__version__}"}
        self.parameters = parameters_of(self._network(), rules.rates, rules.exempt)
        train = settings.train
        self.games = games_of(train)
        if self.games < train.last_games:
            raise LTHError(f"train.last_games: {train.last_games} games, but train.budget {train.budget} has "
                           f"{self.games}; legal: at most that many")

    def _network(self) -> ActorCritic:
        return ActorCritic(self.size, self.settings.model.hidden, self.actions)

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Freshly drawn weights."""
        return FlatNet(initialise(self._network(), self.settings.model.init, generator)).get()

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: dict | None = None,
              save: Save = lambda state: None) -> Outcome:
        """Train one ticket."""
        return self._train([ticket], seed, [level], capture, resume, save)[0]

    def train_together(self, tickets: list[Ticket], seed: int, levels: list[int], resume: dict | None = None,
                       save: Save = lambda state: None) -> list[Outcome]:
        """Train tickets of several levels side by side."""
        return self._train(tickets, seed, levels, None, resume, save)

    def _train(self, tickets: list[Ticket], seed: int, levels: list[int], capture: str | None, resume: dict | None,
               save: Save) -> list[Outcome]:
        """Every ticket learns for all epochs, from its own games; the optimiser starts afresh.

        `save` is given a live state every few blocks, of the start games too.
        """
        settings = self.settings.train
        target = 0 if capture is None else steps_in(capture, settings.games_per_epoch)
        if target > self.games:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {self.games} games of train.budget")
        learners = [self._learner(ticket, level) for ticket, level in zip(tickets, levels, strict=True)]
        if resume is None or "start" in resume:
            diaries = [Diary(0, level=level) for level in levels]
            self._describe(tickets, learners, diaries, seed, resume and resume["start"], save)
            if capture is not None and target == 0:
                diaries[0].captured = learners[0].weights()
            tables = self._tables(learners, seed, levels, "games")
        else:
            diaries = [Diary(**own) for own in deepcopy(resume["diaries"])]
            for learner, own in zip(learners, resume["learners"], strict=True):
                learner.restore(own)
            tables = self._tables(learners, seed, levels, "games", resume["tables"])
        while tables.tickets:
            if tables.blocks % self.save_every == 0:
                save({"tables": tables.saved(), "diaries": [vars(diary) for diary in diaries],
                      "learners": [learner.saved() for learner in learners]})
            blocks, active = tables.play(), [diaries[ticket] for ticket in tables.tickets]
            for learner, block in zip(tables.learners, blocks, strict=True):
                learner.learn(block)
            self._note(tables, blocks, active, target)
            tables.keep([place for place, diary in enumerate(active)
                         if len(tables.finished[place]) < self.games and diary.failure is None])
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

    def _learner(self, ticket: Ticket, level: int) -> Learner:
        """A ticket's network, by the engine that is wanted, or torch's where native code cannot be loaded."""
        why = {"torch": "", "recurrent": "the network is no LSTM"}.get(self.engine)
        name = "torch" if why is not None or (why := unloadable()) else "sparse"
        self.engines[level] = f"{name} ({why})" if why else name
        return learner_of(name)(ticket, self.settings.train, self.settings.data.threads)

    def _tables(self, learners: list[Learner], seed: int, levels: list[int], purpose: str,
                saved: dict | None = None) -> Tables:
        """Games of each level from random streams of its own: fresh ones, or those that were `saved`."""
        def generators(axis: str) -> list[np.random.Generator]:
            return [np.random.default_rng(stream(seed, purpose, axis, level).initial_seed()) for level in levels]

        games = make(self.settings.data.name, generators("starts"), self.settings.data.threads, learners[0].is_native)
        tables = Tables(games, learners, generators("actions"), self.settings.train.steps)
        if saved is not None:
            tables.restore(saved)
        return tables

    def _note(self, tables: Tables, blocks: list[Block], active: list[Diary], target: int) -> None:
        """Write down what a block has added, and keep the weights of the rewind point.

        A network that is no longer finite ends its own training and no other.
        """
        train = self.settings.train
        for block, diary, learner, rewards in zip(blocks, active, tables.learners, tables.finished, strict=True):
            if not np.isfinite(block.outputs).all():
                diary.fail(train)
                continue
            diary.updates += 1
            diary.read(rewards, train)
            if 0 < target <= len(rewards) and diary.captured is None:
                diary.captured = learner.weights()
            if len(rewards) >= self.games:
                if learner.is_finite():
                    diary.finish(rewards[: self.games], train, self.settings.data.threads)
                else:
                    diary.fail(train)

    def _describe(self, tickets: list[Ticket], learners: list[Learner], diaries: list[Diary], seed: int,
                  resume: dict | None, save: Save) -> None:
        """Record what is known before any learning: the mask's paths, and the reward of the starting weights."""
        hidden = len(self.settings.model.hidden)
        for ticket, diary in zip(tickets, diaries, strict=True):
            diary.record(0, "model", steps_per_epoch=self.settings.train.games_per_epoch,
                         connected=connected(ticket.whole_mask(), hidden, self.actions))
        if self.settings.train.start_games:
            levels = [diary.level for diary in diaries]
            rewards = self._start_rewards(learners, seed, levels, resume, save)
            for diary, reward in zip(diaries, rewards, strict=True):
                diary.record(0, "test", start_reward=reward)

    def _start_rewards(self, learners: list[Learner], seed: int, levels: list[int], resume: dict | None,
                       save: Save) -> list[float]:
        """Mean reward over the first games of every thread, as many of each, so that short games do not count more."""
        each = math.ceil(self.settings.train.start_games / self.settings.data.threads)
        start = resume or {"tables": None, "found": {}}
        tables = self._tables(learners, seed, levels, "start_games", start["tables"])
        found = dict(start["found"])
        while tables.tickets:
            if tables.blocks % self.save_every == 0:
                save({"start": {"tables": tables.saved(), "found": found}})
            tables.play()
            for ticket, by_thread in zip(tables.tickets, tables.by_thread, strict=True):
                if all(len(rewards) >= each for rewards in by_thread):
                    found[ticket] = float(np.mean([rewards[:each] for rewards in by_thread]))
            tables.keep([place for place, ticket in enumerate(tables.tickets) if ticket not in found])
        return [found[ticket] for ticket in range(len(levels))]
