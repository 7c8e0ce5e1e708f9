"""Atari games in groups that move together, on the Arcade Learning Environment's own vectorised environment."""

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
    """

    def __init__(self, data: Data):
        self.environment = AtariVectorEnv(
            data.name, data.group, num_threads=torch.get_num_threads(), max_num_frames_per_episode=data.longest,
            autoreset_mode=AutoresetMode.SAME_STEP, img_height=data.height, img_width=data.width,
            grayscale=not data.colour, stack_num=data.frames, frameskip=data.frame_skip, maxpool=True, noop_max=30,
            repeat_action_probability=0.0, episodic_life=False, reward_clipping=False, use_fire_reset=False)
        self.reward = np.zeros(data.group)

    def begin(self, starts: np.random.Generator) -> None:
        """Start all games anew, each from its own seed: what was played before does not count."""
        screens, _ = self.environment.reset(seed=starts.integers(2**31, size=len(self.reward)))
        self.screens = planes(screens)
        self.reward[:] = 0.0

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, Finished]:
        """Play one action in each game.

        Returns rewards [group] as the games give them, which games have ended, which were only cut off, the screens
        that those showed last [group, planes, height, width] (None if no game is over), and the finished games.
        """
        screens, rewards, ended, cut, info = self.environment.step(actions.astype(np.int64))
        self.screens = planes(screens)
        self.reward += rewards
        over = ended | cut
        finished = [(place, float(self.reward[place])) for place in np.flatnonzero(over).tolist()]
        self.reward[over] = 0.0
        return rewards, ended, cut & ~ended, planes(info["final_obs"]) if over.any() else None, finished


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
