"""What the workflow trains: runs in batches, the data that they need, and where their results lie."""

from dataclasses import dataclass, field
from typing import Any

from lth_common import CORE_VERSION
from lth_common.digest import digest
from lth_common.protocol.name_checks import check_references
from lth_common.protocol.resolve import experiments_of, load_paper, paper_names, resolve
from lth_common.protocol.schema.paper import Experiment, Paper
from lth_common.protocol.task_names import preparation_of

from .identity import Run, runs_of, stated


@dataclass(frozen=True)
class Batch:
    """Cells of one experiment and variant that one process trains, one after the other.

    `spec` is the resolved experiment, `planned` its digest: a batch is rerun when they change, and only then.
    `prepared` is the path of what says that its data are made, None if its task prepares none.
    """

    name: str
    paper: str
    experiment: str
    variant: str
    runs: list[str]
    inputs: list[str]
    outputs: list[str]
    prepared: str | None
    spec: dict[str, Any] = field(repr=False)

    @property
    def planned(self) -> str:
        return digest(self.spec)


def load_papers() -> dict[str, Paper]:
    """All papers of `replications/`, validated, with whatever they refer to."""
    papers = {name: load_paper(name) for name in paper_names()}
    for name, paper in papers.items():
        check_references(name, paper)
    return papers


def preparations(jobs: list[Batch]) -> list[Batch]:
    """The first batch of each data set that is prepared: data are made once, for whatever trains on them."""
    return list({job.prepared: job for job in reversed(jobs) if job.prepared is not None}.values())


def _prepared(name: str, resolved: Experiment, scale: str) -> str | None:
    """Path of what says that an experiment's data are made; None if its task prepares none."""
    if preparation_of(resolved.task) is None:
        return None
    return f"results/{scale}/{name}/data/{digest([resolved.task, resolved.data])}.json"


def batches(papers: dict[str, Paper], scale: str, cells_per_job: int) -> list[Batch]:
    """All training jobs of a scale, an experiment's chains before its branches.

    Branches take their chain's tickets as input, unless the same job makes them; all take their prepared data.
    """
    result = []
    for name, paper in papers.items():
        for experiment, variant in experiments_of(name, paper):
            resolved = resolve(name, paper, experiment, variant, scale)
            spec, prepared = plan_spec(resolved), _prepared(name, resolved, scale)
            runs = runs_of(name, paper, experiment, variant, scale)
            for start in range(0, len(runs), cells_per_job):
                rule = f"train_{name}_{experiment}_{variant}_{start // cells_per_job}"
                result.append(_batch(rule, runs[start : start + cells_per_job], scale, spec, prepared))
    return result


def _batch(rule: str, chosen: list[Run], scale: str, spec: dict[str, Any], prepared: str | None) -> Batch:
    first = chosen[0]
    outputs, inputs = [], [] if prepared is None else [prepared]
    for run in chosen:
        outputs += [result_path(run, scale, "records.csv"), result_path(run, scale, "run.json")]
        if "chain" in run.spec:
            inputs.append(result_path(chain_of(run), scale, "tickets.safetensors"))
        else:
            outputs.append(result_path(run, scale, "tickets.safetensors"))
    names = [f"{run.arm}:{run.seed}" for run in chosen]
    elsewhere = sorted(set(inputs) - set(outputs))
    return Batch(rule, first.paper, first.experiment, first.variant, names, elsewhere, outputs, prepared, spec)


def chain_of(run: Run) -> Run:
    """The run whose tickets a branch starts from."""
    chain = run.spec["chain"]
    return Run(run.paper, run.experiment, run.variant, chain["arm"], run.seed, chain)


def result_path(run: Run, scale: str, name: str) -> str:
    """Path of a result file, relative to the project."""
    return f"results/{scale}/{run.path}/{name}"


def plan_spec(resolved: Experiment) -> dict[str, Any]:
    """The settings of an experiment that decide whether its jobs are up to date: all but descriptions."""
    return {"core_version": CORE_VERSION} | stated(resolved, {"about": True, "arms": {"__all__": {"about"}}})


def plan_hash(resolved: Experiment) -> str:
    """Digest by which a job recognises the settings that the workflow planned it with."""
    return digest(plan_spec(resolved))
