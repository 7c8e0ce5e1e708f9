"""Atari games in groups that move together, on the Arcade Learning Environment's own vectorised environment."""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from ale_py.vector_env import AtariVectorEnv
from gymnasium.vector import AutoresetMode

from .schema import Data

Finished = list[tuple[int, float]]  # place in the group, reward of the whole game


class Group:
    """Games that move together: what they show, and the rewards of those that are over.

    No sticky actions, no artificial ends at lost lives, up to 30 idle frames at the start; each pixel is the brighter
    of the last two frames', as some games draw things only in every second one. A game that is over begins again at
    once. Making a group loads every game's ROM, so it is made once and begun for each training.

    The environment cannot be saved, but a game follows from its place's seed, the number of games that were over there
    before (only a start draws random numbers that count) and its actions: `restore` plays those in progress again.
    """

    def __init__(self, data: Data):
        self.environment = AtariVectorEnv(
            data.name, data.group, num_threads=torch.get_num_threads(), max_num_frames_per_episode=data.longest,
            autoreset_mode=AutoresetMode.SAME_STEP, img_height=data.height, img_width=data.width,
            grayscale=not data.colour, stack_num=data.frames, frameskip=data.frame_skip, maxpool=True, noop_max=30,
            repeat_action_probability=0.0, episodic_life=False, reward_clipping=False, use_fire_reset=False)
        self.reward, self.over = np.zeros(data.group), [0] * data.group
        self.played = [bytearray() for _ in range(data.group)]  # actions of the games in progress

    def begin(self, starts: np.random.Generator) -> None:
        """Start all games anew, each from its own seed: what was played before does not count."""
        self.seeds, self.over = starts.integers(2**31, size=len(self.reward)), [0] * len(self.reward)
        screens, _ = self.environment.reset(seed=self.seeds)
        self.screens = planes(screens)
        self.reward[:] = 0.0
        for own in self.played:
            own.clear()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, Finished]:
        """Play one action in each game.

        Returns rewards [group] as the games give them, which games have ended, which were only cut off, the screens
        that those showed last [group, planes, height, width] (None if no game is over), and the finished games.
        """
        screens, rewards, ended, cut, info = self.environment.step(actions.astype(np.int64))
        self.screens = planes(screens)
        self.reward += rewards
        for own, action in zip(self.played, actions.tolist(), strict=True):
            own.append(action)
        over = ended | cut
        finished = [(place, float(self.reward[place])) for place in np.flatnonzero(over).tolist()]
        for place, _ in finished:
            self.over[place] += 1
            self.played[place].clear()
        self.reward[over] = 0.0
        return rewards, ended, cut & ~ended, planes(info["final_obs"]) if over.any() else None, finished

    def saved(self) -> dict[str, Any]:
        """What `restore` needs, for a file: live, to be written or copied at once."""
        return {"seeds": self.seeds.tolist(), "over": self.over, "played": self.played}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where another group was, bit for bit; `saved` is left as it is.

        Takes as long as it took to play the longest game in progress, without a network, and one start for every game
        that was over. Until all are as far from where they were, places with shorter games play what does not count.
        """
        self.environment.reset()  # all places must have been started once before some can be
        self.seeds = np.array(saved["seeds"])
        lengths = np.array([len(own) for own in saved["played"]])
        for left in reversed(range(lengths.max() + 1)):
            if (lengths == left).any():
                self._start(lengths == left, np.array(saved["over"]))
            if left:
                self.step(np.array([own[-left] if left <= len(own) else 0 for own in saved["played"]]))
        self.over, self.played = deepcopy((saved["over"], saved["played"]))

    def _start(self, places: np.ndarray, over: np.ndarray) -> None:
        """Start `places` [group, bool] from their seeds, and again for each game that was `over` [group] there."""
        screens, _ = self.environment.reset(seed=self.seeds[places], options={"reset_mask": places})
        for before in range(over[places].max()):
            screens, _ = self.environment.reset(options={"reset_mask": places & (over > before)})
        self.screens, self.reward[places] = planes(screens), 0.0


def planes(screens: np.ndarray) -> np.ndarray:
    """Screens [N, frames, height, width(, 3)] as planes [N, frames (· 3), height, width]."""
    if screens.ndim == 4:
        return screens
    moved = np.moveaxis(screens, -1, 2)
    return np.ascontiguousarray(moved.reshape(len(moved), -1, *moved.shape[3:]))


def shape_and_actions(data: Data) -> tuple[tuple[int, int, int], int]:
    """((planes, height, width), number of actions): a game's minimal set of actions."""
    environment = AtariVectorEnv(data.name, 1, num_threads=1)
    actions = int(environment.single_action_space.n)
    environment.close()
    return (data.frames * (3 if data.colour else 1), data.height, data.width), actions
