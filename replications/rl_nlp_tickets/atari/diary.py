"""What is recorded of one ticket's training while it learns."""

import math
from dataclasses import dataclass, field

import numpy as np

from lth_common.training.loop import Progress

from .schema import Settings

FINAL = ("ticket_reward", "games", "environment_steps")  # recorded at the end of a training


@dataclass
class Diary(Progress):
    """What a training leaves behind; `finished`: rewards of its games as they end, `read` of which are in epochs."""

    finished: list[float] = field(default_factory=list)
    read: int = 0

    def end_epoch(self, loss: float) -> None:
        """Record an epoch: its last loss, and the mean reward of the games that were finished in it."""
        self.record(self.step, "train", loss=loss)
        rewards, self.read = self.finished[self.read :], len(self.finished)
        if not math.isfinite(loss):
            self.failure = _diverged(f"the training loss is {loss} at batch {self.step}")
            self.record(self.step, "train", reward=math.nan)
        elif rewards:
            self.record(self.step, "train", reward=np.mean(rewards))

    def finish(self, settings: Settings, finite: bool) -> None:
        """Record the numbers of the whole training; where it diverged they are NaN. `finite`: whether weights are."""
        train, found = settings.train, (math.nan,) * len(FINAL)
        if self.failure is None and not finite:
            self.failure = _diverged(f"some weights are not finite after batch {self.step}")
        if self.failure is None:
            steps = self.step * (train.steps - 1) * settings.data.group
            reward = np.mean(self.finished[-train.last_games:]) if self.finished else math.nan
            found = (reward, len(self.finished), steps)
            if not self.finished:
                self.failure = (f"no game was finished in {self.step} batches; raise train.budget or lower "
                                "data.longest")
                self.record(self.step, "train", reward=math.nan)
        self.record(self.step, "train", **dict(zip(FINAL, found, strict=True)))


def _diverged(what: str) -> str:
    return f"diverged: {what}; lower train.optimizer.lr"
