"""Figures and tables of a paper: which of our numbers stand beside which published ones."""

from typing import Literal

from pydantic import Field, model_validator

from lth_common.protocol.schema.base import Name, Strict

from .curves import Point, Pooled, Published
from .quantities import Levels, OverEpochs, OverLevels, Split, Unit

# What an arm is, and so which colour it has in every paper.
Role = Literal["dense", "winning", "random_reinit", "random_mask", "no_rewinding", "one_shot", "late_rewinding"]


class Series(Strict):
    """One curve of ours and, where the paper has it, its published points (same colour).

    `level`: where the x is not weights remaining; where it is, a line across at this level's value.
    """

    label: str
    arm: Name
    averaged: list[Name] = Field([], description="arms whose mean with `arm`, each seed's first, is the curve")
    level: int | None = Field(None, ge=0)
    published: Published | None = None
    point: Point | None = Field(None, description="for x: epoch")
    is_run: bool = Field(True, description="else the published points stand alone")

    @property
    def arms(self) -> list[str]:
        """The arm, and those averaged with it."""
        return [self.arm, *self.averaged]


class Panel(Strict):
    """Axes of one experiment in one variant, or of several pooled; what is absent is the figure's.

    `learned`: seeds whose dense network has less are left out of a series; that of the panel's first series decides
    where it has none of its own. `marks`: lines across at values such as chance, by what they are. Both are as recorded
    and for x: weights_remaining.
    """

    title: str
    experiment: Name
    variant: Name
    pooled: Pooled | None = Field(None, description="for x: weights_remaining")
    series: list[Series] = Field(min_length=1)
    metric: str | None = None
    split: Split | None = None
    y_label: str | None = None
    unit: Unit | None = None
    y_log: bool | None = None
    y_shared: bool | None = None
    y_limits: tuple[float, float] | None = Field(None, description="unless they would hide most of our "
                                                   "means, or a published point")
    learned: float | None = None
    marks: dict[str, float] = {}

    @property
    def experiments(self) -> list[str]:
        """The panel's own, and those pooled with it."""
        return [self.experiment, *(self.pooled.with_ if self.pooled else [])]


class Figure(Strict):
    """Panels in rows: ours as mean and spread over seeds, published as open markers.

    `x`: `weights_remaining` (a point a level), `epoch` (the curve of one level over training), `initial_weight`
    (histogram of a ticket's surviving weights, as training starts from them), `arm` (one value for each series, as
    a row of its own; `over_epochs` if the metric is a curve). `spread`: 95 % t-interval, or the range from the
    lowest to the highest seed.
    """

    title: str
    caption: str
    x: Literal["weights_remaining", "epoch", "initial_weight", "arm"] = "weights_remaining"
    metric: str = "selected_accuracy"
    split: Split = "test"
    over_epochs: OverEpochs | None = None
    spread: Literal["interval", "range"] = "interval"
    y_label: str
    unit: Unit = "percent"
    x_log: bool = Field(True, description="for x: weights_remaining")
    y_log: bool = False
    y_shared: bool = Field(True, description="panels of one metric have one y axis; not for games, each with its own "
                           "range")
    panels_in_a_row: int | None = Field(None, ge=1)
    roles: dict[Name, Role] = Field({}, description="what arms are that are not named as their role")
    panels: list[Panel] = Field(min_length=1, max_length=9, description="more could not be read")

    @model_validator(mode="after")
    def titles_differ(self) -> "Figure":
        for names, what in [([p.title for p in self.panels], "panel titles"),
                            *(([s.label for s in p.series], f"labels of '{p.title}'") for p in self.panels)]:
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must differ, the figure's data are told apart by them")
        return self

    @model_validator(mode="after")
    def series_fit_the_axis(self) -> "Figure":
        for series in (s for panel in self.panels for s in panel.series):
            if series.level is None and self.x != "weights_remaining":
                raise ValueError(f"'{series.label}': 'level' is needed for x: {self.x}")
            if series.point is not None and self.x != "epoch":
                raise ValueError(f"'{series.label}': 'point' belongs to x: epoch")
        if self.x != "weights_remaining" and any(
                panel.marks or panel.learned is not None or any(series.averaged for series in panel.series)
                for panel in self.panels):
            raise ValueError("'averaged', 'learned' and 'marks' belong to x: weights_remaining")
        if len({panel.pooled is None for panel in self.panels}) > 1:
            raise ValueError("either all panels are 'pooled' or none is: their legend is one")
        if self.panels[0].pooled and (self.x != "weights_remaining" or any(
                series.published for panel in self.panels for series in panel.series)):
            raise ValueError("'pooled' is for x: weights_remaining, and for series without 'published'")
        if any(panel.experiment in panel.pooled.with_ for panel in self.panels if panel.pooled):
            raise ValueError("a panel's own experiment stands in 'pooled.with' again")
        if self.panels[0].pooled and self.spread == "range":
            raise ValueError("'pooled' has a stratified interval: spread 'range' is not legal beside it")
        if self.over_epochs is not None and self.x == "epoch":
            raise ValueError("'over_epochs' makes one number of a curve, x: epoch draws the curve")
        return self


class Row(Strict):
    """One line of a table: the published value beside ours.

    In a table by variants a row is measured (`metric`) or set (`setting`); in a table by columns it is one network
    (experiment, variant, arm, level), and the columns say what of it.
    """

    label: str
    published: Published | None = None
    experiment: Name
    variant: Name | None = None
    arm: Name | None = None
    metric: str | None = None
    split: Split = "model"
    level: int = 0
    setting: str | None = Field(None, description="dotted key of the resolved experiment: train.batch_size")
    unit: Unit = "count"


class Column(Levels):
    """One quantity of each row; `published` is its y_name in published.csv, times `published_scale`.

    With `across_levels` it is one of all levels (in the ranges) of the row's arm, and the row's level does not count.
    """

    label: str
    metric: str
    split: Split = "test"
    over_epochs: OverEpochs | None = None
    across_levels: OverLevels | None = None
    unit: Unit = "percent"
    scale: float = Field(1.0, gt=0, description="our number times this is shown")
    published: str | None = None
    published_scale: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def levels_of_a_row(self) -> "Column":
        chosen = self.model_fields_set & {"weights_remaining", "levels", "where"}
        if self.across_levels is None and chosen:
            raise ValueError(f"'{sorted(chosen)[0]}' chooses levels: it needs 'across_levels', a row has one level")
        return self


class Table(Strict):
    """Published value and ours: one column for each variant, or `columns` of quantities with a network a row."""

    title: str
    caption: str
    variants: list[Name] = []
    columns: list[Column] = []
    rows: list[Row] = Field(min_length=1)

    @model_validator(mode="after")
    def rows_fit(self) -> "Table":
        if bool(self.variants) == bool(self.columns):
            raise ValueError("a table needs either 'variants' or 'columns'")
        if len({column.label for column in self.columns}) < len(self.columns):
            raise ValueError("labels of 'columns' must differ, the table's cells are told apart by them")
        for row in self.rows:
            measured, where = row.metric is not None, f"row '{row.label}'"
            if self.columns and (measured or row.setting or row.arm is None or row.variant is None):
                raise ValueError(f"{where}: beside 'columns' a row needs 'arm' and 'variant', and neither 'metric' nor "
                                 "'setting'")
            if self.variants and measured == (row.setting is not None):
                raise ValueError(f"{where}: needs exactly one of 'metric' (with 'arm') and 'setting'")
            if self.variants and (row.variant is not None or (measured and row.arm is None)):
                raise ValueError(f"{where}: 'metric' needs 'arm', and the variants are the table's")
        return self
