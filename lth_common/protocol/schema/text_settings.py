"""Settings of the text-classification task: which texts, how they become tokens, the network, its training."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_serializer, model_validator

from .base import Name, Pattern, Strict
from .initial import Init
from .train import Subset, SupervisedSettings


class CleaningStep(Strict):
    """One step of the cleaning: the word `lower`, or {replace: a regular expression, with: a literal string}."""

    replace: Pattern | None = Field(None, description="each match is replaced; none: the step lower-cases the text")
    with_: str | None = Field(None, alias="with", description="what stands in its place, taken literally")

    @model_validator(mode="before")
    @classmethod
    def read_the_word(cls, value: Any) -> Any:
        if value == "lower":
            return {}
        if not isinstance(value, cls | dict) or value == {}:
            raise ValueError("a step is the word 'lower', or 'replace' and 'with'")
        return value

    @model_validator(mode="after")
    def both_or_none(self) -> "CleaningStep":
        if (self.replace is None) != (self.with_ is None):
            raise ValueError("'replace' and 'with' belong together")
        return self

    @model_serializer
    def as_written(self) -> str | dict[str, str]:
        return "lower" if self.replace is None else {"replace": self.replace, "with": self.with_}


class WordVectors(Strict):
    """Frozen vectors of the words.

    `glove`: pretrained, from a file, which is downloaded if it is nowhere. `skipgram`: trained on the training
    split. `glove_or_skipgram`: glove if the file is at hand, else skipgram; what it was stands in run.json.
    `random`: normal, the same for all runs; a control.
    """

    source: Literal["glove", "skipgram", "glove_or_skipgram", "random"]
    dimensions: int = Field(100, ge=1)
    file: str | None = Field(None, pattern=r"^[^/\\]+\.txt$", description="such as glove.twitter.27B.100d.txt")

    @model_validator(mode="after")
    def file_is_for_glove(self) -> "WordVectors":
        if self.source.startswith("glove") != (self.file is not None):
            raise ValueError("'file' belongs to the sources 'glove' and 'glove_or_skipgram', and only there")
        return self


class TextData(Strict):
    """A set of labelled texts and its form as tokens.

    `labels` gives each label word of the files its class; `"*"` stands for all words that are not listed.
    `test_share` and `test_seed` split the sets that have no official test set.
    """

    name: Literal["imdb", "financial_sentiment", "stock_tweets", "generated"]
    clean: list[CleaningStep] = Field([], description="steps, in this order")
    tokenizer: Literal["nltk", "basic_english"]
    positions: int = Field(ge=1, description="length of all sequences: longer ones are cut, shorter ones padded")
    markers: bool = Field(description="a start and an end marker round each text, within its positions")
    vectors: WordVectors
    labels: dict[str, Annotated[int, Field(ge=0)]] = Field(min_length=1)
    test_examples: int | None = Field(None, ge=1, description="test on so many, drawn once for all runs")
    test_share: float | None = Field(None, gt=0, lt=1)
    test_seed: int | None = Field(None, ge=0)
    subsets: dict[Name, Subset] = Field(min_length=1)

    @model_validator(mode="after")
    def markers_leave_room(self) -> "TextData":
        if self.markers and self.positions < 3:
            raise ValueError("'positions' below 3 has no room for a word between the markers")
        return self

    @model_validator(mode="after")
    def split_is_for_sets_without_one(self) -> "TextData":
        official = self.name in ("imdb", "generated")
        if any((value is None) != official for value in (self.test_share, self.test_seed)):
            raise ValueError("'test_share' and 'test_seed' belong to financial_sentiment and stock_tweets, which need "
                             "both, and only there")
        return self


class TextModel(Strict):
    """A bidirectional LSTM, dropout and a linear output layer.

    `read_out`: the output at the last position of the padded text, or each direction's state after its last word.
    """

    name: Literal["lstm"]
    hidden: int = Field(ge=1, description="units a layer and direction")
    layers: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1, description="before the output layer")
    outputs: int = Field(ge=2)
    read_out: Literal["last_position", "ends"]
    init: Init


class Settings(SupervisedSettings):
    data: TextData
    model: TextModel
