"""Atari: an actor-critic trained from a ticket, and the reward that it reaches."""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import ale_py
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
from lth_common.training.loop import steps_in
from lth_common.training.step import masked_step

from .diary import FINAL, Diary
from .games import Group, shape_and_actions
from .learn import cost, play
from .network import AtariNet, acting_copy, connected
from .schema import Settings

Save = Callable[[dict[str, Any]], None]


class AtariTask:
    """One arm's agent (see `lth_common.tickets.task.Task`).

    Records, steps counted in batches: `reward`, the mean of the games finished in each epoch (none if none was);
    `loss`, that of each epoch's last batch; `ticket_reward`, the mean over the last games to end, from the sampled
    policy while it learns, as the paper reports it (where `games` is hardly above the number of places, these are the
    longer ones of the first games; where it is below `train.last_games`, as when a policy keeps games going, all);
    `start_reward`, of games before any learning; `games` and `environment_steps` of the whole training; `connected`,
    whether the mask leaves the policy a path from the screen. NaN from the epoch that a training diverges in.
    """

    headline, together = "ticket_reward", 1

    def __init__(self, settings: Settings, arm: Arm, rules: Prune, device: str):
        self.settings, self.device = settings, device
        self.shape, self.actions = shape_and_actions(settings.data)
        self.checksums = {settings.data.name: f"ale-py {ale_py.__version__}"}
        self.net = FlatNet(self._network(), device)
        self.parameters = parameters_of(self.net.module, rules.rates, rules.exempt)
        self.batches = steps_in(settings.train.budget, settings.train.batches_per_epoch)
        self.groups = [Group(settings.data) for _ in range(settings.data.threads // settings.data.group)]
        games = settings.train.start_games
        self.start = Group(settings.data.model_copy(update={"group": games})) if games else None

    def _network(self) -> AtariNet:
        return AtariNet(self.shape, self.settings.model.channels, self.settings.model.hidden, self.actions)

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Freshly drawn weights."""
        return FlatNet(initialise(self._network(), self.settings.model.init, generator)).get()

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: dict | None = None,
              save: Save = lambda state: None) -> Outcome:
        """Train one ticket. `save` is given a live state before every batch, and every step of the start games.

        Going on from one takes as long as it took to play the games that were in progress (see `Group.restore`).
        """
        settings = self.settings.train
        target = 0 if capture is None else steps_in(capture, settings.batches_per_epoch)
        if target > self.batches:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {self.batches} batches of train.budget")
        self.net.set(ticket.mask.apply(ticket.weights))
        mask = self.net.flatten(ticket.mask)
        if resume is None or "start" in resume:
            diary = Diary(0)
            diary.record(0, "model", steps_per_epoch=settings.batches_per_epoch,
                         connected=connected(ticket.whole_mask(), self.actions))
            if self.start is not None:
                reward = self._start_reward(seed, level, resume and resume["start"], save)
                diary.record(0, "test", start_reward=reward)
            if capture is not None and target == 0:
                diary.captured = self.net.get()
            resume = None
        else:
            diary = Diary(**deepcopy(resume["diary"]))
        self._learn(seed, level, mask, diary, target, resume, save)
        diary.finish(self.settings, bool(self.net.vector.isfinite().all()))
        return Outcome(diary.rows, self.net.get(), diary.captured, target, diary.failure)

    def nothing(self) -> list[dict]:
        """As for every task: what a level without a ticket records."""
        diary = Diary(0)
        diary.record(0, "model", steps_per_epoch=self.settings.train.batches_per_epoch)
        if self.start is not None:
            diary.record(0, "test", start_reward=math.nan)
        diary.record(0, "train", loss=math.nan, reward=math.nan, **dict.fromkeys(FINAL, math.nan))
        return diary.rows

    def _learn(self, seed: int, level: int, mask: Tensor, diary: Diary, target: int, resume: dict | None,
               save: Save) -> None:
        """All batches, the groups in turn.

        The training ends, with `failure`, at the first epoch whose loss is not finite.
        """
        settings = self.settings.train
        optimizer = torch.optim.Adam([self.net.vector], settings.optimizer.lr, settings.optimizer.betas,
                                     settings.optimizer.eps, fused=True)
        if resume is None:
            acting = acting_copy(self.net.module)
        else:
            self.net.set(resume["weights"])
            optimizer.load_state_dict(deepcopy(resume["optimizer"]))
            acting = {name: weight.to(self.device, copy=True) for name, weight in resume["acting"].items()}
        generator = self._games(self.groups, seed, level, "games", resume)
        while diary.step < self.batches and diary.failure is None:
            save(_saved(self.groups, generator) | {"diary": vars(diary), "weights": self.net.get(), "acting": acting,
                                                   "optimizer": optimizer.state_dict()})
            group = self.groups[diary.step % len(self.groups)]
            block, over = play(group, self.net.module, acting, settings.steps, generator, self.device)
            diary.finished += [reward for _, reward in over]
            self.net.vector.grad.zero_()
            loss = cost(block, self.net.module, settings)
            loss.backward()
            masked_step(optimizer, self.net.vector, mask)
            diary.step += 1
            if diary.step % settings.refresh == 0:
                acting = acting_copy(self.net.module)
            if diary.step == target:
                diary.captured = self.net.get()
            if diary.step % settings.batches_per_epoch == 0:
                diary.end_epoch(loss.item())

    def _games(self, groups: list[Group], seed: int, level: int, purpose: str,
               saved: dict | None) -> np.random.Generator:
        """Start all games anew, or go on with saved ones; returns the generator of the actions.

        Both streams are the level's own.
        """
        starts, actions = (np.random.default_rng(stream(seed, purpose, axis, level).initial_seed())
                           for axis in ("starts", "actions"))
        if saved is None:
            for group in groups:
                group.begin(starts)
        else:
            for group, own in zip(groups, saved["groups"], strict=True):
                group.restore(own)
            actions.bit_generator.state = saved["generator"]
        return actions

    def _start_reward(self, seed: int, level: int, resume: dict | None, save: Save) -> float:
        """Mean reward of the first game in every place of a group of its own, so that short games count no more."""
        rewards, weights = dict(resume["rewards"]) if resume else {}, acting_copy(self.net.module)
        generator = self._games([self.start], seed, level, "start_games", resume)
        while len(rewards) < self.settings.train.start_games:
            save({"start": _saved([self.start], generator) | {"rewards": rewards}})
            for place, reward in play(self.start, self.net.module, weights, 2, generator, self.device)[1]:
                rewards.setdefault(place, reward)
        return float(np.mean(list(rewards.values())))


def _saved(groups: list[Group], generator: np.random.Generator) -> dict[str, Any]:
    """What `AtariTask._games` goes on from."""
    return {"groups": [group.saved() for group in groups], "generator": generator.bit_generator.state}
