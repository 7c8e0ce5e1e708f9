"""Which figures a job may draw along with its own."""

from pathlib import Path

from lth_common.protocol.resolve import ROOT

from . import made
from .items import content_of, is_made, items_of, runs_of_item, tickets_of_item
from .plan import Plan
from .store import ok_path, tickets_ok_path


def to_draw_along(plan: Plan, root: Path = ROOT) -> dict[str, str]:
    """The figures that are to be drawn of runs that are all finished, each with the digest of its plan.

    Their plan files say what is to be drawn: one that waits for data is not planned yet.
    """
    found = {}
    for item in (item for kind, item in items_of(plan, root) if kind == "figure"):
        of = made.plan_digest(content_of(plan, "figure", item, root))
        stamps = [ok_path(run.digest) for run in runs_of_item(plan, "figure", item)]
        stamps += [tickets_ok_path(run.digest) for run in tickets_of_item(plan, "figure", item)]
        if (made.plan_digest(made.planned(root / plan.folder, item)) == of
                and all((root / stamp).exists() for stamp in stamps)
                and not any(is_made(plan, "figure", item, of, root, drawn) for drawn in (False, True))):
            found[item] = of
    return found
