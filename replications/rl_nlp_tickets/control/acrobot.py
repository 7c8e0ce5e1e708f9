"""Acrobot for many arms at once, equal to Gymnasium's step for step (Sutton, 1996; the book's dynamics)."""

from math import pi

import numpy as np

ACTIONS, OBSERVATION, TIME_LIMIT = 3, 6, 500

# Both links have mass 1, length 1, the centre of mass in the middle and moment of inertia 1.
GRAVITY, MIDDLE, SECONDS = 9.8, 0.5, 0.2
FASTEST = (4 * pi, 9 * pi)


def start(generator: np.random.Generator, games: int) -> np.ndarray:
    """States [4, games] at the start: two angles and their velocities, near rest, in single precision as Gymnasium."""
    return generator.uniform(-0.1, 0.1, (4, games)).astype(np.float32).astype(np.float64)


def step(state: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The next states [4, …], rewards [… float64] and whether each game has ended [… bool].

    `actions` [… integer]: torque −1, 0 or 1 on the joint. One Runge-Kutta step of 0.2 s, in Gymnasium's order of
    arithmetic.
    """
    torque, half = actions - 1.0, SECONDS / 2.0
    k1 = _change(state, torque)
    k2 = _change(state + half * k1, torque)
    k3 = _change(state + half * k2, torque)
    k4 = _change(state + SECONDS * k3, torque)
    following = state + SECONDS / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
    for angle in following[:2]:
        while (np.abs(angle) > pi).any():
            angle[angle > pi] -= 2 * pi
            angle[angle < -pi] += 2 * pi
    for velocity, fastest in zip(following[2:], FASTEST, strict=True):
        np.clip(velocity, -fastest, fastest, out=velocity)
    ended = -np.cos(following[0]) - np.cos(following[1] + following[0]) > 1.0
    return following, np.where(ended, 0.0, -1.0), ended


def observe(state: np.ndarray) -> np.ndarray:
    """Observations [6, …]: cosine and sine of both angles, and the velocities."""
    return np.stack([np.cos(state[0]), np.sin(state[0]), np.cos(state[1]), np.sin(state[1]), state[2], state[3]])


def _change(state: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """Time derivative [4, …] of the state."""
    angle1, angle2, speed1, speed2 = state
    cos2, sin2 = np.cos(angle2), np.sin(angle2)
    d1 = MIDDLE**2 + (1.0 + MIDDLE**2 + 2 * MIDDLE * cos2) + 1.0 + 1.0
    d2 = (MIDDLE**2 + MIDDLE * cos2) + 1.0
    phi2 = MIDDLE * GRAVITY * np.cos(angle1 + angle2 - pi / 2.0)
    phi1 = (-MIDDLE * _squared(speed2) * sin2 - 2 * MIDDLE * speed2 * speed1 * sin2
            + (MIDDLE + 1.0) * GRAVITY * np.cos(angle1 - pi / 2) + phi2)
    speed2_dot = ((torque + d2 / d1 * phi1 - MIDDLE * _squared(speed1) * sin2 - phi2)
                  / (MIDDLE**2 + 1.0 - _squared(d2) / d1))
    return np.stack([speed1, speed2, -(d2 * speed2_dot + phi1) / d1, speed2_dot])


def _squared(values: np.ndarray) -> np.ndarray:
    """By the C library's pow, as Gymnasium's scalars are; a product differs in the last bit once in a thousand."""
    return np.float_power(values, 2.0)
