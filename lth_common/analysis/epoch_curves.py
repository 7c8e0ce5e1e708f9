"""Curves over training, in epochs; the seed whose training failed has one to the end of the others, of NaN."""

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve

from .selection import RUN, describe, metric_rows, rows_of

STEPS_PER_EPOCH = "steps_per_epoch"  # recorded once a level: split 'model', step 0


def epoch_curves(records: pd.DataFrame, ours: Curve) -> pd.DataFrame:
    """A metric of one arm at one level over training: columns seed, epoch (step / steps per epoch), value, failed.

    A curve that ends in a value that is not finite failed at the next epoch that another seed has, and is continued
    as NaN over their later ones: the mean there is not that of all seeds. Its epochs are as long as the others' if it
    ended before their length was recorded.

    Raises:
        LTHError: if experiment, variant, arm, level, split or metric is not in the records (what is there is
            named), or the steps per epoch of a seed that did not fail are not.
    """
    at_level = rows_of(records, ours, (*RUN, "level"))
    rows = metric_rows(at_level, ours).sort_values(["seed", "step"], kind="stable")
    last = rows.drop_duplicates("seed", keep="last")
    ended = last.loc[~np.isfinite(last["value"]), "seed"]
    per_epoch = at_level[(at_level["split"] == "model") & (at_level["metric"] == STEPS_PER_EPOCH)]
    per_epoch = per_epoch[per_epoch["value"] > 0].set_index("seed")["value"]
    unknown = sorted({*rows["seed"]} - {*per_epoch.index} - {*ended})
    if unknown:
        raise LTHError(f"records of {describe(ours)}: no '{STEPS_PER_EPOCH}' (split 'model', step 0) for "
                       f"{'seeds' if len(unknown) > 1 else 'seed'} {', '.join(map(str, unknown))}, so that steps "
                       "cannot be counted in epochs; run the experiment again")
    # Rounded, so that the same epoch of two seeds is one number whatever the division leaves in the last bit.
    epoch = (rows["step"] / rows["seed"].map(per_epoch).fillna(per_epoch.max())).round(6)
    curves = pd.DataFrame({"seed": rows["seed"], "epoch": epoch, "value": rows["value"]})
    if len(ended):
        counted = epoch.notna() | rows.index.isin(last.index)  # if all failed, nothing may say how long epochs are
        curves = _to_the_end(curves[counted].fillna({"epoch": 0.0}), list(ended))
    return curves.assign(failed=~np.isfinite(curves["value"]))


def _to_the_end(curves: pd.DataFrame, ended: list[int]) -> pd.DataFrame:
    """The curves with the last, failed point of each seed of `ended` at all epochs of others from there on."""
    there = np.unique(curves.loc[np.isfinite(curves["value"]), "epoch"])
    last = curves[curves["seed"].isin(ended)].drop_duplicates("seed", keep="last")
    parts = [curves.drop(last.index)]
    for seed, epoch in zip(last["seed"], last["epoch"], strict=True):
        later = there[there >= epoch]
        parts.append(pd.DataFrame({"seed": seed, "epoch": later if later.size else [epoch], "value": np.nan}))
    return pd.concat(parts, ignore_index=True)
