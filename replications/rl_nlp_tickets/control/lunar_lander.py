"""LunarLander in the physics engine of Gymnasium's, step for step equal to it, in less Python."""

import math
from typing import Any

import numpy as np
from gymnasium.envs.box2d import lunar_lander as original

ACTIONS, OBSERVATION, TIME_LIMIT = 4, 8, 1000
MAIN = 2  # the main engine; action 0 does nothing, 1 and 3 fire those at the sides

SCALE = original.SCALE
WIDTH, HEIGHT = original.VIEWPORT_W / SCALE / 2, original.VIEWPORT_H / SCALE / 2  # half of the view, in metres
LEGS = original.LEG_DOWN / SCALE
SIDE_ARM = 17  # pixels, where Gymnasium has the side engines push; upwards it is SIDE_ENGINE_HEIGHT


class Lander(original.LunarLander):
    """LunarLander-v3 without wind, for discrete actions and without a window: what v2 was.

    The arithmetic keeps Gymnasium's order, so that results are equal in every bit (test). What is left out are checks,
    and random numbers drawn one by one: a good third of the time of Gymnasium's `step`. Observations are lists.
    `start`: state of the random generator before this game, from which and its actions it can be played again.
    """

    start: dict[str, Any]

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[list[float], dict]:
        """The first observation of a new game in a new world, as Gymnasium's."""
        if seed is not None:
            self.np_random = np.random.default_rng(seed)
        self.start = self.np_random.bit_generator.state
        return super().reset(options=options)

    def step(self, action: int) -> tuple[list[float], float, bool]:
        """The next observation, its reward, and whether the game has ended."""
        burnt = self._fire(action)
        self.world.Step(1.0 / original.FPS, 180, 60)
        lander = self.lander
        position, velocity, (left, right) = lander.position, lander.linearVelocity, self.legs
        seen = [(position.x - WIDTH) / WIDTH, (position.y - (self.helipad_y + LEGS)) / HEIGHT,
                velocity.x * WIDTH / original.FPS, velocity.y * HEIGHT / original.FPS,
                lander.angle, 20.0 * lander.angularVelocity / original.FPS,
                1.0 if left.ground_contact else 0.0, 1.0 if right.ground_contact else 0.0]
        if self.game_over or abs(seen[0]) >= 1.0:
            reward, ended = -100.0, True
        else:
            reward, ended = self._progress(seen) - burnt, False
        if not lander.awake:
            reward, ended = 100.0, True
        return seen, reward, ended

    def _progress(self, seen: list[float]) -> float:
        """What this step has brought the lander closer to a landing."""
        x, y, vx, vy, angle, _, left, right = seen
        shaping = (-100 * math.sqrt(x * x + y * y) - 100 * math.sqrt(vx * vx + vy * vy) - 100 * abs(angle)
                   + 10 * left + 10 * right)
        before, self.prev_shaping = self.prev_shaping, shaping
        return 0.0 if before is None else shaping - before

    def _fire(self, action: int) -> float:
        """Push the lander; returns the cost of the fuel. Both random numbers are drawn in any case."""
        first, second = ((2.0 * drawn - 1.0) / SCALE for drawn in self._np_random.random(2).tolist())
        if action == 0:
            return 0.0
        lander = self.lander
        sin, cos = math.sin(lander.angle), math.cos(lander.angle)
        x, y = lander.position
        if action == MAIN:
            along = original.MAIN_ENGINE_Y_LOCATION / SCALE + 2 * first
            ox, oy = sin * along - cos * second, -cos * along - sin * second
            at, power, cost = (x + ox, y + oy), original.MAIN_ENGINE_POWER, 0.3
        else:
            side = 3 * second + (action - MAIN) * original.SIDE_ENGINE_AWAY / SCALE
            ox, oy = sin * first - cos * side, -cos * first - sin * side
            at = (x + ox - sin * SIDE_ARM / SCALE, y + oy + cos * original.SIDE_ENGINE_HEIGHT / SCALE)
            power, cost = original.SIDE_ENGINE_POWER, 0.03
        lander.ApplyLinearImpulse((-ox * power, -oy * power), at, True)
        return cost
