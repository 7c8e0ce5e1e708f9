"""Chains whose trainings diverge, for every task, and what must be true of all of them."""

from math import isnan

import pytest
from conftest import every_level

from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.chain import run_chain
from lth_common.tickets.ticket import Ticket

RATES = {"embedding": 0.2, "linear": 0.2, "bias": 0.2}


def nothing(*_):
    """Neither saves nor reports."""


def chain(task, rules, saved=None, save=nothing):
    return run_chain(task, rules, every_level(rules), 0, saved, save, nothing)


def dense(task):
    weights = task.initial(stream(0, "init"))
    return Ticket(Mask.dense(weights, [p.name for p in task.parameters if p.prunable]), weights)


def values(rows, metric, level=None):
    return [row["value"] for row in rows if row["metric"] == metric and (level is None or row["level"] == level)]


def names(rows):
    return {(row["split"], row["metric"]) for row in rows if row["split"] != "model"}


def check_nan_from_there_on(task, rules, first="diverged: "):
    """A chain whose dense training diverges: NaN at all levels, planned counts, and the names that `nothing` has."""
    rows, book, failures = chain(task, rules)
    assert failures[0].startswith(first) and "; lower train.optimizer.lr" in failures[0]
    assert failures == book.failures and failures.keys() == set(every_level(rules))
    assert all(failures[level] == "level 0 diverged, so there is no ticket" for level in every_level(rules)[1:])
    for level in every_level(rules):
        assert len(values(rows, task.headline, level)) == 1 and isnan(values(rows, task.headline, level)[0])
        kept, = {row["weights_remaining"] for row in rows if row["level"] == level}
        rate = next(iter(rules.rates.values()))
        assert kept == pytest.approx((1 - rate) ** level, abs=level / book.masks[0].size())
    assert names(task.nothing()) >= names(row for row in rows if row["level"] == 0)
    assert all(isnan(row["value"]) for row in task.nothing() if row["split"] != "model")
    assert len(book.masks) == 1 and all(weight.isfinite().all() for weight in book.rewind.values())
    return rows, book, failures
