"""Chains of tickets of one tensor, written where the analysis looks for them."""

import torch

from lth_common.pruning.mask import Mask
from lth_common.runs.identity import Run
from lth_common.runs.store import TICKETS, folder
from lth_common.tickets.book import TicketBook, save_book

RULES = {"criterion": "magnitude", "scope": "global", "rates": {"linear": 0.2}, "levels": 9}


def book(seed: int = 0, trained: bool = True) -> TicketBook:
    """Two levels of 1,000 weights; level 1 keeps those that ended above 0.5 in absolute value."""
    generator = torch.Generator().manual_seed(seed)
    start = {"w": torch.randn(1000, generator=generator)}
    end = {"w": torch.randn(1000, generator=generator)}
    masks = [Mask.dense(start, ["w"]), Mask({"w": end["w"].abs() > 0.5})]
    return TicketBook(start, 0, masks, trained={0: end} if trained else {})


def chain(tmp_path, made: TicketBook, seed: int = 0, **rules) -> Run:
    run = Run("p", "lenet", "as_stated", "search", seed, {"seed": seed, "prune": RULES | rules})
    made.provenance = {"run": run.digest}
    save_book(made, folder(run.digest, tmp_path) / TICKETS)
    return run
