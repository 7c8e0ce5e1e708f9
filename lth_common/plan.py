"""What the workflow runs: batches of cells, and the files that figures, tables and verdicts need."""

from dataclasses import dataclass, field
from typing import Any

from . import CORE_VERSION
from .references import check_references, row_variants
from .resolve import Cell, cells, digest, load_paper, paper_names, resolve, variants_of
from .schema.paper import Experiment, Paper


@dataclass(frozen=True)
class Batch:
    """Cells of one experiment and variant that one process trains, one after the other.

    `spec` is the resolved experiment, `planned` its digest: a batch is rerun when they change, and only then.
    """

    name: str
    paper: str
    experiment: str
    variant: str
    cells: list[str]
    inputs: list[str]
    outputs: list[str]
    spec: dict[str, Any] = field(repr=False)

    @property
    def planned(self) -> str:
        return digest(self.spec)


def experiments_of(paper_name: str, paper: Paper) -> list[tuple[str, str]]:
    """Every (experiment, variant) of a paper."""
    return [(e, v) for e in paper.experiments for v in variants_of(paper_name, paper, e)]


def load_papers() -> dict[str, Paper]:
    """All papers of `replications/`, validated, with whatever they refer to."""
    papers = {name: load_paper(name) for name in paper_names()}
    for name, paper in papers.items():
        check_references(name, paper)
    return papers


def batches(papers: dict[str, Paper], scale: str, cells_per_job: int) -> list[Batch]:
    """All training jobs of a scale, an experiment's chains before its branches.

    Branches take their chain's tickets as input, unless the same job makes them.
    """
    result = []
    for name, paper in papers.items():
        for experiment, variant in experiments_of(name, paper):
            spec = plan_spec(resolve(name, paper, experiment, variant, scale))
            runs = cells(name, paper, experiment, variant, scale)
            for start in range(0, len(runs), cells_per_job):
                rule = f"train_{name}_{experiment}_{variant}_{start // cells_per_job}"
                result.append(_batch(rule, runs[start : start + cells_per_job], scale, spec))
    return result


def _batch(rule: str, chosen: list[Cell], scale: str, spec: dict[str, Any]) -> Batch:
    first = chosen[0]
    outputs, inputs = [], []
    for cell in chosen:
        outputs += [place(cell, scale, "records.csv"), place(cell, scale, "run.json")]
        if "chain" in cell.spec:
            inputs.append(place(chain_of(cell), scale, "tickets.safetensors"))
        else:
            outputs.append(place(cell, scale, "tickets.safetensors"))
    names = [f"{cell.arm}:{cell.seed}" for cell in chosen]
    elsewhere = sorted(set(inputs) - set(outputs))
    return Batch(rule, first.paper, first.experiment, first.variant, names, elsewhere, outputs, spec)


def chain_of(cell: Cell) -> Cell:
    """The run whose tickets a branch starts from."""
    chain = cell.spec["chain"]
    return Cell(cell.paper, cell.experiment, cell.variant, chain["arm"], cell.seed, chain)


def place(cell: Cell, scale: str, name: str) -> str:
    """Path of a result file, relative to the project."""
    return f"results/{scale}/{cell.path}/{name}"


def records_of(name: str, paper: Paper, pairs: list[tuple[str, str]], scale: str) -> list[str]:
    """Records of all runs of the given (experiment, variant) pairs."""
    return [place(cell, scale, "records.csv") for experiment, variant in pairs
            for cell in cells(name, paper, experiment, variant, scale)]


def needed_by(paper: Paper, kind: str, item: str) -> list[tuple[str, str]]:
    """(experiment, variant) pairs that a figure or table draws on."""
    if kind == "figures":
        pairs = [(panel.experiment, panel.variant) for panel in paper.figures[item].panels]
    else:
        table = paper.tables[item]
        pairs = [(row.experiment, variant) for row in table.rows for variant in row_variants(table, row)]
    return list(dict.fromkeys(pairs))


def plan_spec(resolved: Experiment) -> dict[str, Any]:
    """The settings of an experiment that decide whether its jobs are up to date: all but descriptions."""
    return {"core_version": CORE_VERSION} | resolved.model_dump(
        mode="json", exclude={"about": True, "arms": {"__all__": {"about"}}})


def plan_hash(resolved: Experiment) -> str:
    """Digest by which a job recognises the settings that the workflow planned it with."""
    return digest(plan_spec(resolved))
