"""The dynamics of `cartpole` and `acrobot`, moved by native code."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

from lth_common.training.engine.compiled import Calls, kept

from . import acrobot, cartpole


@cache
def native() -> ModuleType:
    """The module of native code."""
    with kept(Path(cartpole.__file__), Path(acrobot.__file__)):
        from . import native
    return native


class NativeDynamics:
    """What `games.Simulated` needs of a game."""

    def __init__(self, dynamics: ModuleType):
        name = dynamics.__name__.rpartition(".")[2]
        self.ACTIONS, self.OBSERVATION, self.TIME_LIMIT = dynamics.ACTIONS, dynamics.OBSERVATION, dynamics.TIME_LIMIT
        self.start, self.call = dynamics.start, Calls()
        self.move: Callable = getattr(native(), f"step_{name}")
        self.look: Callable = getattr(native(), f"observe_{name}")

    def step(self, state: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The next states [size, tickets, threads], rewards and which games have ended, both [tickets, threads]."""
        moved, rewards, ended = np.empty_like(state), np.empty(actions.shape), np.empty(actions.shape, dtype=bool)
        self.call(self.move, state, np.ascontiguousarray(actions), acrobot.SQUARE, moved, rewards, ended)
        return moved, rewards, ended

    def observe(self, state: np.ndarray) -> np.ndarray:
        """Observations [tickets, threads, size]."""
        seen = np.empty((*state.shape[1:], self.OBSERVATION), np.float32)
        self.call(self.look, state, seen)
        return seen
