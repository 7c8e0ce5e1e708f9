"""LunarLander in the physics engine of Gymnasium's, step for step equal to it, in less Python."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
from Box2D import b2BodyDef, b2EdgeShape, b2FixtureDef, b2PolygonShape, b2RevoluteJointDef, b2World
from gymnasium.envs.box2d import lunar_lander as original

ACTIONS, OBSERVATION, TIME_LIMIT = 4, 8, 1000
MAIN = 2  # the main engine; action 0 does nothing, 1 and 3 fire those at the sides

SCALE, FPS = original.SCALE, original.FPS
WIDTH, HEIGHT = original.VIEWPORT_W / SCALE / 2, original.VIEWPORT_H / SCALE / 2  # half of the view, in metres
LEGS, LEGS_AWAY = original.LEG_DOWN / SCALE, original.LEG_AWAY / SCALE
ENGINE, SIDE_AWAY = original.MAIN_ENGINE_Y_LOCATION / SCALE, original.SIDE_ENGINE_AWAY / SCALE
MAIN_POWER, SIDE_POWER = original.MAIN_ENGINE_POWER, original.SIDE_ENGINE_POWER
SIDE_HEIGHT = original.SIDE_ENGINE_HEIGHT
SIDE_ARM = 17  # pixels, where Gymnasium has the side engines push; upwards it is SIDE_ENGINE_HEIGHT
PIECES, PAD = 10, range(3, 8)  # of the ground, and those of their ends that are level with the landing pad

# What worlds are made of; the physics engine takes copies.
GROUND = b2FixtureDef(shape=b2EdgeShape(), density=0, friction=0.1)
BODY = b2FixtureDef(shape=b2PolygonShape(vertices=[(x / SCALE, y / SCALE) for x, y in original.LANDER_POLY]),
                    density=5.0, friction=0.1, categoryBits=0x0010, maskBits=0x001, restitution=0.0)
LEG = b2FixtureDef(shape=b2PolygonShape(box=(original.LEG_W / SCALE, original.LEG_H / SCALE)), density=1.0,
                   restitution=0.0, categoryBits=0x0020, maskBits=0x001)


class Contacts(original.ContactDetector):
    """Notes what touches the ground; the physics engine asks about every step of a contact, which is nothing to us."""

    def PreSolve(self, *contact: Any) -> None:  # noqa: N802
        pass

    def PostSolve(self, *contact: Any) -> None:  # noqa: N802
        pass


class Lander(original.LunarLander):
    """LunarLander-v3 without wind, for discrete actions and without a window: what v2 was.

    The arithmetic keeps Gymnasium's order, so that results are equal in every bit (test). What is left out are checks,
    what is only drawn, and random numbers drawn one by one. Observations are lists.
    `start`: state of the random generator before this game, from which and its actions it can be played again.
    """

    start: dict[str, Any]

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[list[float], dict]:
        """The first observation of a new game in a new world, as Gymnasium's."""
        if seed is not None:
            self.np_random = np.random.default_rng(seed)
        self.start = self.np_random.bit_generator.state
        self._destroy()
        self.world = b2World(gravity=(0, self.gravity))
        self.contacts = self.world.contactListener = Contacts(self)
        self.game_over, self.prev_shaping, self.helipad_y = False, None, HEIGHT / 2
        self._make_ground()
        self._make_lander()
        return self.step(0)[0], {}

    def _make_ground(self) -> None:
        """Hills at random, and the landing pad in the middle."""
        height = self.np_random.uniform(0, HEIGHT, size=PIECES + 2).tolist()
        for place in PAD:
            height[place] = self.helipad_y
        ends = [(2 * WIDTH / PIECES * i, 0.33 * (height[i - 1] + height[i] + height[i + 1])) for i in range(PIECES + 1)]
        self.moon, shape = self.world.CreateBody(b2BodyDef()), GROUND.shape
        self.moon.CreateFixturesFromShapes(b2EdgeShape(vertices=[(0, 0), (2 * WIDTH, 0)]))
        for shape.vertex1, shape.vertex2 in pairwise(ends):
            self.moon.CreateFixture(GROUND)

    def _make_lander(self) -> None:
        """The lander with its legs, pushed at random."""
        x, y, world, push = WIDTH, 2 * HEIGHT, self.world, original.INITIAL_RANDOM
        self.lander = world.CreateDynamicBody(position=(x, y), angle=0.0, fixtures=BODY)
        self.lander.ApplyForceToCenter((self.np_random.uniform(-push, push), self.np_random.uniform(-push, push)), True)
        self.legs = []
        for side in (-1, 1):
            leg = world.CreateDynamicBody(position=(x - side * LEGS_AWAY, y), angle=side * 0.05, fixtures=LEG)
            leg.ground_contact = False
            limits = (0.9 - 0.5, 0.9) if side == -1 else (-0.9, -0.9 + 0.5)
            leg.joint = world.CreateJoint(b2RevoluteJointDef(
                bodyA=self.lander, bodyB=leg, localAnchorA=(0, 0), localAnchorB=(side * LEGS_AWAY, LEGS),
                enableMotor=True, enableLimit=True, maxMotorTorque=original.LEG_SPRING_TORQUE, motorSpeed=0.3 * side,
                lowerAngle=limits[0], upperAngle=limits[1]))
            self.legs.append(leg)

    def step(self, action: int) -> tuple[list[float], float, bool]:
        """The next observation, its reward, and whether the game has ended."""
        burnt = self._fire(action)
        self.world.Step(1.0 / FPS, 180, 60)
        lander = self.lander
        position, velocity, (left, right) = lander.position, lander.linearVelocity, self.legs
        seen = [(position.x - WIDTH) / WIDTH, (position.y - (self.helipad_y + LEGS)) / HEIGHT,
                velocity.x * WIDTH / FPS, velocity.y * HEIGHT / FPS,
                lander.angle, 20.0 * lander.angularVelocity / FPS,
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
        first, second = self._np_random.random(2).tolist()
        if action == 0:
            return 0.0
        first, second = (2.0 * first - 1.0) / SCALE, (2.0 * second - 1.0) / SCALE
        lander = self.lander
        angle, position = lander.angle, lander.position
        sin, cos, x, y = math.sin(angle), math.cos(angle), position.x, position.y
        if action == MAIN:
            along = ENGINE + 2 * first
            ox, oy = sin * along - cos * second, -cos * along - sin * second
            at, power, cost = (x + ox, y + oy), MAIN_POWER, 0.3
        else:
            side = 3 * second + (action - MAIN) * SIDE_AWAY
            ox, oy = sin * first - cos * side, -cos * first - sin * side
            at = (x + ox - sin * SIDE_ARM / SCALE, y + oy + cos * SIDE_HEIGHT / SCALE)
            power, cost = SIDE_POWER, 0.03
        lander.ApplyLinearImpulse((-ox * power, -oy * power), at, True)
        return cost
