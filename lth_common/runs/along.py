"""Which figures and tables a job may make along with its own."""

from pathlib import Path

from lth_common.protocol.resolve import ROOT

from . import made
from .items import content_of, is_made, items_of, runs_of_item, tickets_of_item
from .plan import Plan
from .store import ok_path, tickets_ok_path


def to_make_along(plan: Plan, root: Path = ROOT) -> list[tuple[str, str, str]]:
    """The figures and tables to be made of runs that are all finished: kind, item and the digest of its plan.

    Their plan files say what is to be made: one that waits for data is not planned yet.
    """
    found = []
    for kind, item in (each for each in items_of(plan, root) if each[0] in ("figure", "table")):
        of = made.plan_digest(content_of(plan, kind, item, root))
        stamps = [ok_path(run.digest) for run in runs_of_item(plan, kind, item)]
        stamps += [tickets_ok_path(run.digest) for run in tickets_of_item(plan, kind, item)]
        if (made.plan_digest(made.planned(root / plan.folder, item)) == of
                and all((root / stamp).exists() for stamp in stamps)
                and not any(is_made(plan, kind, item, of, root, drawn) for drawn in (False, True))):
            found.append((kind, item, of))
    return found
