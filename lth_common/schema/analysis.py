"""Figures, tables and claims of a paper: which of our numbers stand beside which published ones."""

from typing import Literal

from pydantic import Field, model_validator

from .base import Name, Strict

# Fractions are shown as percentages (accuracy) or points (differences of accuracies): see units.py.
Unit = Literal[
    "percent", "points", "fraction", "steps", "epochs", "samples", "ratio", "count", "nats", "bleu", "reward"
]


class Published(Strict):
    """Rows of `published.csv`."""

    item: str
    series: str | None = None
    y_name: str | None = None
    x: float | None = Field(None, description="one row of a series: its x as it stands in the file")


class Ours(Strict):
    """Rows of the records: one metric of one arm over levels and seeds."""

    experiment: Name
    arm: Name
    variant: Name
    metric: str = "selected_accuracy"
    split: Literal["train", "validation", "test", "model"] = "test"
    level: int | None = Field(None, ge=0, description="a fixed level (0 = dense) in place of all levels")


class Series(Strict):
    """One curve of ours and, where the paper has it, its published points (same colour)."""

    label: str
    arm: Name
    published: Published | None = None


class Panel(Strict):
    """Axes of one experiment in one variant."""

    title: str
    experiment: Name
    variant: Name
    series: list[Series] = Field(min_length=1)
    metric: str | None = None


class Figure(Strict):
    """Panels side by side over weights remaining: ours as mean and interval, published as open markers."""

    title: str
    caption: str
    metric: str = "selected_accuracy"
    split: Literal["train", "validation", "test", "model"] = "test"
    y_label: str
    unit: Unit = "percent"
    y_limits: tuple[float, float] | None = None
    y_log: bool = False
    panels: list[Panel] = Field(min_length=1)

    @model_validator(mode="after")
    def titles_differ(self) -> "Figure":
        for names, what in [([p.title for p in self.panels], "panel titles"),
                            *(([s.label for s in p.series], f"labels of '{p.title}'") for p in self.panels)]:
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must differ, the figure's data are told apart by them")
        return self


class Row(Strict):
    """One line of a table: the published value beside ours, measured (`metric`) or set (`setting`)."""

    label: str
    published: Published | None = None
    experiment: Name
    arm: Name | None = None
    metric: str | None = None
    split: Literal["train", "validation", "test", "model"] = "model"
    level: int = 0
    setting: str | None = Field(None, description="dotted key of the resolved experiment: train.batch_size")
    unit: Unit = "count"

    @model_validator(mode="after")
    def one_source(self) -> "Row":
        if (self.metric is None) == (self.setting is None):
            raise ValueError("a row needs exactly one of 'metric' (with 'arm') and 'setting'")
        if self.metric is not None and self.arm is None:
            raise ValueError("a row with 'metric' needs 'arm'")
        return self


class Table(Strict):
    """Published value and ours, one column for each variant."""

    title: str
    caption: str
    variants: list[Name] = Field(min_length=1)
    rows: list[Row] = Field(min_length=1)


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
