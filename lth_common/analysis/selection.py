"""Series out of the records: one metric of one arm over seeds and levels."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve
from lth_common.protocol.schema.base import suggestion

from .over_epochs import CHOICES, checked_steps_per_epoch, needs_epochs, reduce_curves
from .stats import t_interval

RUN, METRIC, TRAINING = ("experiment", "variant", "arm"), ("metric", "split"), ["seed", "level"]


def select(records: pd.DataFrame, ours: Curve) -> pd.DataFrame:
    """Values of one metric of one arm: index (seed, level), columns `value`, `weights_remaining` and `failed`, sorted.

    `failed`: whether the training failed, so that the value is not finite. Such a training has a row even if it ended
    before the metric was recorded. What has no meaning for weights that were trained (split 'model') is NaN and has
    not failed.
    With `ours.level` only that level; no row is left if it was not run (a reduced scale has fewer levels).
    With `ours.over_epochs` each curve over training is made one value, as `over_epochs.reduce_curves` says; a
    metric with one record a level is a curve of one point. With `ours.below_dense_of` the value is what is missing
    to that dense network's (NaN for a seed that has none, or whose dense network failed).

    Raises:
        LTHError: if experiment, variant, arm, metric or split is not in the records (what is there is named),
            the metric has several steps at a level and no `over_epochs`, the records are of several papers, or
            the seeds' curves do not allow the choice.
    """
    arm = rows_of(records, ours, RUN)
    rows = metric_rows(arm, ours)
    repeated = rows.duplicated(["seed", "level", *(["step"] if ours.over_epochs else [])], keep=False)
    if repeated.any():
        raise LTHError(f"records of {describe(ours)}: {_several(rows, rows[repeated].iloc[0])}")
    if ours.level is not None:
        rows = rows[rows["level"] == ours.level]
    table = rows.drop_duplicates(TRAINING).set_index(TRAINING)[["value", "weights_remaining"]].sort_index()
    if ours.over_epochs is not None and not rows.empty:
        try:
            per_epoch = steps_per_epoch(records, ours) if needs_epochs(ours.over_epochs) else None
            table = table.assign(value=reduce_curves(rows, ours.over_epochs, per_epoch))
        except LTHError as error:
            raise LTHError(f"records of {describe(ours)}: {error}") from None
    table = table.assign(failed=_failed(arm, rows, table["value"], ours))
    if ours.dense is None:
        return table
    dense = select(records, ours.dense).droplevel("level").reindex(table.index.get_level_values("seed"))
    return table.assign(value=dense["value"].to_numpy() - table["value"],
                        failed=table["failed"] | dense["failed"].eq(True).to_numpy())


def failed_trainings(arm: pd.DataFrame) -> pd.DataFrame:
    """One row for each (seed, level) of an arm's records that holds a NaN which training or testing has left."""
    return arm[arm["value"].isna() & (arm["split"] != "model")].drop_duplicates(TRAINING)


def metric_rows(arm: pd.DataFrame, ours: Curve) -> pd.DataFrame:
    """An arm's rows of the selected metric; a failed training that ended before it was recorded has NaN at step 0.

    Such a row is made where another seed has the metric, or where all seeds failed.

    Raises:
        LTHError: if the metric or split is not there; if all trainings failed, nothing says what would be.
    """
    failed = failed_trainings(arm)
    if failed.empty:
        return rows_of(arm, ours, METRIC)
    trainings = arm.drop_duplicates(TRAINING)
    rows = arm[(arm["metric"] == ours.metric) & (arm["split"] == ours.split)]
    if rows.empty and len(failed) < len(trainings):
        return rows_of(arm, ours, METRIC)
    at = trainings["level"].value_counts()
    levels = {*rows["level"], *at.index[failed["level"].value_counts().reindex(at.index) == at]}
    ended = failed[~_index(failed).isin(_index(rows)) & failed["level"].isin(levels)]
    return pd.concat([rows, ended.assign(step=0, split=ours.split, metric=ours.metric)], ignore_index=True)


def steps_per_epoch(records: pd.DataFrame, ours: Curve) -> pd.Series:
    """Steps per epoch of the arm that `ours` is about, indexed (seed, level); empty if it has no record of them."""
    rows = rows_of(records, ours, RUN)
    rows = rows[(rows["metric"] == "steps_per_epoch") & (rows["split"] == "model")]
    return rows.set_index(["seed", "level"])["value"]


def trained_steps(records: pd.DataFrame, ours: Curve, levels: Sequence[int]) -> pd.DataFrame:
    """How long each (seed, level) of the arm was trained: columns `last` (its last step) and `per_epoch`.

    The last step of whatever the arm records, since a summary metric may stand at the step that was selected. Without
    the trainings that failed, whose length says nothing.

    Raises:
        LTHError: if steps per epoch are missing.
    """
    rows = rows_of(records, ours, RUN)
    sound = rows[rows["level"].isin(levels) & ~_index(rows).isin(_index(failed_trainings(rows)))]
    last = sound.groupby(TRAINING)["step"].max()
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


def describe(ours: Curve) -> str:
    """A selection as text: 'selected_accuracy[lenet/as_stated/winning, level 0]', 'accuracy at max of mean[...]'."""
    level = "" if ours.level is None else f", level {ours.level}"
    over = f" {ours.over_epochs.replace('_', ' ')}" if ours.over_epochs else ""
    below = " below dense" if ours.below_dense_of else ""
    return f"{ours.metric}{over}{below}[{ours.experiment}/{ours.variant}/{ours.arm}{level}]"


def rows_of(records: pd.DataFrame, ours: Curve, columns: Sequence[str]) -> pd.DataFrame:
    """The rows that are as selected in the given columns.

    Raises:
        LTHError: naming the first column with nothing left, and what is there.
    """
    rows = records
    for column in columns:
        value = getattr(ours, column)
        left = rows[rows[column] == value]
        if left.empty:
            legal = list(map(str, sorted(rows[column].unique())))
            raise LTHError(f"records of {describe(ours)}: no {column} '{value}'{suggestion(str(value), legal)}")
        rows = left
    return rows


def _failed(arm: pd.DataFrame, rows: pd.DataFrame, values: pd.Series, ours: Curve) -> pd.Series:
    """Whether each training of `values` failed; `rows` are the metric's own, of which a choice may take one."""
    finite = np.isfinite(values)
    if ours.over_epochs not in (None, "last"):
        finite = np.isfinite(rows["value"]).groupby([rows[column] for column in TRAINING]).all().reindex(values.index)
    return ~finite if ours.split != "model" else ~finite & values.index.isin(_index(failed_trainings(arm)))


def _index(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[TRAINING])


def _several(rows: pd.DataFrame, first: pd.Series) -> str:
    """Why there are several values where `first` stands."""
    same = rows[(rows["seed"] == first["seed"]) & (rows["level"] == first["level"])]
    if same["paper"].nunique() > 1:
        return f"several papers ({', '.join(same['paper'].unique())}); give the records of one"
    return (f"{len(same)} values for seed {first['seed']}, level {first['level']} (steps {same['step'].min()} to "
            f"{same['step'].max()}): a curve over training; name a summary metric with one value a level, such as "
            f"'selected_accuracy', or 'over_epochs'; legal: {', '.join(CHOICES)}")
