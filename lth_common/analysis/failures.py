"""Trainings that failed: results too, which are named and never left out of a mean without a word."""

from collections.abc import Iterable

import pandas as pd

from lth_common.expressions.curves import Curve
from lth_common.expressions.rules import Quantity

from .selection import select
from .where import condition

NOTE = "failed trainings"


def failed_note(quantity: Quantity, records: pd.DataFrame, pairs: pd.DataFrame, marks: Iterable[Curve] = ()) -> str:
    """'failed trainings: lenet/as_stated/ticket (seed 1 at levels 3 to 10)' of what a quantity hangs on; '' if none.

    That is each side at the levels of `pairs` (of `pairs_of`), its condition, the dense networks that these compare
    with, and `marks`, which make its scale of scores.
    """
    levels = pairs.index.unique("level")
    any_failed = pairs["failed"].any()
    chosen = [(ours, levels) for side in quantity.sides for ours in _hangs_on(quantity, side)] if any_failed else []
    found: dict[str, dict[int, set[int]]] = {}
    for ours, inside in [*chosen, *((mark, [mark.level]) for mark in marks)]:
        rows = select(records, ours)
        for seed, level in rows.index[rows["failed"]]:
            if level in (inside if ours.level is None else [ours.level]):
                found.setdefault(f"{ours.experiment}/{ours.variant}/{ours.arm}", {}).setdefault(seed, set()).add(level)
    arms = [f"{arm} ({_seeds(by_seed)})" for arm, by_seed in found.items()]
    return f"{NOTE}: {', '.join(arms)}" if arms else ""


def share_failed(failed: int, n: int) -> str:
    """What stands in place of a mean over `n` seeds of which some have failed."""
    return f"{failed} of {n} failed"


def failure_lines(runs: dict[str, dict]) -> list[str]:
    """A line for each failure: 'fc1/as_stated/search, seed 1 at levels 3 to 10: the training loss is nan'.

    `runs`: '…/<experiment>/<variant>/<arm>/seed<N>' -> the run's `run.json`, whose "failures" (absent: none) give a
    sentence for each level. Levels in a row with the same sentence are one line.
    """
    lines = []
    for name, about in sorted(runs.items(), key=lambda run: _place(run[0])):
        experiment, variant, arm, seed = _place(name)
        levels: dict[str, list[int]] = {}
        for level, sentence in sorted((int(level), text) for level, text in about.get("failures", {}).items()):
            levels.setdefault(sentence, []).append(level)
        lines += [f"{experiment}/{variant}/{arm}, seed {seed} at {span('level', own)}: {sentence}"
                  for sentence, own in levels.items()]
    return lines


def span(word: str, numbers: Iterable[int]) -> str:
    """Numbers in words: 'level 3', 'levels 3 to 10', 'levels 3, 5 to 7'."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    text = ", ".join(f"{part[0]} to {part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)
    return f"{word}{'s' if sum(map(len, parts)) > 1 else ''} {text}"


def _hangs_on(quantity: Quantity, side: Curve) -> list[Curve]:
    """What is looked up for one side: itself, its condition, and the dense networks of both."""
    plain = side.model_copy(update={"below_dense_of": None})
    needed = [plain, *([] if side.dense is None else [side.dense])]
    if quantity.where is not None:
        held = condition(quantity.where, side)
        plain_held = held.model_copy(update={"below_dense_of": None, "level": side.level})
        needed += [plain_held, *([] if held.dense is None else [held.dense])]
        if quantity.where.at_least is None:
            needed.append(plain_held.model_copy(update={"level": 0}))
    return needed


def _seeds(levels: dict[int, set[int]]) -> str:
    """Seeds with the same levels together: 'seed 1 at level 3, seeds 2 to 3 at levels 3 to 10'."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for seed, own in sorted(levels.items()):
        alike.setdefault(tuple(sorted(own)), []).append(seed)
    return ", ".join(f"{span('seed', seeds)} at {span('level', own)}" for own, seeds in alike.items())


def _place(name: str) -> tuple[str, str, str, int]:
    experiment, variant, arm, seed = name.split("/")[-4:]
    return experiment, variant, arm, int(seed.removeprefix("seed"))
