"""Rank correlations over networks: does a property of the network go with what is measured of it?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.rules import RankRule

from .failures import failed_note
from .levels import missing_levels
from .published_quantities import published_quantities
from .quantities import lowest_note, pairs_of, quantities
from .selection import describe


def rank_correlations(rule: RankRule, records: pd.DataFrame, published: pd.DataFrame,
                      left_out: Mapping[tuple[str, str, str], str]) -> tuple[pd.Series, float | None, str]:
    """Spearman's correlation for each seed that all networks have, that of the paper's numbers, and a note.

    Networks that are not run are left out of both, which the note says; fewer than three make no
    correlation (an empty series, None for the paper's).

    Raises:
        LTHError: as `pairs_of`, or if the networks share no seed.
    """
    x, ours, theirs, notes, absent = [], [], [], [], []
    for entry in rule.ranked:
        pairs, note = pairs_of(entry, records, left_out)
        if pairs.empty:
            absent.append(note)
            continue
        x.append(entry.x)
        ours.append(pd.Series({seed: quantities(entry, rows).item() for seed, rows in pairs.groupby(level="seed")}))
        theirs.append(published_quantities(entry, pairs, published)[0].get(0, np.nan))
        found = (failed_note(entry, records, pairs), lowest_note(entry, pairs), missing_levels(entry, records, pairs))
        notes += [f"{describe(entry.of)}: {note}" for note in found if note]
    note = "; ".join([f"over {len(x)} of {len(rule.ranked)} networks", *dict.fromkeys(absent), *notes])
    if len(x) < 3:
        return pd.Series(dtype=float), None, note
    table = pd.concat(ours, axis=1, join="inner")
    if table.empty:
        raise LTHError("the networks of 'ranked' share no seed")
    there = np.isfinite(theirs)
    printed = spearman(np.array(x)[there], np.array(theirs)[there]) if there.sum() >= 3 else None
    return table.apply(lambda row: spearman(np.array(x), row.to_numpy()), axis=1), printed, note


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation of two arrays [n], ties at their mean rank.

    0 if all of one are equal: then nothing goes with the other. NaN if one is not a number.
    """
    if np.isnan(x).any() or np.isnan(y).any():
        return np.nan
    if not np.ptp(x) or not np.ptp(y):
        return 0.0
    return float(np.corrcoef(pd.Series(x).rank(), pd.Series(y).rank())[0, 1])
