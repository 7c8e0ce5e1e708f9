"""Series out of the records: one metric of one arm over seeds and levels."""

import pandas as pd

from lth_common.errors import LTHError
from lth_common.schema.analysis import Ours
from lth_common.schema.base import suggestion

from .stats import t_interval


def select(records: pd.DataFrame, ours: Ours) -> pd.DataFrame:
    """Values of one metric of one arm: index (seed, level), columns `value` and `weights_remaining`, sorted.

    With `ours.level` only that level; no row is left if it was not run (a reduced scale has fewer levels).

    Raises:
        LTHError: if experiment, variant, arm, metric or split is not in the records (what is there is named),
            or the metric has several steps at a level, so that it is a curve over training and no summary.
    """
    rows = records
    for column in ("experiment", "variant", "arm", "metric", "split"):
        value = getattr(ours, column)
        left = rows[rows[column] == value]
        if left.empty:
            legal = sorted(map(str, rows[column].unique()))
            raise LTHError(f"records of {describe(ours)}: no {column} '{value}'{suggestion(value, legal)}")
        rows = left
    repeated = rows.duplicated(["seed", "level"], keep=False)
    if repeated.any():
        first = rows[repeated].iloc[0]
        same = rows[(rows["seed"] == first["seed"]) & (rows["level"] == first["level"])]
        if same["paper"].nunique() > 1:
            papers = ", ".join(same["paper"].unique())
            raise LTHError(f"records of {describe(ours)}: several papers ({papers}); give the records of one")
        raise LTHError(f"records of {describe(ours)}: {len(same)} values for seed {first['seed']}, level "
                       f"{first['level']} (steps {same['step'].min()} to {same['step'].max()}): a curve over "
                       f"training; name a summary metric with one value a level, such as 'selected_accuracy'")
    if ours.level is not None:
        rows = rows[rows["level"] == ours.level]
    return rows.set_index(["seed", "level"])[["value", "weights_remaining"]].sort_index()


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
    """A selection as text: 'selected_accuracy[lenet/as_stated/winning, level 0]'."""
    level = "" if ours.level is None else f", level {ours.level}"
    return f"{ours.metric}[{ours.experiment}/{ours.variant}/{ours.arm}{level}]"
