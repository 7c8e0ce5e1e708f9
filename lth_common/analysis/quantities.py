"""What a rule is about: our numbers paired by seed, what of them counts, and the number that they make."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.quantities import LOWEST
from lth_common.expressions.rules import Quantity

from .across_levels import reduce_levels
from .levels import inside, moving_side
from .number_formats import factor
from .selection import describe, select
from .where import describe_where, held, left_out_by_where

SIDES = ("of", "against")
NONE: Mapping[tuple[str, str, str], str] = MappingProxyType({})  # nothing is left out
COLUMNS = [f"{side}{what}" for side in SIDES for what in ("", "_weights", "_failed", "_meets")]


def pairs_of(quantity: Quantity, records: pd.DataFrame,
             left_out: Mapping[tuple[str, str, str], str] = NONE) -> tuple[pd.DataFrame, str]:
    """Both sides of a quantity at the levels it is about, paired by seed, and a note on what was left out.

    Index (seed, level); for each side its value, its weights remaining, whether it failed and whether it meets `where`:
    columns of, of_weights, of_failed, of_meets, and those of `against` (NaN, NaN, False and True for `value`); whether
    the pair `failed`, and whether it `counts`. Empty if none of the levels was run, or a side: `left_out` has the
    (experiment, variant, arm) that are not run, and why.

    For one number a seed, only seeds that were run at all levels: other numbers would be of different levels. A pair
    that does not meet `where` is left out for its own seed alone, which keeps its other levels; were the level dropped
    for all seeds, a single early collapse would decide what the rule is about. A pair of which a training failed, or
    whose condition hangs on one that failed, counts and is NaN: without it the mean would be that of other seeds.

    Raises:
        LTHError: if a side is not in the records or the sides share no seed.
    """
    not_run = _not_run(quantity, records, left_out)
    if not_run:
        return _no_pairs(), not_run
    pairs = _paired(quantity, records)
    moving = moving_side(quantity)
    if moving and not pairs.empty:
        pairs = inside(quantity, pairs, pairs[f"{moving}_weights"].groupby(level="level").mean())
    if pairs.empty:  # joins of nothing forget the index
        return _no_pairs(), "no level of this rule was run"
    failed = pairs["of_failed"] | pairs["against_failed"]
    each = quantity.where is None or quantity.across_levels in LOWEST
    pairs = pairs.assign(failed=failed, counts=True if each else failed | pairs["of_meets"] & pairs["against_meets"])
    pairs.loc[failed, list(SIDES)] = np.nan
    pairs, note = _complete(quantity, pairs)
    return pairs, "; ".join(filter(None, (note, left_out_by_where(pairs))))


def _no_pairs() -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([], names=["seed", "level"])
    columns = [*COLUMNS, "failed", "counts"]
    return pd.DataFrame(columns=columns, index=index, dtype=float).astype({"failed": bool, "counts": bool})


def quantities(quantity: Quantity, pairs: pd.DataFrame) -> np.ndarray:
    """The quantity in its unit: of each pair for `every` and `some`, else the one number of a seed's pairs, [1]."""
    of, against = (_side(quantity, pairs, side) for side in SIDES)
    if quantity.quantity == "value":
        return factor(quantity.unit) * of
    with np.errstate(divide="ignore", invalid="ignore"):
        return factor(quantity.unit) * (of - against if quantity.quantity == "difference" else of / against)


def lowest_by_seed(quantity: Quantity, pairs: pd.DataFrame, side: str) -> pd.DataFrame:
    """One side's `lowest_weights` or its like for each seed: columns weights, `at_end` (whether that is the last level)
    and `failed` (whether a training of it did, so that weights are NaN)."""
    groups = pairs.groupby(level="seed")
    weights = pd.Series({seed: _side(quantity, group, side).item() for seed, group in groups})
    return pd.DataFrame({"weights": weights, "at_end": weights == groups[f"{side}_weights"].last(),
                         "failed": groups["failed"].any()})


def lowest_note(quantity: Quantity, pairs: pd.DataFrame) -> str:
    """How many seeds meet `where` to the last level, so that their lowest weights are a bound, and which do nowhere."""
    notes = []
    for side in SIDES if quantity.across_levels in LOWEST and len(pairs) else ():
        if getattr(quantity, side) is None:
            continue
        found, name = lowest_by_seed(quantity, pairs, side), "" if quantity.against is None else f" ({side})"
        last, never = found["at_end"].sum(), found.index[found["weights"].isna() & ~found["failed"]]
        if last:
            notes.append(f"'where' is still met at the last level by {last} of {len(found)} seeds{name}")
        if len(never):
            notes.append(f"no level of seed {', '.join(map(str, never))} meets 'where'{name}")
    return "; ".join(notes)


def describe_quantity(quantity: Quantity, pairs: pd.DataFrame, level: int | None) -> str:
    """The quantity in words: both sides, how many levels, and the one that decided (None for one number a seed)."""
    sign = {"difference": " − ", "ratio": " / ", "value": ""}[quantity.quantity]
    sides = sign.join(map(describe, quantity.sides))
    where = "" if quantity.where is None else f", where {describe_where(quantity.where, quantity.of)}"
    if pairs.empty:
        return sides + where
    weights = pairs[f"{moving_side(quantity) or 'of'}_weights"].groupby(level="level").mean()
    if len(weights) == 1:
        return sides + where
    span = f"{len(weights)} levels from {weights.max():.4g} to {weights.min():.4g} of the weights{where}"
    decided = "" if level is None else f", decided at {weights[level]:.4g}"
    return f"{sides}, {quantity.how.replace('_', ' ')} of {span}{decided}"


def _not_run(quantity: Quantity, records: pd.DataFrame, left_out: Mapping[tuple[str, str, str], str]) -> str:
    """Names a side that is not run, or whose dense network is not where `where` asks for it."""
    needed = [side for given in quantity.sides for side in (given, given.dense) if side is not None]
    arms = dict.fromkeys((side.experiment, side.variant, side.arm) for side in needed)
    absent: dict[str, list[str]] = {}
    for arm in (arm for arm in arms if arm in left_out):
        absent.setdefault(left_out[arm], []).append("/".join(arm))
    if absent:
        return "; ".join(f"{why}: {', '.join(names)}" for why, names in absent.items())
    if quantity.where is None or quantity.where.at_least is not None:
        return ""
    dense = [side.model_copy(update={"level": 0}) for side in quantity.sides]
    absent = [describe(side) for side in dense if select(records, side).empty]
    return f"the dense network that 'where' compares with was not run: {', '.join(absent)}" if absent else ""


def _paired(quantity: Quantity, records: pd.DataFrame) -> pd.DataFrame:
    """All levels that both sides have."""
    pairs = _selected(quantity, records, "of")
    if quantity.against is None:
        return pairs.assign(against=np.nan, against_weights=np.nan, against_failed=False, against_meets=True)
    other = _selected(quantity, records, "against")
    seeds = [set(side.index.unique("seed")) for side in (pairs, other)]
    if all(seeds) and not seeds[0] & seeds[1]:
        raise LTHError(f"{describe(quantity.of)} and {describe(quantity.against)} share no seed: nothing to pair")
    if quantity.against.level is not None:
        return pairs.join(other.droplevel("level"), on="seed", how="inner")
    if quantity.of.level is not None:
        return other.join(pairs.droplevel("level"), on="seed", how="inner")
    return pairs.join(other, how="inner")


def _selected(quantity: Quantity, records: pd.DataFrame, side: str) -> pd.DataFrame:
    """One side at all its levels: columns named after the side, as `pairs_of` says."""
    ours = getattr(quantity, side)
    rows = select(records, ours)
    meeting = pd.DataFrame({"failed": False, "meets": True}, index=rows.index)
    if quantity.where is not None:
        meeting = held(quantity.where, records, ours).reindex(rows.index, fill_value=False)
    return pd.DataFrame({side: rows["value"], f"{side}_weights": rows["weights_remaining"],
                         f"{side}_failed": rows["failed"] | meeting["failed"], f"{side}_meets": meeting["meets"]})


def _complete(quantity: Quantity, pairs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For one number a seed, only seeds that have all levels, and those of which a training failed."""
    seeds = pairs.groupby(level="seed")
    counts = seeds.size()
    short = counts.index[(counts < pairs.index.unique("level").size) & ~seeds["failed"].any()]
    if quantity.across_levels in ("every", "some") or short.empty:
        return pairs, ""
    note = f"left out for missing levels: seed {', '.join(map(str, short))}"
    return pairs[~pairs.index.get_level_values("seed").isin(short)], note


def _side(quantity: Quantity, pairs: pd.DataFrame, side: str) -> np.ndarray:
    values = pairs[side].where(np.isfinite(pairs[side])).to_numpy()
    if quantity.across_levels in ("every", "some"):
        return values
    if quantity.across_levels in LOWEST and pairs["failed"].any():
        return np.array([np.nan])
    weights, meets = pairs[f"{side}_weights"].to_numpy(), pairs[f"{side}_meets"].to_numpy(dtype=bool)
    return np.array([reduce_levels(values, weights, meets, quantity.across_levels)])
