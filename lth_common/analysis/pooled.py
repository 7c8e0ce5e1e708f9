"""Several experiments as one: scores of their seeds, pooled."""

from collections.abc import Set

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.schema.analysis import Ours, Pooled
from lth_common.schema.claims import Rule

from .levels import missing_levels, skipped_levels
from .quantities import pairs_of, quantities
from .series import describe, select
from .stats import Interval, stratified_interval


def pooled_interval(rule: Rule, records: pd.DataFrame,
                    left_out: Set[tuple[str, str, str]]) -> tuple[Interval | None, str]:
    """The interquartile mean of a rule's scores over experiments and seeds, and a note.

    None if an experiment was not run, or not to the end of the rule's range, or has no scale: fewer games would be
    another claim.

    Raises:
        LTHError: as `pairs_of`.
    """
    strata, notes = [], []
    for quantity, marks in zip(rule.quantities, rule.marks, strict=True):
        absent = [mark.arm for mark in marks if (mark.experiment, mark.variant, mark.arm) in left_out]
        if absent:
            return None, f"{quantity.of.experiment}: no scale of scores, '{absent[0]}' is not run at this scale"
        pairs, note = pairs_of(quantity, records, left_out)
        name, short = quantity.of.experiment, missing_levels(quantity, records, pairs)
        notes += [f"{name}: {text}" for text in (note, short, skipped_levels(quantity, pairs)) if text]
        counted = pairs[pairs["counts"]]
        if counted.empty or short:
            return None, "; ".join(notes)
        try:
            zero, one = scale_of(marks, records)
        except LTHError as error:
            return None, "; ".join([*notes, str(error)])
        values = np.concatenate([quantities(quantity, rows) for _, rows in counted.groupby(level="seed")])
        strata.append((values - (zero if quantity.quantity == "value" else 0.0)) / (one - zero))
    interval = stratified_interval(strata)
    each = ", ".join(f"{quantity.of.experiment} {np.mean(stratum):.3g}"
                     for quantity, stratum in zip(rule.quantities, strata, strict=True))
    few = min(map(len, strata))
    notes += [f"{few} seeds a game: such intervals are too narrow"] if few < 10 else []
    return interval, "; ".join([f"means: {each}", *notes])


def pooled_levels(ours: Ours, experiments: list[str], pooled: Pooled, records: pd.DataFrame) -> pd.DataFrame:
    """Scores of an arm at the levels that all experiments have: columns level, weights_remaining and `Interval`'s.

    NaN if an experiment has no scale, because its dense network has learned nothing.
    """
    parts = []
    for name in experiments:
        marks = tuple(ours.model_copy(update={"experiment": name, "level": 0, **dict(mark)})
                      for mark in (pooled.zero, pooled.one))
        try:
            zero, one = scale_of(marks, records)
        except LTHError:
            zero = one = np.nan
        rows = select(records, ours.model_copy(update={"experiment": name}))
        parts.append(rows.assign(value=(rows["value"] - zero) / (one - zero)))
    shared = set.intersection(*(set(part.index.unique("level")) for part in parts))
    if not shared:
        raise LTHError(f"{', '.join(experiments)}: the experiments share no level of arm '{ours.arm}'")
    lines = []
    for level in sorted(shared):
        own = [part.xs(level, level="level") for part in parts]
        weights = np.mean([part["weights_remaining"].mean() for part in own])
        lines.append((level, weights, *stratified_interval([part["value"] for part in own])))
    return pd.DataFrame(lines, columns=["level", "weights_remaining", *Interval._fields])


def scale_of(marks: tuple[Ours, ...], records: pd.DataFrame) -> tuple[float, float]:
    """What scores of 0 and 1 stand for: means over seeds.

    Raises:
        LTHError: if one of them was not run, or the second is not above the first.
    """
    found = [select(records, mark)["value"].mean() for mark in marks]
    if not found[0] < found[1]:
        raise LTHError(f"scores cannot run from {describe(marks[0])} ({found[0]:.4g}) to {describe(marks[1])} "
                       f"({found[1]:.4g})")
    return found[0], found[1]
