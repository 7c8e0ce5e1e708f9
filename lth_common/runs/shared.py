"""Several runs in one process: a job's own, then those of others, where to start takes longer than to train."""

import json
import logging
from collections.abc import Callable, Iterator, Set
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.protocol.resolve import ROOT

from .identity import Run
from .jobs import Job, prepared_path
from .plan import plan_of
from .store import ABOUT, folder, has_tickets

log = logging.getLogger("lth")


def write(jobs: list[Job], names: Set[str], path: str, root: Path = ROOT) -> None:
    """Write which runs the jobs of these names make, by paper: what a call of the workflow trains, and nothing else."""
    planned: dict[str, list[str]] = {}
    for job in jobs:
        if job.name in names:
            planned.setdefault(job.paper, []).extend(dict.fromkeys(Path(path).parent.name for path in job.outputs))
    atomic_write_text(root / path, json.dumps(planned))


def left(path: Path, first: str, scale: str, root: Path = ROOT) -> Iterator[Run]:
    """Runs that a job may make beside its own, those of paper `first` first, each the caller's alone from now on.

    None that anybody has begun, also in an earlier call: one that was killed, or could not be made, is left to its own
    job, so that whatever happens in it happens there.
    """
    planned = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for paper in sorted(planned, key=lambda name: name != first):
        runs = {run.digest: run for run in plan_of(paper, scale, root=root).all_runs()}
        open_ = [runs[digest] for digest in planned[paper] if digest in runs]
        found = True
        while found:  # again, as branches may be begun when their chains are finished
            found = False
            for run in open_:
                if _is_ready(run, root) and _claim(run, root):
                    found = True
                    yield run


def make_all(runs: list[Run], make: Callable[[Run], None]) -> bool:
    """Make runs, and those behind one that cannot be made, too, but not the branches of that one; whether all are."""
    failed: set[str] = set()
    for run in runs:
        if run.chain is not None and run.chain.digest in failed:
            log.error("error: %s: not begun, for its chain could not be made", run.name)
            failed.add(run.digest)
            continue
        try:
            make(run)
        except LTHError as error:
            log.error("error: %s: %s", run.name, error)
            failed.add(run.digest)
    return not failed


def make_along(run: Run, make: Callable[[Run], None]) -> None:
    """Make a run of another job; what hinders it is for that job to say, and is no failure of this one."""
    try:
        make(run)
    except Exception as error:
        log.warning("%s/%s is left to its own job: %s: %s", run.paper, run.name, type(error).__name__, error)


def _is_ready(run: Run, root: Path) -> bool:
    """Whether it is not made, and what it is made of is there: its data, if they take long to make, and its tickets."""
    prepared, chain = prepared_path(run), run.chain
    return (not (folder(run.digest, root) / ABOUT).exists() and (prepared is None or (root / prepared).exists())
            and (chain is None or ((folder(chain.digest, root) / ABOUT).exists() and has_tickets(chain.digest, root))))


def _claim(run: Run, root: Path) -> bool:
    """Whether nobody has begun the run, which then is the caller's."""
    try:
        (root / "state" / run.digest).mkdir(parents=True)
    except FileExistsError:
        return False
    return True
