"""Settings of the translation task: which text and its subwords, the Transformer, and how fairseq trains it."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lth_common.protocol.schema.base import Budget, Strict

Count = Annotated[int, Field(ge=1)]


class Data(Strict):
    """English to German. `subwords`: types of the joint byte-pair encoding; wmt14 comes encoded."""

    name: Literal["wmt14", "multi30k", "generated"]
    subwords: Count


class Model(Strict):
    """A Transformer of fairseq's; sizes left out are those of `arch`. All embeddings are one tensor."""

    arch: Literal["transformer_wmt_en_de", "transformer_vaswani_wmt_en_de_big"]
    layers: Count | None = Field(None, description="of the encoder, and as many of the decoder")
    embedding: Count | None = None
    feed_forward: Count | None = None
    heads: Count | None = None

    @model_validator(mode="after")
    def heads_share_the_embedding(self) -> "Model":
        if self.embedding and self.heads and self.embedding % self.heads:
            raise ValueError(f"'embedding' ({self.embedding}) is no multiple of 'heads' ({self.heads})")
        return self


class Optimizer(Strict):
    """Adam; the rate rises linearly for `warmup` updates and then falls with the inverse square root."""

    name: Literal["adam"]
    lr: float = Field(gt=0)
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]]
    eps: float = Field(gt=0)
    warmup: Count


class Train(Strict):
    budget: Budget = Field(description="in updates, such as 50000it")
    max_tokens: Count = Field(description="of a batch, the longer of both languages, padding counted")
    batches: Count = Field(1, description="batches an update")
    optimizer: Optimizer
    dropout: float = Field(ge=0, lt=1)
    label_smoothing: float = Field(ge=0, lt=1)
    clip_norm: float = Field(0.0, ge=0, description="0: none")
    checkpoint_every: Count = Field(description="updates between checkpoints, and between those that are averaged")
    average: Count = Field(description="the weights that are tested are the mean of so many last checkpoints'")
    beam: Count
    length_penalty: float = Field(ge=0)

    @field_validator("budget")
    @classmethod
    def in_updates(cls, value: str) -> str:
        if not value.endswith("it") or not int(value[:-2]):
            raise ValueError("the budget of this task is a number of updates above 0, such as '50000it'")
        return value

    @model_validator(mode="after")
    def averages_fit(self) -> "Train":
        updates = int(self.budget[:-2])
        if updates % self.checkpoint_every or self.average * self.checkpoint_every > updates:
            raise ValueError(f"'budget' ({self.budget}) must be a multiple of 'checkpoint_every' "
                             f"({self.checkpoint_every}), and at least 'average' ({self.average}) times it")
        return self


class Settings(Strict):
    data: Data
    model: Model
    train: Train
