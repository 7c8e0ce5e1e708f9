"""What a few steps of one ticket's threads give to learn from."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Cut(NamedTuple):
    """A game that was cut off at the time limit."""

    step: int
    thread: int
    seen: np.ndarray  # [size] float32: the last observation


@dataclass
class Block:
    """One ticket's part of what was played."""

    observations: np.ndarray  # [steps + 1, threads, size] float32; the last are where the next block starts
    noise: np.ndarray  # [steps, threads, actions] float32: Gumbel's
    outputs: np.ndarray  # [steps, threads, actions + 1] float32: logits and values
    actions: np.ndarray  # [steps, threads] int64
    rewards: np.ndarray  # [steps, threads] float64, as the game gives them
    ended: np.ndarray  # [steps, threads] bool: terminal, there is no value after it
    cut: list[Cut] = field(default_factory=list)
