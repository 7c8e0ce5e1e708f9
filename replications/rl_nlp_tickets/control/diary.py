"""What is recorded of one ticket's training while it learns."""

import math
from dataclasses import dataclass

import numpy as np

from lth_common.training.loop import Progress, steps_in

from .schema import Train

FINAL = ("ticket_reward", "environment_steps", "updates")  # recorded at the end of a training


@dataclass
class Diary(Progress):
    """What one ticket's training leaves behind; `epochs` are those whose rewards are recorded."""

    level: int = 0
    epochs: int = 0
    updates: int = 0

    def read(self, rewards: list[float], train: Train) -> None:
        """Record the mean reward of each epoch that is over, of those in the budget."""
        per_epoch = train.games_per_epoch
        while self.epochs < min(epochs_of(train), len(rewards) // per_epoch):
            own = rewards[self.epochs * per_epoch : (self.epochs + 1) * per_epoch]
            self.epochs += 1
            self.record(self.epochs * per_epoch, "train", reward=np.mean(own))

    def finish(self, rewards: list[float], train: Train, threads: int) -> None:
        """Record the numbers of the whole training, from the rewards of all its games."""
        found = (np.mean(rewards[-train.last_games:]), self.updates * train.steps * threads, self.updates)
        self.record(games_of(train), "train", **dict(zip(FINAL, found, strict=True)))

    def fail(self, train: Train) -> None:
        """From the epoch that it diverged in a training has no numbers."""
        self.failure = (f"diverged: the network is not finite after {self.updates} updates; lower "
                        "train.optimizer.lr")
        step = min((self.epochs + 1) * train.games_per_epoch, games_of(train))
        if self.epochs < epochs_of(train):
            self.record(step, "train", reward=math.nan)
        self.record(step, "train", **dict.fromkeys(FINAL, math.nan))


def games_of(train: Train) -> int:
    """Finished games of the budget."""
    return steps_in(train.budget, train.games_per_epoch)


def epochs_of(train: Train) -> int:
    """Whole epochs of the budget."""
    return games_of(train) // train.games_per_epoch
