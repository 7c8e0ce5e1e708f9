"""Iterative pruning: dense → level 1 → …, and the branches that start from a chain's tickets."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate
from lth_common.seeds import stream

from .book import TicketBook
from .branches import branch_ticket
from .masks import add_masks, check_criterion
from .missing import check_pruned, mask_by_count, no_ticket, why_missing
from .task import Outcome, Task
from .ticket import Ticket

State = dict[str, Any]
Save = Callable[[State], None]


def run_chain(task: Task, rules: Prune, levels: list[int], seed: int, saved: State | None, save: Save,
              report: Callable) -> tuple[list[dict], TicketBook, dict[int, str]]:
    """Train, prune the lowest-scored weights, rewind, level after level (Frankle & Carbin 2019; late: Frankle 2019).

    Only `levels` are trained: all of them, unless pruning is one-shot, where only the dense network must be, or before
    training: masks are then all made at once, as soon as there are the weights that tickets start from.
    `saved` is a state that `save` was given earlier; `report(level, outcome rows)` is called after each level.

    Where a training fails and leaves weights that are not finite, or misses the rewind point, no later level has a
    ticket: those get the rows of `task.nothing()` with the weights remaining that they would have had, and none where
    the weights decide how many remain.
    Returns (records without identity, TicketBook, failures: a sentence for each level that failed).

    Raises:
        LTHError: before anything is trained if level 1 would lose no weight or a paper's own criterion gives no scores;
            after a level whose pruning leaves none.
    """
    state = saved or {"position": 0, "rows": [], "training": None, "book": None}
    book = _unplain(state["book"]) if state["book"] else _dense_book(task, seed)
    rows, training = state["rows"], state["training"]
    if rules.criterion != "threshold" and rules.last_level:
        first = pools_by_rate(book.masks[0], task.parameters, rules.scope, rules.rates_at(1))
        check_pruned(sum(count for _, count in first), book.masks[0], rules)
    if rules.untrained:
        add_masks(book, task, rules, seed, 0, None)
    elif saved is None and rules.last_level:
        check_criterion(task, rules, book, seed)
    for position in range(state["position"], len(levels)):
        level = levels[position]
        if book.failures and level >= len(book.masks):
            book.failures[level] = no_ticket(book)
            level_rows = _nothing(task, book, level, rules)
        else:
            ticket = book.ticket(level)
            outcome = task.train(ticket, seed, level, rules.rewind.to if level == 0 else None, training,
                                 partial(_save_chain, save, position, rows, book))
            level_rows = _trained(outcome, ticket, task.parameters)
            _extend(book, task, outcome, rules, seed, level)
        training = None
        rows += level_rows
        if level_rows:
            report(level, level_rows)
        _save_chain(save, position + 1, rows, book, None)
    return rows, book, book.failures


def run_branch(task: Task, arm: Arm, rules: Prune, book: TicketBook, levels: list[int], seed: int,
               saved: State | None, save: Save, report: Callable) -> tuple[list[dict], dict[int, str]]:
    """Train the arm's version of each level's ticket; returns records without identity, and failures as `run_chain`.

    Levels do not hang on each other, so a task may train several side by side, and one that fails leaves the others as
    they are. Levels that have no ticket, as the chain failed, get rows as in `run_chain`.
    """
    state = {"position": 0, "rows": [], "failures": {}, "training": None} | (saved or {})
    rows, failures, training = state["rows"], state["failures"], state["training"]
    for position in range(state["position"], len(levels), task.together):
        chosen = levels[position : position + task.together]
        missing = {level: why for level in chosen if (why := why_missing(arm, book, level, rules))}
        tickets = {level: branch_ticket(arm, book, level, task.parameters, rules, task.initial, seed)
                   for level in chosen if level not in missing}
        outcomes = _train_levels(task, tickets, seed, training, partial(_save_branch, save, position, rows, failures))
        training = None
        for level in chosen:
            if level in missing:
                failure, level_rows = missing[level], _nothing(task, book, level, rules)
            else:
                failure = outcomes[level].failure
                level_rows = _trained(outcomes[level], tickets[level], task.parameters)
            if failure is not None:
                failures[level] = failure
            rows += level_rows
            if level_rows:
                report(level, level_rows)
        _save_branch(save, position + len(chosen), rows, failures, None)
    return rows, failures


def _train_levels(task: Task, tickets: dict[int, Ticket], seed: int, training: State | None,
                  save: Save) -> dict[int, Outcome]:
    if len(tickets) > 1:
        outcomes = task.train_together(list(tickets.values()), seed, list(tickets), training, save)
        return dict(zip(tickets, outcomes, strict=True))
    return {level: task.train(ticket, seed, level, None, training, save) for level, ticket in tickets.items()}


def _dense_book(task: Task, seed: int) -> TicketBook:
    weights = task.initial(stream(seed, "init"))
    return TicketBook(weights, 0, [Mask.dense(weights, [p.name for p in task.parameters if p.prunable])])


def _extend(book: TicketBook, task: Task, outcome: Outcome, rules: Prune, seed: int, level: int) -> None:
    """Add to the book what this level's training gives: the rewind point, trained weights, the next mask.

    Of a training that failed only what is finite.
    """
    if outcome.failure is not None:
        book.failures[level] = outcome.failure
    rewindable = level > 0 or outcome.failure is None or _is_finite(outcome.captured)
    if level == 0 and rewindable:
        book.rewind, book.step = outcome.captured, outcome.captured_step
    finite = outcome.failure is None or _is_finite(outcome.weights)
    if finite and (rules.keep_trained == "all" or (rules.keep_trained == "dense" and level == 0)):
        book.trained[level] = outcome.weights
    if rules.when == "before_training":
        if rewindable:
            add_masks(book, task, rules, seed, level, None)
    elif finite and rewindable:
        there = len(book.masks)
        add_masks(book, task, rules, seed, level, outcome.weights)
        if rules.rewind.biases == "carried":
            biases = {p.name: outcome.weights[p.name] for p in task.parameters if p.kind == "bias"}
            book.carried |= dict.fromkeys(range(there, len(book.masks)), biases)


def _is_finite(weights: dict[str, Tensor] | None) -> bool:
    """Whether there are weights and each is a number."""
    return weights is not None and all(bool(w.isfinite().all()) for w in weights.values())


def _trained(outcome: Outcome, ticket: Ticket, parameters: list[Parameter]) -> list[dict]:
    return _identified(outcome.rows + _counts(ticket.mask, parameters), ticket.level, ticket.mask)


def _nothing(task: Task, book: TicketBook, level: int, rules: Prune) -> list[dict]:
    mask = mask_by_count(book, level, task.parameters, rules)
    return [] if mask is None else _identified(task.nothing(), level, mask)


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


def _save_branch(save: Save, position: int, rows: list[dict], failures: dict[int, str], training: State | None) -> None:
    save({"position": position, "rows": rows, "failures": failures, "training": training})


def _unplain(plain: State) -> TicketBook:
    return TicketBook(**plain | {"masks": [Mask(entries) for entries in plain["masks"]]})
