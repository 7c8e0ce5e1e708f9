"""Acrobot for many arms at once, equal to Gymnasium's step for step (Sutton, 1996; the book's dynamics).

`following` and `change` are written for single numbers and arrays alike: `native` compiles them.
"""

from math import pi

import numpy as np

ACTIONS, OBSERVATION, TIME_LIMIT = 3, 6, 500

# Both links have mass 1, length 1, the centre of mass in the middle and moment of inertia 1.
GRAVITY, MIDDLE, SECONDS = 9.8, 0.5, 0.2
FASTEST = (4 * pi, 9 * pi)
# Squares are the C library's pow, as those of Gymnasium's numbers: a product differs in the last bit once in 1,000.
# Compilers make a product of it where they can see the exponent, so it is handed over.
SQUARE = 2.0


def start(generator: np.random.Generator, games: int) -> np.ndarray:
    """States [4, games] at the start: two angles and their velocities, near rest, in single precision as Gymnasium."""
    return generator.uniform(-0.1, 0.1, (4, games)).astype(np.float32).astype(np.float64)


def step(state: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The next states [4, …], rewards [… float64] and whether each game has ended [… bool].

    `actions` [… integer]: torque −1, 0 or 1 on the joint. One Runge-Kutta step of 0.2 s, in Gymnasium's order of
    arithmetic.
    """
    moved = np.stack(following(*state, actions - 1.0, SQUARE))
    for angle in moved[:2]:
        while (np.abs(angle) > pi).any():
            angle[angle > pi] -= 2 * pi
            angle[angle < -pi] += 2 * pi
    for velocity, fastest in zip(moved[2:], FASTEST, strict=True):
        np.clip(velocity, -fastest, fastest, out=velocity)
    ended = -np.cos(moved[0]) - np.cos(moved[1] + moved[0]) > 1.0
    return moved, np.where(ended, 0.0, -1.0), ended


def observe(state: np.ndarray) -> np.ndarray:
    """Observations [tickets, threads, 6]: cosine and sine of both angles, and the velocities."""
    angle1, angle2, speed1, speed2 = state
    seen = [np.cos(angle1), np.sin(angle1), np.cos(angle2), np.sin(angle2), speed1, speed2]
    return np.stack(seen, axis=-1, dtype=np.float32, casting="same_kind")


def following(angle1, angle2, speed1, speed2, torque, square):
    """Angles and velocities after a step, neither wrapped nor bounded."""
    half = SECONDS / 2.0
    a1, a2, a3, a4 = change(angle1, angle2, speed1, speed2, torque, square)
    b1, b2, b3, b4 = change(angle1 + half * a1, angle2 + half * a2, speed1 + half * a3, speed2 + half * a4, torque,
                            square)
    c1, c2, c3, c4 = change(angle1 + half * b1, angle2 + half * b2, speed1 + half * b3, speed2 + half * b4, torque,
                            square)
    d1, d2, d3, d4 = change(angle1 + SECONDS * c1, angle2 + SECONDS * c2, speed1 + SECONDS * c3, speed2 + SECONDS * c4,
                            torque, square)
    sixth = SECONDS / 6.0
    return (angle1 + sixth * (a1 + 2 * b1 + 2 * c1 + d1), angle2 + sixth * (a2 + 2 * b2 + 2 * c2 + d2),
            speed1 + sixth * (a3 + 2 * b3 + 2 * c3 + d3), speed2 + sixth * (a4 + 2 * b4 + 2 * c4 + d4))


def change(angle1, angle2, speed1, speed2, torque, square):
    """Time derivatives of angles and velocities."""
    cos2, sin2 = np.cos(angle2), np.sin(angle2)
    d1 = MIDDLE**2 + (1.0 + MIDDLE**2 + 2 * MIDDLE * cos2) + 1.0 + 1.0
    d2 = (MIDDLE**2 + MIDDLE * cos2) + 1.0
    phi2 = MIDDLE * GRAVITY * np.cos(angle1 + angle2 - pi / 2.0)
    phi1 = (-MIDDLE * np.float_power(speed2, square) * sin2 - 2 * MIDDLE * speed2 * speed1 * sin2
            + (MIDDLE + 1.0) * GRAVITY * np.cos(angle1 - pi / 2) + phi2)
    speed2_dot = ((torque + d2 / d1 * phi1 - MIDDLE * np.float_power(speed1, square) * sin2 - phi2)
                  / (MIDDLE**2 + 1.0 - np.float_power(d2, square) / d1))
    return speed1, speed2, -(d2 * speed2_dot + phi1) / d1, speed2_dot
