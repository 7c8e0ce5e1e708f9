"""Data sets that runs read: which are not here, which could not be fetched, and what a plan is without them.

Data are needed for training only: a finished run is used whatever became of its data. The workflow tries for each set
that is not here once in every call, and what came of it stands in `results/data/sets/<name>.json`. All that draws and
judges goes by these files, so that it finds what was planned, even if a set came in the meantime.
"""

import json
from collections.abc import Iterable, Set
from dataclasses import replace
from functools import cache
from pathlib import Path

from lth_common.datasets.checks import how_to_get
from lth_common.datasets.locate import names_read, present
from lth_common.datasets.sets import SETS
from lth_common.digest import canonical
from lth_common.protocol.task_names import ROOT, settings_of

from .identity import Run
from .plan import Plan
from .store import is_stamped, is_whole, stamp

FOLDER = "results/data/sets"
NO_DATA = "not run: data"  # what is said of that which is not run for want of them
THERE, MISSING = "there", "missing"
Waits = dict[str, tuple[str, ...]]  # run's digest -> data sets that it waits for


def status_path(name: str) -> str:
    """What says whether the set `name` could be fetched, relative to the project."""
    return f"{FOLDER}/{name}.json"


def sets_of(run: Run) -> list[str]:
    """The data sets that training a run reads from disk."""
    return _sets_of(run.spec["task"], canonical(run.spec["settings"]["data"]))


@cache
def _sets_of(task: str, data: str) -> list[str]:
    schema = settings_of(task).model_fields["data"].annotation
    return sorted(names_read(task, schema.model_validate_json(data)))


def waiting(plans: Iterable[Plan], again: Set[str] = frozenset(), root: Path = ROOT) -> Waits:
    """The runs to be made, unfinished or of `again`, whose data sets are not here.

    A run that is whole needs its stamp alone, and gets it.
    """
    here = cache(lambda name: present(name) is not None)
    waits: Waits = {}
    for run in (run for plan in plans for run in plan.all_runs() if run.digest not in waits):
        if run.digest in again or not is_stamped(run.digest, root):
            absent = tuple(name for name in sets_of(run) if not here(name))
            if absent and run.digest not in again and is_whole(run, root):
                stamp(run.digest, root)
            elif absent:
                waits[run.digest] = absent
    return waits


def forget_present(root: Path = ROOT) -> None:
    """Take away what says of a set that it is missing if it is here now; for the planning of a workflow alone."""
    for name in missing(root):
        if present(name) is not None:
            (root / status_path(name)).unlink(missing_ok=True)


def missing(root: Path = ROOT) -> set[str]:
    """The sets that could not be fetched when it was last tried."""
    files = (root / status_path(name) for name in SETS)  # what an older table named is none of today's
    return {path.stem for path in files if _status(path) == MISSING}


def _status(path: Path) -> str:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["status"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def at_hand(plan: Plan, root: Path = ROOT) -> Plan:
    """The plan without the runs that are not finished and whose data could not be fetched."""
    return without(plan, missing(root), root)


def without(plan: Plan, absent: Set[str], root: Path = ROOT) -> Plan:
    """The plan without the runs that are not finished and need one of the data sets `absent`; `unmade` names these."""
    unmade = {run.digest: sets for run in plan.all_runs() if absent and not is_stamped(run.digest, root)
              and (sets := [name for name in sets_of(run) if name in absent])}
    if not unmade:
        return plan
    return replace(plan, unmade=[(run, unmade[run.digest]) for run in plan.all_runs() if run.digest in unmade],
                   runs={pair: [run for run in runs if run.digest not in unmade] for pair, runs in plan.runs.items()})


def worst(plans: dict[str, Plan], waits: Waits, root: Path = ROOT) -> dict[str, Plan]:
    """The plans as they are if none of the data sets that runs wait for can be fetched."""
    absent = {name for sets in waits.values() for name in sets}
    return {name: without(plan, absent, root) for name, plan in plans.items()}


def remedies(plan: Plan) -> dict[str, str]:
    """How to get each data set that the plan lacks."""
    return {name: how_to_get(name) for name in sorted({name for _, sets in plan.unmade for name in sets})}
