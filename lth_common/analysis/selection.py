"""Series out of the records: one metric of one arm over seeds and levels."""

from collections.abc import Sequence

import pandas as pd

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.selections import Ours

from .over_epochs import CHOICES, checked_steps_per_epoch, needs_epochs, reduce_curves
from .stats import t_interval

RUN, SERIES = ("experiment", "variant", "arm"), ("experiment", "variant", "arm", "metric", "split")


def select(records: pd.DataFrame, ours: Ours) -> pd.DataFrame:
    """Values of one metric of one arm: index (seed, level), columns `value` and `weights_remaining`, sorted.

    With `ours.level` only that level; no row is left if it was not run (a reduced scale has fewer levels).
    With `ours.over_epochs` each curve over training is made one value, as `over_epochs.reduce_curves` says; a
    metric with one record a level is a curve of one point. With `ours.below_dense_of` the value is what is missing
    to that dense network's (NaN for a seed that has none).

    Raises:
        LTHError: if experiment, variant, arm, metric or split is not in the records (what is there is named),
            the metric has several steps at a level and no `over_epochs`, the records are of several papers, or
            the seeds' curves do not allow the choice.
    """
    rows = _rows(records, ours, SERIES)
    repeated = rows.duplicated(["seed", "level", *(["step"] if ours.over_epochs else [])], keep=False)
    if repeated.any():
        raise LTHError(f"records of {describe(ours)}: {_several(rows, rows[repeated].iloc[0])}")
    if ours.level is not None:
        rows = rows[rows["level"] == ours.level]
    table = rows.drop_duplicates(["seed", "level"]).set_index(["seed", "level"])[["value", "weights_remaining"]]
    table = table.sort_index()
    if ours.over_epochs is not None and not rows.empty:
        try:
            per_epoch = steps_per_epoch(records, ours) if needs_epochs(ours.over_epochs) else None
            table = table.assign(value=reduce_curves(rows, ours.over_epochs, per_epoch))
        except LTHError as error:
            raise LTHError(f"records of {describe(ours)}: {error}") from None
    if ours.dense is None:
        return table
    dense = select(records, ours.dense)["value"].droplevel("level")
    return table.assign(value=dense.reindex(table.index.get_level_values("seed")).to_numpy() - table["value"])


def steps_per_epoch(records: pd.DataFrame, ours: Ours) -> pd.Series:
    """Steps per epoch of the arm that `ours` is about, indexed (seed, level); empty if it has no record of them."""
    rows = _rows(records, ours, RUN)
    rows = rows[(rows["metric"] == "steps_per_epoch") & (rows["split"] == "model")]
    return rows.set_index(["seed", "level"])["value"]


def trained_steps(records: pd.DataFrame, ours: Ours, levels: Sequence[int]) -> pd.DataFrame:
    """How long each (seed, level) of the arm was trained: columns `last` (its last step) and `per_epoch`.

    The last step of whatever the arm records, since a summary metric may stand at the step that was selected.

    Raises:
        LTHError: if steps per epoch are missing.
    """
    rows = _rows(records, ours, RUN)
    last = rows[rows["level"].isin(levels)].groupby(["seed", "level"])["step"].max()
    try:
        per_epoch = checked_steps_per_epoch(steps_per_epoch(records, ours), last.index)
    except LTHError as error:
        raise LTHError(f"records of {describe(ours)}: {error}") from None
    return pd.DataFrame({"last": last, "per_epoch": per_epoch})


def summary(selected: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Mean over seeds with t-interval for each level of `select`'s result.

    Index level; columns weights_remaining (mean over seeds), mean, low, high, n (seeds that have the level).
    """
    rows = {level: (group["weights_remaining"].mean(), *t_interval(group["value"], confidence))
            for level, group in selected.groupby(level="level")}
    columns = ["weights_remaining", "mean", "low", "high", "n"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("level")
    return table.astype({"n": "int64"})


def describe(ours: Ours) -> str:
    """A selection as text: 'selected_accuracy[lenet/as_stated/winning, level 0]', 'accuracy at max of mean[...]'."""
    level = "" if ours.level is None else f", level {ours.level}"
    over = f" {ours.over_epochs.replace('_', ' ')}" if ours.over_epochs else ""
    below = " below dense" if ours.below_dense_of else ""
    return f"{ours.metric}{over}{below}[{ours.experiment}/{ours.variant}/{ours.arm}{level}]"


def _rows(records: pd.DataFrame, ours: Ours, columns: Sequence[str]) -> pd.DataFrame:
    rows = records
    for column in columns:
        value = getattr(ours, column)
        left = rows[rows[column] == value]
        if left.empty:
            legal = sorted(map(str, rows[column].unique()))
            raise LTHError(f"records of {describe(ours)}: no {column} '{value}'{suggestion(value, legal)}")
        rows = left
    return rows


def _several(rows: pd.DataFrame, first: pd.Series) -> str:
    """Why there are several values where `first` stands."""
    same = rows[(rows["seed"] == first["seed"]) & (rows["level"] == first["level"])]
    if same["paper"].nunique() > 1:
        return f"several papers ({', '.join(same['paper'].unique())}); give the records of one"
    return (f"{len(same)} values for seed {first['seed']}, level {first['level']} (steps {same['step'].min()} to "
            f"{same['step'].max()}): a curve over training; name a summary metric with one value a level, such as "
            f"'selected_accuracy', or 'over_epochs'; legal: {', '.join(CHOICES)}")
