"""Several experiments as one: scores of their seeds, pooled."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve, Pooled
from lth_common.expressions.rules import Rule

from .failures import failed_note
from .levels import missing_levels, skipped_levels
from .quantities import pairs_of, quantities
from .selection import describe, select
from .stats import Interval, stratified_interval


def pooled_interval(rule: Rule, records: pd.DataFrame,
                    left_out: Mapping[tuple[str, str, str], str]) -> tuple[Interval | None, str]:
    """The interquartile mean of a rule's scores over experiments and seeds, and a note.

    None if an experiment was not run, or not to the end of the rule's range, or has no scale: fewer games would be
    another claim. A training that failed makes the mean NaN.

    Raises:
        LTHError: as `pairs_of`.
    """
    strata, notes = [], []
    for quantity in rule.quantities:
        marks = rule.pooled.marks(quantity.of.experiment, quantity.of.variant)
        for mark in marks:
            if why := left_out.get((mark.experiment, mark.variant, mark.arm)):
                return None, f"{quantity.of.experiment}: no scale of scores, '{mark.arm}' is {why}"
        pairs, note = pairs_of(quantity, records, left_out)
        name, short = quantity.of.experiment, missing_levels(quantity, records, pairs)
        failed = failed_note(quantity, records, pairs, marks)
        notes += [f"{name}: {text}" for text in (note, failed, short, skipped_levels(quantity, records, pairs)) if text]
        counted = pairs[pairs["counts"]]
        if counted.empty or short:
            return None, "; ".join(notes)
        zero, one, unknown = _scale(marks, records)
        if not zero < one and not unknown:
            return None, "; ".join([*notes, f"scores cannot run from {describe(marks[0])} ({zero:.4g}) to "
                                            f"{describe(marks[1])} ({one:.4g})"])
        values = np.concatenate([quantities(quantity, rows) for _, rows in counted.groupby(level="seed")])
        strata.append((values - (zero if quantity.quantity == "value" else 0.0)) / (one - zero))
    interval = stratified_interval(strata)
    each = ", ".join(f"{quantity.of.experiment} {np.mean(stratum):.3g}".replace("nan", "n/a")
                     for quantity, stratum in zip(rule.quantities, strata, strict=True))
    few = min(map(len, strata))
    notes += [f"{few} seeds a game: such intervals are too narrow"] if few < 10 else []
    return interval, "; ".join([f"means: {each}", *notes])


def pooled_levels(ours: Curve, experiments: list[str], pooled: Pooled, records: pd.DataFrame) -> pd.DataFrame:
    """Scores of an arm at the levels that all experiments have: columns level, weights_remaining, `Interval`'s, and
    `failed` (how many runs failed at the level, or as their experiment's `zero` or `one`).

    NaN if an experiment has no scale, because its dense network has learned nothing, or if a run failed.

    Raises:
        LTHError: if an arm or metric is not in the records, or the experiments share no level.
    """
    parts = []
    for name in experiments:
        zero, one, unknown = _scale(pooled.marks(name, ours.variant), records)
        rows = select(records, ours.model_copy(update={"experiment": name}))
        parts.append(rows.assign(value=(rows["value"] - zero) / (one - zero) if zero < one else np.nan,
                                 failed=rows["failed"] | rows.index.get_level_values("seed").isin(unknown)))
    shared = set.intersection(*(set(part.index.unique("level")) for part in parts))
    if not shared:
        raise LTHError(f"{', '.join(experiments)}: the experiments share no level of arm '{ours.arm}'")
    lines = []
    for level in sorted(shared):
        own = [part.xs(level, level="level") for part in parts]
        weights = np.mean([part["weights_remaining"].mean() for part in own])
        failed = sum(int(part["failed"].sum()) for part in own)
        lines.append((level, weights, *stratified_interval([part["value"] for part in own]), failed))
    return pd.DataFrame(lines, columns=["level", "weights_remaining", *Interval._fields, "failed"])


def _scale(marks: Iterable[Curve], records: pd.DataFrame) -> tuple[float, float, set[int]]:
    """What scores of 0 and 1 stand for, and the seeds whose training failed there, which make both NaN."""
    rows = [select(records, mark) for mark in marks]
    unknown = {seed for own in rows for seed, _ in own.index[own["failed"]]}
    zero, one = (np.nan if unknown else own["value"].mean() for own in rows)
    return zero, one, unknown
