"""Branches of a chain: what is changed about a level's winning ticket before it is trained."""

from collections.abc import Callable

import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask, Weights
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate, prune
from lth_common.seeds import stream

from .book import TicketBook
from .ticket import Ticket

Initialise = Callable[[torch.Generator], dict[str, Tensor]]


def branch_ticket(arm: Arm, book: TicketBook, level: int, parameters: list[Parameter], rules: Prune,
                  initialise: Initialise, seed: int) -> Ticket:
    """The ticket that `arm` trains at `level`: the chain's mask and weights, each replaced as the arm says.

    Raises:
        LTHError: for a level that the chain lacks, or trained weights that it did not keep.
    """
    winning = book.ticket(level)
    mask, step = winning.mask, winning.step
    if arm.mask == "permuted":
        mask = mask.permuted(stream(seed, "permuted_mask", level))
    elif arm.mask == "one_shot":
        mask = one_shot(_trained(book, 0), book.masks[0], mask, parameters, rules)
    weights = dict(winning.weights)
    if arm.weights.startswith("reinit"):
        # Carried biases stay, so that weights are the only thing that differs from the winning ticket.
        weights, step = initialise(stream(seed, "reinit", level)) | book.carried.get(level, {}), 0
        if arm.weights == "reinit_same_sign":
            weights |= {n: weights[n].abs() * winning.weights[n].sign() for n in mask}
    elif arm.weights.startswith("sampled"):
        per_layer = arm.weights.startswith("sampled_per_layer")
        weights |= sampled(winning, mask, stream(seed, "sampled", level), per_layer)
        if arm.weights.endswith("same_sign"):
            weights |= {n: torch.where(mask[n], weights[n].abs() * winning.weights[n].sign(), 0.0) for n in mask}
    elif arm.weights == "trained":
        weights = dict(_trained(book, 0 if rules.one_shot else max(level - 1, 0)))
    return Ticket(mask, weights, step, level, winning.provenance)


def one_shot(trained: Weights, dense: Mask, target: Mask, parameters: list[Parameter], rules: Prune) -> Mask:
    """Magnitude pruning of the trained dense network straight to the counts of `target`, pool by pool."""
    pools = [(names, sum(int((~target[n]).sum()) for n in names))
             for names, _ in pools_by_rate(dense, parameters, rules.scope, rules.rates_at(1))]
    return prune({name: trained[name].abs() for name in dense}, dense, pools)


def sampled(winning: Ticket, mask: Mask, generator: torch.Generator, per_layer: bool) -> dict[str, Tensor]:
    """D_n: each kept weight is drawn with replacement from the winning ticket's surviving weights.

    The pool is the whole network's survivors, or each layer's own with `per_layer`. `mask` may be another mask
    (remask). Pruned entries are 0.
    """
    alive = {n: winning.weights[n][entry] for n, entry in winning.mask.items()}
    whole = torch.cat(list(alive.values()))
    drawn = {}
    for name, entry in mask.items():
        pool = alive[name] if per_layer else whole
        if entry.any() and not len(pool):
            raise LTHError(f"weights 'sampled': no survivor to draw the {int(entry.sum())} weights of {name} from")
        drawn[name] = torch.zeros(entry.shape)
        picks = torch.randint(max(len(pool), 1), (int(entry.sum()),), generator=generator)
        drawn[name][entry] = pool[picks]
    return drawn


def _trained(book: TicketBook, level: int) -> dict[str, Tensor]:
    if level not in book.trained:
        raise LTHError(f"the trained weights of level {level} were not kept: set prune.keep_trained to "
                       + ("'dense' or 'all'" if level == 0 else "'all'"))
    return book.trained[level]
