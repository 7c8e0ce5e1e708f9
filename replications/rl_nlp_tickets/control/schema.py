"""Settings of the classic-control task: which game, the network, and how it learns."""

from typing import Annotated, Literal

from pydantic import Field

from lth_common.protocol.schema.base import Budget, Strict
from lth_common.protocol.schema.initial import Init


class Data(Strict):
    name: Literal["cartpole", "acrobot", "lunar_lander"]
    threads: int = Field(ge=1, description="games that are played side by side")


class Model(Strict):
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1, description="units a hidden layer")
    init: Init


class Optimizer(Strict):
    name: Literal["rmsprop"]
    lr: float = Field(gt=0)
    alpha: float = Field(ge=0, lt=1, description="decay of the mean square")
    eps: float = Field(gt=0)


class Train(Strict):
    """One-step temporal-difference actor-critic; an epoch is a number of finished games."""

    budget: Budget
    games_per_epoch: int = Field(ge=1)
    steps: int = Field(ge=1, description="steps of each thread between two updates")
    discount: float = Field(gt=0, le=1)
    entropy: float = Field(ge=0, description="weight of the policy's entropy in the cost")
    value_weight: float = Field(gt=0, description="weight of the squared temporal-difference error in the cost")
    reward_divisor: float = Field(gt=0, description="rewards are divided by it for learning; those reported are not")
    last_games: int = Field(ge=1, description="a ticket's reward is the mean over this many last games")
    start_games: int = Field(0, ge=0, description="games played before training, to know what a ticket starts with; "
                             "rounded up to as many in each thread")
    optimizer: Optimizer


class Settings(Strict):
    data: Data
    model: Model
    train: Train
