"""What a function of a paper's folder makes of several numbers of each seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.rules import DerivedRule

from .failures import failed_note
from .levels import missing_levels
from .number_formats import factor
from .published_quantities import published_quantities
from .quantities import lowest_note, pairs_of, quantities
from .selection import describe


def derived_numbers(rule: DerivedRule, records: pd.DataFrame, published: pd.DataFrame,
                    left_out: Mapping[tuple[str, str, str], str]) -> tuple[pd.Series, float | None, str]:
    """The number of each seed that all networks have, that of the paper's numbers (None if it has none), and a note.

    Networks that are not run are left out of both, which the note says; the function may make nothing of the rest.

    Raises:
        LTHError: as `pairs_of`, or if the networks share no seed.
    """
    ours, theirs, notes, absent = {}, {}, [], []
    for place, entry in enumerate(rule.places):
        pairs, note = pairs_of(entry, records, left_out)
        if pairs.empty:
            absent.append(note)
            continue
        ours[place] = pd.Series({seed: quantities(entry, rows).item() for seed, rows in pairs.groupby(level="seed")})
        theirs[place] = published_quantities(entry, pairs, published)[0].get(0, np.nan)
        found = (failed_note(entry, records, pairs), lowest_note(entry, pairs), missing_levels(entry, records, pairs))
        notes += [f"{describe(entry.of)}: {note}" for note in found if note]
    note = "; ".join([f"over {len(ours)} of {len(rule.places)} networks", *dict.fromkeys(absent), *notes])
    if not ours:
        return pd.Series(dtype=float), None, note
    table = pd.concat(ours, axis=1, join="inner")
    if table.empty:
        raise LTHError("the networks share no seed")
    printed = pd.DataFrame([theirs]).dropna(axis=1)
    number = pd.Series(dtype=float) if printed.empty else _made(rule, printed)
    return _made(rule, table), None if number.isna().all() else float(number.item()), note


def _made(rule: DerivedRule, table: pd.DataFrame) -> pd.Series:
    """The function's numbers in the rule's unit.

    Raises:
        LTHError: if they are no numbers by seed.
    """
    made = rule.function(table)
    if not isinstance(made, pd.Series) or not made.index.isin(table.index).all():
        raise LTHError(f"{rule.function.place} returned {type(made).__name__}; legal: a series by seed, of the table's")
    return factor(rule.unit) * made.astype(float)
