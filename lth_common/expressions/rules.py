"""Claims of a paper, and the rules that decide them."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from lth_common.protocol.schema.base import Strict

from .curves import Curve, Pooled, Published
from .derived import Derived
from .quantities import LOWEST, Levels, OverLevels, Unit


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


class Quantity(Levels):
    """What is measured of one arm, or of two.

    value: `of`; difference: `of` minus `against`, paired by seed; ratio: `of` over `against`.
    Levels are those that both sides have, inside `weights_remaining` and `levels`. A side with a fixed level is
    compared with all levels of the other. Pairs of which a side does not meet `where` are left out; only
    `lowest_weights` and its like ask each side for itself.
    `mean`, `slope` and so on (see `OverLevels`) make one number of each side and seed, which is then subtracted or
    divided: a ratio is that of the two means. `every` and `some` take each level for itself.
    """

    quantity: Literal["value", "difference", "ratio"] = "difference"
    of: Curve
    against: Curve | None = None
    across_levels: OverLevels | Literal["every", "some"] | Derived = "mean"
    unit: Unit = "points"

    @property
    def sides(self) -> list[Curve]:
        """`of`, and `against` where there is one."""
        return [self.of] if self.against is None else [self.of, self.against]

    @property
    def how(self) -> str:
        """The name of how levels become one number."""
        return self.across_levels.name if isinstance(self.across_levels, Derived) else self.across_levels

    @model_validator(mode="after")
    def sides_fit(self) -> "Quantity":
        if (self.against is None) != (self.quantity == "value"):
            raise ValueError("'difference' and 'ratio' need 'against'; 'value' has none")
        if self.across_levels not in ("mean", "every", "some") and any(side.level is not None for side in self.sides):
            raise ValueError(f"across_levels: {self.how} is a number of all levels, a side's 'level' is not legal "
                             "beside it")
        return self


def _check_end(quantity: Quantity) -> None:
    if quantity.across_levels in LOWEST and quantity.weights_remaining[0] == 0 and quantity.levels is None:
        raise ValueError(f"across_levels: {quantity.how} needs an end, or the verdict is about how far was "
                         "run: give 'weights_remaining' with a low end above 0, or 'levels'")


def _check_published(quantity: "Rule | Place") -> None:
    of = quantity.published.of if quantity.published else None
    if of and (quantity.published.against is None) != (quantity.quantity == "value"):
        raise ValueError("'published' needs 'against' beside 'of' just as the rule itself does")


class Rule(Quantity):
    """A quantity that must lie between `at_least` and `at_most`.

    `every`: that of each level must; `some`: that of at least one level; else the seeds' one number.
    `pooled`: the same of several experiments, as scores; a bound of 0.1 is a tenth of the way from `zero` to `one`.
    """

    label: str
    epochs: int | None = Field(None, ge=1, description="shorter trainings leave the rule undecided")
    at_least: float | None = None
    at_most: float | None = None
    published: PublishedRule | None = None
    pooled: Pooled | None = None

    @model_validator(mode="after")
    def pooled_fits(self) -> "Rule":
        if self.pooled and (self.quantity == "ratio" or self.across_levels in ("every", "some", "slope", "r_squared",
                            *LOWEST) or self.published or self.epochs or self.unit != "fraction"):
            raise ValueError("a pooled rule is about a 'value' or a 'difference', of the mean or a function "
                             "across levels, in unit 'fraction', and has neither 'published' nor 'epochs'")
        if self.pooled and self.of.experiment in self.pooled.with_:
            raise ValueError(f"'{self.of.experiment}' is the rule's own experiment and stands in 'pooled.with' again")
        if self.pooled and len({(side.experiment, side.variant) for side in self.sides}) > 1:
            raise ValueError("both sides of a pooled rule are of one experiment and variant")
        return self

    @model_validator(mode="after")
    def complete(self) -> "Rule":
        _check_range(self)
        _check_end(self)
        _check_published(self)
        return self

    @property
    def quantities(self) -> list[Quantity]:
        """What the rule measures, the same for all kinds of rules: one quantity, or one for each pooled experiment."""
        others = [] if self.pooled is None else self.pooled.with_
        return [self, *(self.model_copy(update={side: ours.model_copy(update={"experiment": name}) for side, ours in
                                                (("of", self.of), ("against", self.against)) if ours is not None})
                        for name in others)]


class Place(Quantity):
    """One of the numbers that a function makes another of: a seed's one number, as it is recorded."""

    across_levels: OverLevels | Derived = "mean"
    published: PublishedRule | None = None

    @model_validator(mode="after")
    def complete(self) -> "Place":
        _check_end(self)
        _check_published(self)
        return self


class DerivedRule(Strict):
    """A number that a function of the paper's folder makes, for each seed, of several numbers of it.

    The function is called with a data frame, a row a seed and a column (0, 1, …) for each of `places` that was run, and
    returns a series by seed; with the paper's own numbers in place of ours, a single row.
    """

    label: str
    function: Derived
    places: list[Place] = Field(min_length=2)
    unit: Unit
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def complete(self) -> "DerivedRule":
        _check_range(self)
        return self

    @property
    def quantities(self) -> list[Quantity]:
        return list(self.places)


def _check_range(rule: "Rule | DerivedRule") -> None:
    if rule.at_least is None and rule.at_most is None:
        raise ValueError("a rule needs 'at_least' or 'at_most', or it could not fail")
    if None not in (rule.at_least, rule.at_most) and rule.at_least > rule.at_most:
        raise ValueError(f"at_least {rule.at_least} is above at_most {rule.at_most}")


def _kind(rule: Any) -> str:
    return "derived" if isinstance(rule, DerivedRule) or (isinstance(rule, dict) and "places" in rule) else "rule"


class Claim(Strict):
    """A statement of the paper in our words, and the rules that decide it."""

    statement: str
    where: str
    rules: list[Annotated[Annotated[Rule, Tag("rule")] | Annotated[DerivedRule, Tag("derived")],
                          Discriminator(_kind)]] = Field(min_length=1)
    requires: list[str] | None = Field(None, min_length=1, description="claims without which this one is not judged")
    comment: str | None = Field(None, description="why it holds or fails, in a sentence or two, once known")
