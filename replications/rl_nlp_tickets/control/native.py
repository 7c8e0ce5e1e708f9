"""CartPole's and Acrobot's worlds in native code: the same arithmetic, and numbers equal in every bit (test).

Nothing lets the compiler round otherwise, and it fuses no products into sums.
"""

from math import pi

import numpy as np
from numba import njit
from numba.extending import register_jitable

from . import acrobot, cartpole

FLAGS = {"cache": True, "error_model": "numpy"}
FASTEST1, FASTEST2 = acrobot.FASTEST
for function in (acrobot.change, acrobot.following, cartpole.following):
    register_jitable(function)


@njit(**FLAGS)
def step_cartpole(state, actions, square, moved, rewards, ended):
    """The next states [4, tickets, threads], rewards and which games have ended [tickets, threads]."""
    for at in np.ndindex(actions.shape):
        force = cartpole.FORCE if actions[at] == 1 else -cartpole.FORCE
        x, x_dot, angle, angle_dot = cartpole.following(state[0][at], state[1][at], state[2][at], state[3][at], force)
        moved[0][at], moved[1][at], moved[2][at], moved[3][at] = x, x_dot, angle, angle_dot
        rewards[at] = 1.0
        ended[at] = abs(x) > cartpole.TRACK or abs(angle) > cartpole.ANGLE


@njit(**FLAGS)
def step_acrobot(state, actions, square, moved, rewards, ended):
    """As `step_cartpole`."""
    for at in np.ndindex(actions.shape):
        angle1, angle2, speed1, speed2 = acrobot.following(state[0][at], state[1][at], state[2][at], state[3][at],
                                                           actions[at] - 1.0, square)
        angle1, angle2 = _wrapped(angle1), _wrapped(angle2)
        moved[0][at], moved[1][at] = angle1, angle2
        moved[2][at] = min(max(speed1, -FASTEST1), FASTEST1)
        moved[3][at] = min(max(speed2, -FASTEST2), FASTEST2)
        ended[at] = -np.cos(angle1) - np.cos(angle2 + angle1) > 1.0
        rewards[at] = 0.0 if ended[at] else -1.0


@njit(**FLAGS)
def observe_cartpole(state, seen):
    """Observations [tickets, threads, 4]: the state itself."""
    for at in np.ndindex(state[0].shape):
        for k in range(4):
            seen[at][k] = state[k][at]


@njit(**FLAGS)
def observe_acrobot(state, seen):
    """Observations [tickets, threads, 6]: cosine and sine of both angles, and the velocities."""
    for at in np.ndindex(state[0].shape):
        seen[at][0], seen[at][1] = np.cos(state[0][at]), np.sin(state[0][at])
        seen[at][2], seen[at][3] = np.cos(state[1][at]), np.sin(state[1][at])
        seen[at][4], seen[at][5] = state[2][at], state[3][at]


@njit(**FLAGS)
def _wrapped(angle):
    while angle > pi:
        angle -= 2 * pi
    while angle < -pi:
        angle += 2 * pi
    return angle
