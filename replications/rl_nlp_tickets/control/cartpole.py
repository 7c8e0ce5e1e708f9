"""CartPole for many poles at once, equal to Gymnasium's step for step (Barto, Sutton & Anderson, 1983).

`following` is written for single numbers and arrays alike: `native` compiles it.
"""

import math

import numpy as np

ACTIONS, OBSERVATION, TIME_LIMIT = 2, 4, 200  # CartPole-v0's limit; v1 has 500

GRAVITY, CART, POLE, HALF_LENGTH = 9.8, 1.0, 0.1, 0.5
FORCE, SECONDS = 10.0, 0.02
TRACK, ANGLE = 2.4, 12 * 2 * math.pi / 360
TOTAL, MOMENT = POLE + CART, POLE * HALF_LENGTH


def start(generator: np.random.Generator, games: int) -> np.ndarray:
    """States [4, games] at the start: position, velocity, angle, angular velocity."""
    return generator.uniform(-0.05, 0.05, (4, games))


def step(state: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The next states [4, …], rewards [… float64] and whether each game has ended [… bool].

    `actions` [… integer]: 0 pushes left, 1 right.
    """
    moved = np.stack(following(*state, np.where(actions == 1, FORCE, -FORCE)))
    ended = (np.abs(moved[0]) > TRACK) | (np.abs(moved[2]) > ANGLE)
    return moved, np.ones(ended.shape), ended


def observe(state: np.ndarray) -> np.ndarray:
    """Observations [tickets, threads, 4]: the state itself."""
    return np.moveaxis(state, 0, -1).astype(np.float32)


def following(x, x_dot, angle, angle_dot, force):
    """The state after a step; the arithmetic keeps Gymnasium's order, so that results are equal in every bit."""
    cos, sin = np.cos(angle), np.sin(angle)
    push = (force + MOMENT * np.square(angle_dot) * sin) / TOTAL
    angle_dot2 = (GRAVITY * sin - cos * push) / (HALF_LENGTH * (4.0 / 3.0 - POLE * np.square(cos) / TOTAL))
    x_dot2 = push - MOMENT * angle_dot2 * cos / TOTAL
    return (x + SECONDS * x_dot, x_dot + SECONDS * x_dot2, angle + SECONDS * angle_dot,
            angle_dot + SECONDS * angle_dot2)
