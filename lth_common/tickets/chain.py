"""Iterative pruning: dense → level 1 → …, and the branches that start from a chain's tickets."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning import criteria
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate, prune
from lth_common.seeds import stream

from .branches import branch_ticket
from .task import Outcome, Task
from .ticket import TicketBook

State = dict[str, Any]
Save = Callable[[State], None]


def run_chain(task: Task, rules: Prune, levels: list[int], seed: int, saved: State | None, save: Save,
              report: Callable) -> tuple[list[dict], TicketBook]:
    """Train, prune the smallest weights, rewind, level after level (Frankle & Carbin 2019; late: Frankle 2019).

    Only `levels` are trained: all of them, unless pruning is one-shot, where only the dense network must be.
    `saved` is a state that `save` was given earlier; `report(level, outcome rows)` is called after each level.
    Returns (records without identity, TicketBook).
    """
    state = saved or {"position": 0, "rows": [], "training": None, "book": None}
    book = _unplain(state["book"]) if state["book"] else _dense_book(task, seed)
    rows, training = state["rows"], state["training"]
    for position in range(state["position"], len(levels)):
        level = levels[position]
        ticket = book.ticket(level)
        outcome = task.train(ticket, seed, level, rules.rewind.to if level == 0 else None, training,
                             partial(_save_chain, save, position, rows, book))
        training = None
        level_rows = _identified(outcome.rows + _counts(ticket.mask, task.parameters), level, ticket.mask)
        rows += level_rows
        _extend(book, outcome, task.parameters, rules, seed, level)
        report(level, level_rows)
        _save_chain(save, position + 1, rows, book, None)
    return rows, book


def run_branch(task: Task, arm: Arm, rules: Prune, book: TicketBook, levels: list[int], seed: int,
               saved: State | None, save: Save, report: Callable) -> list[dict]:
    """Train the arm's version of each level's ticket; returns records without identity.

    Levels do not hang on each other, so a task may train several side by side.
    """
    state = saved or {"position": 0, "rows": [], "training": None}
    rows, training = state["rows"], state["training"]
    for position in range(state["position"], len(levels), task.together):
        chosen = levels[position : position + task.together]
        tickets = [branch_ticket(arm, book, level, task.parameters, rules, task.initial, seed) for level in chosen]
        if len(chosen) > 1:
            outcomes = task.train_together(tickets, seed, chosen)
        else:
            outcomes = [task.train(tickets[0], seed, chosen[0], None, training,
                                   partial(_save_branch, save, position, rows))]
        training = None
        for level, ticket, outcome in zip(chosen, tickets, outcomes, strict=True):
            level_rows = _identified(outcome.rows + _counts(ticket.mask, task.parameters), level, ticket.mask)
            rows += level_rows
            report(level, level_rows)
        _save_branch(save, position + len(chosen), rows, None)
    return rows


def next_mask(weights: dict[str, Tensor], mask: Mask, parameters: list[Parameter], rules: Prune, seed: int,
              level: int) -> Mask:
    """The mask of level + 1, by the rules' criterion on the weights that training ended with.

    `mask` is that of `level`, or for one-shot levels the dense one, with the dense network's trained weights.
    """
    if rules.criterion == "random":
        scores = criteria.random(mask, stream(seed, "random_pruning", level))
    else:
        scores = criteria.magnitude(weights, mask)
    if rules.criterion == "threshold":
        counts = criteria.below_threshold(weights, mask, rules.threshold)
        return prune(scores, mask, [((name,), count) for name, count in counts.items()])
    return prune(scores, mask, pools_by_rate(mask, parameters, rules.scope, rules.rates_at(level + 1)))


def _dense_book(task: Task, seed: int) -> TicketBook:
    weights = task.initial(stream(seed, "init"))
    return TicketBook(weights, 0, [Mask.dense(weights, [p.name for p in task.parameters if p.prunable])])


def _extend(book: TicketBook, outcome: Outcome, parameters: list[Parameter], rules: Prune, seed: int,
            level: int) -> None:
    """Add to the book what this level's training gives: the rewind point, trained weights, the next mask."""
    if level == 0:
        book.rewind, book.step = outcome.captured, outcome.captured_step
    if rules.keep_trained == "all" or (rules.keep_trained == "dense" and level == 0):
        book.trained[level] = outcome.weights
    if rules.one_shot:
        following = range(1, rules.last_level + 1) if level == 0 else []
    else:
        following = [level + 1] if level < rules.last_level else []
    for target in following:
        mask = next_mask(outcome.weights, book.masks[level], parameters, rules, seed, target - 1)
        if not mask.kept():
            raise LTHError(f"prune: level {target} would keep no weight; lower prune.rates or prune.levels")
        book.masks.append(mask)
        if rules.rewind.biases == "carried":
            book.carried[target] = {p.name: outcome.weights[p.name] for p in parameters if p.kind == "bias"}


def _identified(rows: list[dict], level: int, mask: Mask) -> list[dict]:
    return [{"level": level, "weights_remaining": mask.weights_remaining(), **row} for row in rows]


def _counts(mask: Mask, parameters: list[Parameter]) -> list[dict]:
    """Weights kept: in all, in each layer, and as a share of every parameter that is trained."""
    total = sum(math.prod(parameter.shape) for parameter in parameters)
    values = {"kept": mask.kept(), "prunable_weights": mask.size(), "all_weights": total,
              "weights_remaining_all": (total - mask.size() + mask.kept()) / total}
    values |= {f"kept:{name}": int(entry.sum()) for name, entry in mask.items()}
    return [{"step": 0, "split": "model", "metric": m, "value": float(v)} for m, v in values.items()]


def _save_chain(save: Save, position: int, rows: list[dict], book: TicketBook, training: State | None) -> None:
    plain = vars(book) | {"masks": [dict(mask) for mask in book.masks]}
    save({"position": position, "rows": rows, "training": training, "book": plain})


def _save_branch(save: Save, position: int, rows: list[dict], training: State | None) -> None:
    save({"position": position, "rows": rows, "training": training})


def _unplain(plain: State) -> TicketBook:
    return TicketBook(**plain | {"masks": [Mask(entries) for entries in plain["masks"]]})
