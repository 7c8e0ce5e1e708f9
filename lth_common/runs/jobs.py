"""What the workflow trains: unfinished runs in fixed chunks, and the data that they need."""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from lth_common.digest import digest
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.task_names import preparation_of

from .identity import Run
from .needs import tickets_drawn
from .plan import Plan
from .store import is_stamped, ok_path, stamped_alone, tickets_ok_path

SEEDS = 5  # of a chunk: 0 to 4, 5 to 9, …
CHUNKS = {"smoke": "experiment", "laptop": "arm", "paper": "run"}  # what one process makes, if nothing is asked


@dataclass(frozen=True)
class Job:
    """Runs of one experiment and variant that one process makes, one after the other.

    `runs`: 'arm:seed' of each. `outputs` are their stamps alone: the workflow takes away what a job declares when it
    begins and when it fails, and a finished run must not go with it. Of a finished chain that is made again for its
    tickets it is the stamp of these. `prepared` is the path of what says that the data are made, None if the task
    prepares none; `planned` a digest of the runs' names.
    """

    name: str
    paper: str
    experiment: str
    variant: str
    runs: list[str]
    inputs: list[str]
    outputs: list[str]
    prepared: str | None
    planned: str


def made_again(plans: dict[str, Plan], tickets: str, root: Path = ROOT) -> set[str]:
    """Finished chains that are made again because their tickets are missing, as those of restored runs may be.

    tickets: `needed`, by unfinished branches, or `all`: by figures that show them, too.
    """
    runs = [run for plan in plans.values() for run in plan.all_runs()]
    wanted = [run.chain for run in runs if run.chain and not is_stamped(run.digest, root)]
    if tickets == "all":
        wanted += [run for plan in plans.values() for run, _ in tickets_drawn(plan, list(plan.runs))]
    return {run.digest for run in wanted if stamped_alone(run.digest, root)}


def jobs(plans: dict[str, Plan], chunk: str, again: Set[str] = frozenset(), root: Path = ROOT) -> list[Job]:
    """Jobs that make what is not finished and the chains of `again`, each run once, whichever papers share it.

    Which runs go together does not depend on what is finished, so that nothing starts anew when that changes.

    chunk: `experiment` (all arms and seeds of one variant), `arm` (five seeds of one), `run`, or `auto`, by scale.
    """
    missing = {run.digest for plan in plans.values() for run in plan.all_runs() if not is_stamped(run.digest, root)}
    wanted = missing | again
    chunks: dict[str, list[Run]] = {}
    for plan in plans.values():
        for run in plan.all_runs():
            if run.digest in wanted:
                wanted.remove(run.digest)  # whoever shares it
                chunks.setdefault(_chunk(run, CHUNKS[plan.scale] if chunk == "auto" else chunk), []).append(run)
    return [_job(name, own, again) for name, own in chunks.items()]


def _chunk(run: Run, chunk: str) -> str:
    name = f"train_{run.paper}_{run.experiment}_{run.variant}"
    if chunk == "experiment":
        return name
    first = run.seed // SEEDS * SEEDS
    return f"{name}_{run.arm}_" + (f"{first}_{first + SEEDS - 1}" if chunk == "arm" else str(run.seed))


def _job(name: str, runs: list[Run], again: Set[str]) -> Job:
    def stamps(run: Run) -> list[str]:
        tickets = [tickets_ok_path(run.digest)] if run.chain is None else []
        return tickets if run.digest in again else [ok_path(run.digest), *tickets]

    outputs, first, prepared = [path for run in runs for path in stamps(run)], runs[0], prepared_path(runs[0])
    inputs = {tickets_ok_path(run.chain.digest) for run in runs if run.chain is not None} - set(outputs)
    return Job(name, first.paper, first.experiment, first.variant, [f"{run.arm}:{run.seed}" for run in runs],
               sorted(inputs) + [prepared] * (prepared is not None), outputs, prepared, planned_digest(runs))


def planned_digest(runs: list[Run]) -> str:
    """By which a job recognises the runs that the workflow planned."""
    return digest([run.digest for run in runs])


def prepared_path(run: Run) -> str | None:
    """Path of what says that a run's data are made, the same for all that read them; None if nothing is prepared."""
    if preparation_of(run.spec["task"]) is None:
        return None
    parts = [run.spec.get(key) for key in ("task", "edition", "code")]
    return f"results/data/{digest([*parts, run.spec['settings']['data']])}.json"


def preparations(found: list[Job]) -> list[Job]:
    """The first job of each data set that is prepared: data are made once, for whatever trains on them."""
    return list({job.prepared: job for job in reversed(found) if job.prepared is not None}.values())
