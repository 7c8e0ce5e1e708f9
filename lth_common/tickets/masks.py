"""The masks of a chain's levels: what is scored, when, and how many weights go."""

from functools import partial

from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.own_names import load
from lth_common.protocol.schema.paper import Prune
from lth_common.pruning.context import Context
from lth_common.pruning.criteria import CRITERIA, below_threshold
from lth_common.pruning.mask import Mask, Weights
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate, prune
from lth_common.seeds import stream

from .book import TicketBook
from .missing import check_kept, check_pruned
from .task import Task

Scores = dict[str, Tensor]


def add_masks(book: TicketBook, task: Task, rules: Prune, seed: int, level: int, trained: Weights | None) -> None:
    """Add to the book the masks that can be made now: after the training of `level`, which ended with the `trained`
    weights, or with None all that are pruned before training, from the weights that tickets start from.

    One-shot levels share the scores of the dense network, so that they nest.

    Raises:
        LTHError: if a level keeps no weight, level 1 loses none, or the criterion's scores are not legal.
    """
    last = rules.last_level if rules.one_shot or trained is None else min(level + 1, rules.last_level)
    weights, scores = book.rewind if trained is None else trained, None
    while len(book.masks) <= last:
        target, mask = len(book.masks), book.masks[0 if rules.one_shot else -1]
        if scores is None or not rules.one_shot:
            scores = scores_of(task, rules, weights, mask, seed, target - 1)
        mask = next_mask(scores, weights, mask, task.parameters, rules, target)
        check_kept(mask, target)
        if target == 1 and rules.criterion == "threshold":  # of rates it is known before
            check_pruned(book.masks[0].kept() - mask.kept(), book.masks[0], rules)
        book.masks.append(mask)


def check_criterion(task: Task, rules: Prune, book: TicketBook, seed: int) -> None:
    """Before anything is trained: a paper's own criterion is tried on the initial weights, as mistakes in it would
    otherwise show only after the dense training.

    Raises:
        LTHError: as `scores_of`.
    """
    if rules.criterion not in CRITERIA:
        scores_of(task, rules, book.rewind, book.masks[0], seed, 0)


def scores_of(task: Task, rules: Prune, weights: Weights, mask: Mask, seed: int, level: int) -> Scores:
    """The criterion's scores of the network with these weights under the mask of `level`, on the CPU.

    Raises:
        LTHError: if it returns something else than a tensor of each prunable parameter's shape, or asks for what the
            task does not lend.
    """
    weights, lend = mask.apply(weights), getattr(task, "lend", None)
    context = Context(weights, mask, stream(seed, "random_pruning", level),
                      None if lend is None else partial(lend, weights, seed, level))
    criterion = CRITERIA.get(rules.criterion) or load(rules.criterion)
    scores = criterion(context)
    for name, entry in mask.items():
        found = scores.get(name) if isinstance(scores, dict) else None
        if not isinstance(found, Tensor) or found.shape != entry.shape:
            got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise LTHError(f"prune.criterion {rules.criterion}: scores of {name}: {got}; legal: a dictionary that has "
                           f"a tensor of shape {tuple(entry.shape)} for it")
    return {name: scores[name].detach().cpu() for name in mask}


def next_mask(scores: Scores, weights: Weights, mask: Mask, parameters: list[Parameter], rules: Prune,
              level: int) -> Mask:
    """The mask of `level`: `mask` without as many of its lowest-scored weights as the rules say."""
    if rules.criterion == "threshold":
        counts = below_threshold(weights, mask, rules.threshold)
        return prune(scores, mask, [((name,), count) for name, count in counts.items()])
    return prune(scores, mask, pools_by_rate(mask, parameters, rules.scope, rules.rates_at(level)))
