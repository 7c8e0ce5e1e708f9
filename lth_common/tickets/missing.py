"""Levels without a ticket: a training that they start from diverged, so that no mask or weights are there for them."""

from lth_common.errors import LTHError
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import Parameter
from lth_common.pruning.prune import pools_by_rate, prune

from .book import TicketBook


def no_ticket(book: TicketBook) -> str:
    """Why a chain that failed has no level beyond its book."""
    return f"level {len(book.masks) - 1} diverged, so there is no ticket"


def why_missing(arm: Arm, book: TicketBook, level: int, rules: Prune) -> str | None:
    """Why `arm` cannot start at `level` of a chain that failed; None if it can, or if the chain did not fail.

    At level 0 everything is there but what the dense training should have given: its last weights, and those of a
    rewind point that it did not reach (the book then holds the initial weights, which are no substitute).
    """
    if not book.failures:
        return None
    if level == 0:
        reached = book.step > 0 or rules.rewind.to_start
        ends = arm.mask == "one_shot" or arm.weights == "trained"
        starts = arm.weights not in ("reinit", "trained")
        missing = 0 in book.failures and (ends and 0 not in book.trained or starts and not reached)
    else:
        missing = level >= len(book.masks)
    return no_ticket(book) if missing else None


def mask_by_count(book: TicketBook, level: int, parameters: list[Parameter], rules: Prune) -> Mask | None:
    """A mask with as many weights in each pool as `level` has or would have had, beyond the book in any place.

    None for levels beyond the book where the criterion decides how many weights go.

    Raises:
        LTHError: if no weight would be kept.
    """
    if level < len(book.masks):
        return book.masks[level]
    if rules.criterion == "threshold":
        return None
    mask = book.masks[-1]
    for target in [level] if rules.one_shot else range(len(book.masks), level + 1):
        pools = pools_by_rate(mask, parameters, rules.scope, rules.rates_at(target))
        mask = prune({name: entry.float() for name, entry in mask.items()}, mask, pools)
        check_kept(mask, target)
    return mask


def check_kept(mask: Mask, level: int) -> None:
    """Raises LTHError if `mask` keeps no weight."""
    if not mask.kept():
        raise LTHError(f"prune: level {level} would keep no weight; lower prune.rates or prune.levels")


def check_pruned(count: int, dense: Mask, rules: Prune) -> None:
    """Level 1 must lose a weight, or it is the dense network again; later ones may have too few left to lose any."""
    if not count:
        what = "threshold" if rules.criterion == "threshold" else "rates"
        rate = rules.threshold if what == "threshold" else rules.rates_at(1)
        raise LTHError(f"prune.{what}: {rate} removes none of the {dense.kept()} prunable weights at level 1; legal: "
                       "more, so that at least one weight goes")
