"""Settings of the Atari task: which game and how it is shown, the network, and how it learns."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lth_common.protocol.schema.base import Budget, Strict
from lth_common.protocol.schema.initial import Init

Count = Annotated[int, Field(ge=1)]
FILTERS = (5, 5, 3, 3)  # sides of the convolutions' filters (table A1)


class Data(Strict):
    """The nine games of the paper, in the Arcade Learning Environment."""

    name: Literal["assault", "berzerk", "breakout", "centipede", "kangaroo", "krull", "qbert", "seaquest",
                  "space_invaders"]
    threads: Count = Field(description="games that are played side by side")
    group: Count = Field(description="games that move together and make a batch of blocks")
    height: int = Field(ge=16, description="of the screen as the network sees it")
    width: int = Field(ge=16)
    colour: bool = Field(description="three channels a frame, or one")
    frames: Count = Field(description="last frames that are seen at once")
    frame_skip: Count = Field(description="frames that an action lasts")
    longest: Count = Field(108_000, description="frames after which a game is cut off")

    @model_validator(mode="after")
    def whole_groups(self) -> "Data":
        if self.threads % self.group:
            raise ValueError(f"'threads' ({self.threads}) is no multiple of 'group' ({self.group})")
        return self


class Model(Strict):
    """Four convolutions, each with ReLU and 2×2 pooling, then fully connected layers with ReLU (table A1)."""

    channels: Count
    hidden: tuple[Count, ...] = Field(min_length=1)
    init: Init


class Optimizer(Strict):
    name: Literal["adam"]
    lr: float = Field(gt=0)
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]]
    eps: float = Field(gt=0)


class Train(Strict):
    """Actor-critic on blocks of `steps` states, off policy by the age of the acting weights; an epoch is batches."""

    budget: Budget
    batches_per_epoch: Count
    steps: int = Field(ge=2, description="states of a block; the last one is only valued")
    discount: float = Field(gt=0, le=1)
    entropy: float = Field(ge=0)
    clip: float = Field(gt=0, description="rewards and advantages are clipped to ± this for learning")
    ratio_clamp: float = Field(ge=1, description="largest importance ratio of the present to the acting policy")
    refresh: Count = Field(description="updates after which the acting weights are renewed")
    last_games: Count = Field(description="a ticket's reward is the mean over this many last games")
    start_games: int = Field(0, ge=0, description="games played before training, side by side, to know what a ticket "
                             "starts with")
    optimizer: Optimizer


class Settings(Strict):
    data: Data
    model: Model
    train: Train
