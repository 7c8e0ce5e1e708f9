"""Settings of the language-model task: which text, the network, and how it learns."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from lth_common.protocol.schema.base import Name, Strict
from lth_common.protocol.schema.initial import Init
from lth_common.protocol.schema.train import Subset, SupervisedSettings


class Data(Strict):
    """A text as words; subsets are ranges of the words of its training part, in order.

    Their validation ranges count the words of the text's own validation part.
    """

    validation_apart: ClassVar[bool] = True  # equal ranges for training and validation share no word

    name: Literal["wikitext2", "generated"]
    window: int = Field(ge=1, description="words that gradients reach back (truncated backpropagation through time)")
    vocabulary: int | None = Field(None, ge=3, description="so many most frequent words, the others count as unknown; "
                                   "all if absent")
    subsets: dict[Name, Subset] = Field(min_length=1)

    @model_validator(mode="after")
    def subsets_are_in_order(self) -> "Data":
        for name, subset in self.subsets.items():
            if subset.shuffled is not None:
                raise ValueError(f"subsets.{name}: a text is not shuffled")
            for part in ("train", "validation"):
                start, stop = getattr(subset, part) or (0, 2)
                if stop <= start:
                    raise ValueError(f"subsets.{name}: {part} [{start}, {stop}] has no word; legal are two words or "
                                     "more, of which all but the first are predicted")
        return self


class Model(Strict):
    """Word embedding, LSTM layers with dropout between them, and a linear layer over the vocabulary."""

    embedding: int = Field(ge=1, description="numbers a word")
    hidden: int = Field(ge=1, description="units a layer")
    layers: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1, description="between the LSTM layers")
    tied: bool = Field(description="the output layer's weights are those of the embedding")
    init: Init

    @model_validator(mode="after")
    def tied_weights_fit(self) -> "Model":
        if self.tied and self.embedding != self.hidden:
            raise ValueError(f"'tied' needs as many units in 'embedding' ({self.embedding}) as in 'hidden' "
                             f"({self.hidden})")
        return self


class Settings(SupervisedSettings):
    data: Data
    model: Model
