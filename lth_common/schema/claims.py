"""Claims of a paper, and the rules that decide them."""

from typing import Literal

from pydantic import Field, model_validator

from .analysis import Ours, Published, Unit
from .base import Strict


class PublishedRule(Strict):
    """What the paper says of the quantity: one printed `value`, or its own points put through the rule."""

    value: Published | None = None
    of: Published | None = None
    against: Published | None = None

    @model_validator(mode="after")
    def one_source(self) -> "PublishedRule":
        if (self.value is None) == (self.of is None):
            raise ValueError("give either 'value' (a printed number) or 'of' (points put through the rule)")
        if self.against is not None and self.of is None:
            raise ValueError("'against' belongs to 'of'")
        return self


class Rule(Strict):
    """A quantity that must lie between `at_least` and `at_most`.

    value: `of`; difference: `of` minus `against`, paired by seed; ratio: `of` over `against`.
    Levels are those that both sides have, inside `weights_remaining` and `levels` (both inclusive).
    A side with a fixed level is compared with all levels of the other.
    `mean`: the mean over levels must lie in the range (a ratio is then the ratio of the two means);
    `every`: each level's own value must; `some`: that of at least one level.
    """

    label: str
    quantity: Literal["value", "difference", "ratio"] = "difference"
    of: Ours
    against: Ours | None = None
    weights_remaining: tuple[float, float] = (0.0, 1.0)
    levels: tuple[int, int] | None = None
    epochs: int | None = Field(None, ge=1, description="shorter trainings leave the rule undecided")
    across_levels: Literal["mean", "every", "some"] = "mean"
    at_least: float | None = None
    at_most: float | None = None
    unit: Unit = "points"
    published: PublishedRule | None = None

    @model_validator(mode="after")
    def complete(self) -> "Rule":
        if (self.against is None) != (self.quantity == "value"):
            raise ValueError("'difference' and 'ratio' need 'against'; 'value' has none")
        if self.at_least is None and self.at_most is None:
            raise ValueError("a rule needs 'at_least' or 'at_most', or it could not fail")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        if not 0 <= self.weights_remaining[0] <= self.weights_remaining[1] <= 1:
            raise ValueError("'weights_remaining' is [low, high], shares between 0 and 1")
        if self.levels is not None and not 0 <= self.levels[0] <= self.levels[1]:
            raise ValueError("'levels' is [first, last]")
        of = self.published.of if self.published else None
        if of and (self.published.against is None) != (self.quantity == "value"):
            raise ValueError("'published' needs 'against' beside 'of' just as the rule itself does")
        return self


class Claim(Strict):
    """A statement of the paper in our words, and the rules that decide it."""

    statement: str
    where: str
    rules: list[Rule] = Field(min_length=1)
    comment: str | None = Field(None, description="why it holds or fails, in a sentence or two, once known")
