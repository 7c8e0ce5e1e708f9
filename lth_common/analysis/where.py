"""Which trainings count: those that meet a condition (`where`), which may hang on the same seed's dense network."""

import numpy as np
import pandas as pd

from lth_common.expressions.curves import Curve
from lth_common.expressions.quantities import LEARNED, Where

from .selection import select

ROUNDING = 1e-9  # 0.98 - 0.005 is no more than 0.975


def condition(where: Where, ours: Curve) -> Curve:
    """What must be high enough, at all levels of the arm."""
    own = {} if where.metric is None else {"metric": where.metric, "split": where.split or ours.split,
                                           "over_epochs": None}
    return ours.model_copy(update={"level": None, **own})


def held(where: Where, records: pd.DataFrame, ours: Curve) -> pd.DataFrame:
    """Whether each (seed, level) of the arm `meets` the condition, and whether a training that it hangs on `failed`.

    No level of a seed without a dense network meets one that is about it.
    """
    rows = select(records, condition(where, ours))
    if where.at_least is not None:
        return pd.DataFrame({"failed": rows["failed"], "meets": rows["value"] >= where.at_least})
    dense = rows[rows.index.get_level_values("level") == 0].droplevel("level")
    dense = dense.reindex(rows.index.get_level_values("seed"))
    return pd.DataFrame({"failed": rows["failed"] | dense["failed"].eq(True).to_numpy(),
                         "meets": rows["value"] >= floor(where, dense["value"].to_numpy()) - ROUNDING})


def floor(where: Where, dense: float | np.ndarray) -> float | np.ndarray:
    """The bound of a condition; `dense`: the dense network's value, which `at_least` does not need."""
    if where.at_least is not None:
        return where.at_least
    if where.halfway_to is None:
        return dense - where.at_most_below_dense
    return np.where(dense - where.halfway_to >= LEARNED, (dense + where.halfway_to) / 2, np.nan)


def left_out_by_where(pairs: pd.DataFrame) -> str:
    """How many pairs of `quantities.pairs_of` do not count, and the seeds of which none does; '' if all do."""
    if pairs["counts"].all():
        return ""
    kept = pairs["counts"].groupby(level="seed").any()
    nothing = f", all of seed {', '.join(map(str, kept.index[~kept]))}" if not kept.all() else ""
    return f"left out by 'where': {(~pairs['counts']).sum()} of {len(pairs)} pairs of seed and level{nothing}"


def describe_where(where: Where, ours: Curve) -> str:
    """The condition in words: 'selected_accuracy ≥ dense − 0.01'."""
    bound = (f"{where.at_least:.4g}" if where.at_least is not None else f"(dense + {where.halfway_to:.4g}) / 2"
             if where.halfway_to is not None else f"dense − {where.at_most_below_dense:.4g}")
    return f"{where.metric or ours.metric} ≥ {bound}"
