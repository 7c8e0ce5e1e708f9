"""Atari: an actor-critic trained from a ticket, and the reward that it reaches."""

import math

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
from lth_common.training.loop import Progress, steps_in
from lth_common.training.step import masked_step

from .games import Group, shape_and_actions
from .learn import cost, play
from .network import AtariNet, acting_copy, connected
from .schema import Settings

FINAL = ("ticket_reward", "games", "environment_steps")  # recorded at the end of a training


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

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume=None,
              save=None) -> Outcome:
        """Train one ticket. Nothing is saved on the way: a killed run trains the level again."""
        settings = self.settings.train
        target = 0 if capture is None else steps_in(capture, settings.batches_per_epoch)
        if target > self.batches:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {self.batches} batches of train.budget")
        self.net.set(ticket.mask.apply(ticket.weights))
        mask, progress = self.net.flatten(ticket.mask), Progress(0)
        progress.record(0, "model", steps_per_epoch=settings.batches_per_epoch,
                        connected=connected(ticket.whole_mask(), self.actions))
        if self.start is not None:
            progress.record(0, "test", start_reward=self._start_reward(seed, level))
        if capture is not None and target == 0:
            progress.captured = self.net.get()
        finished = self._learn(self._begin(self.groups, seed, level, "games"), mask, progress, target)
        self._report(progress, finished)
        return Outcome(progress.rows, self.net.get(), progress.captured, target, progress.failure)

    def nothing(self) -> list[dict]:
        """As for every task: what a level without a ticket records."""
        progress = Progress(0)
        progress.record(0, "model", steps_per_epoch=self.settings.train.batches_per_epoch)
        if self.start is not None:
            progress.record(0, "test", start_reward=math.nan)
        progress.record(0, "train", loss=math.nan, reward=math.nan, **dict.fromkeys(FINAL, math.nan))
        return progress.rows

    def _report(self, progress: Progress, finished: list[float]) -> None:
        """The numbers of the whole training; where it diverged they are NaN."""
        settings, found = self.settings.train, (math.nan,) * len(FINAL)
        if progress.failure is None and not self.net.vector.isfinite().all():
            progress.failure = _diverged(f"some weights are not finite after batch {progress.step}")
        if progress.failure is None:
            steps = self.batches * (settings.steps - 1) * self.settings.data.group
            reward = np.mean(finished[-settings.last_games:]) if finished else math.nan
            found = (reward, len(finished), steps)
            if not finished:
                progress.failure = (f"no game was finished in {self.batches} batches; raise train.budget or lower "
                                    "data.longest")
                progress.record(progress.step, "train", reward=math.nan)
        progress.record(progress.step, "train", **dict(zip(FINAL, found, strict=True)))

    def _learn(self, generator: np.random.Generator, mask: Tensor, progress: Progress, target: int) -> list[float]:
        """All batches, the groups in turn; returns the rewards of the finished games.

        The training ends, with `failure`, at the first epoch whose loss is not finite.
        """
        settings, finished, read = self.settings.train, [], 0
        optimizer = torch.optim.Adam([self.net.vector], settings.optimizer.lr, settings.optimizer.betas,
                                     settings.optimizer.eps, fused=True)
        acting = acting_copy(self.net.module)
        while progress.step < self.batches and progress.failure is None:
            group = self.groups[progress.step % len(self.groups)]
            block, over = play(group, self.net.module, acting, settings.steps, generator, self.device)
            finished += [reward for _, reward in over]
            self.net.vector.grad.zero_()
            loss = cost(block, self.net.module, settings)
            loss.backward()
            masked_step(optimizer, self.net.vector, mask)
            progress.step += 1
            if progress.step % settings.refresh == 0:
                acting = acting_copy(self.net.module)
            if progress.step == target:
                progress.captured = self.net.get()
            if progress.step % settings.batches_per_epoch == 0:
                _end_epoch(progress, finished[read:], loss.item())
                read = len(finished)
        return finished

    def _begin(self, groups: list[Group], seed: int, level: int, purpose: str) -> np.random.Generator:
        """Start all games anew; returns the generator of the actions. Both streams are the level's own."""
        starts, actions = (np.random.default_rng(stream(seed, purpose, axis, level).initial_seed())
                           for axis in ("starts", "actions"))
        for group in groups:
            group.begin(starts)
        return actions

    def _start_reward(self, seed: int, level: int) -> float:
        """Mean reward of the first game in every place of a group of its own, so that short games count no more."""
        generator, weights = self._begin([self.start], seed, level, "start_games"), acting_copy(self.net.module)
        rewards: dict[int, float] = {}
        while len(rewards) < self.settings.train.start_games:
            for place, reward in play(self.start, self.net.module, weights, 2, generator, self.device)[1]:
                rewards.setdefault(place, reward)
        return float(np.mean(list(rewards.values())))


def _end_epoch(progress: Progress, rewards: list[float], loss: float) -> None:
    progress.record(progress.step, "train", loss=loss)
    if not math.isfinite(loss):
        progress.failure = _diverged(f"the training loss is {loss} at batch {progress.step}")
        progress.record(progress.step, "train", reward=math.nan)
    elif rewards:
        progress.record(progress.step, "train", reward=np.mean(rewards))


def _diverged(what: str) -> str:
    return f"diverged: {what}; lower train.optimizer.lr"
