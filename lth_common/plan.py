"""What the workflow runs: batches of cells, and the files that figures, tables and verdicts need."""

from dataclasses import dataclass, field
from typing import Any

from lth_common import CORE_VERSION
from lth_common.protocol.name_checks import check_references, row_variants
from lth_common.protocol.resolve import experiments_of, levels_of, load_paper, paper_names, resolve
from lth_common.protocol.schema.analysis import Panel, Series
from lth_common.protocol.schema.paper import Experiment, Paper
from lth_common.protocol.task_names import preparation_of

from .cells import Cell, cells, stated
from .digest import digest
from .errors import LTHError


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
    cells: list[str]
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
            runs = cells(name, paper, experiment, variant, scale)
            for start in range(0, len(runs), cells_per_job):
                rule = f"train_{name}_{experiment}_{variant}_{start // cells_per_job}"
                result.append(_batch(rule, runs[start : start + cells_per_job], scale, spec, prepared))
    return result


def _batch(rule: str, chosen: list[Cell], scale: str, spec: dict[str, Any], prepared: str | None) -> Batch:
    first = chosen[0]
    outputs, inputs = [], [] if prepared is None else [prepared]
    for cell in chosen:
        outputs += [place(cell, scale, "records.csv"), place(cell, scale, "run.json")]
        if "chain" in cell.spec:
            inputs.append(place(chain_of(cell), scale, "tickets.safetensors"))
        else:
            outputs.append(place(cell, scale, "tickets.safetensors"))
    names = [f"{cell.arm}:{cell.seed}" for cell in chosen]
    elsewhere = sorted(set(inputs) - set(outputs))
    return Batch(rule, first.paper, first.experiment, first.variant, names, elsewhere, outputs, prepared, spec)


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
        pairs = [(e, panel.variant) for panel in paper.figures[item].panels for e in panel.experiments]
    else:
        table = paper.tables[item]
        pairs = [(row.experiment, variant) for row in table.rows for variant in row_variants(table, row)]
    return list(dict.fromkeys(pairs))


def is_run(resolved: Experiment, arm: str, level: int | None = None) -> bool:
    """Whether an experiment as resolved for a scale has this arm and, if given, trains it at this level."""
    return arm in resolved.arms and (level is None or level in levels_of(resolved, arm))


def shown(name: str, paper: Paper, kind: str, scale: str) -> list[str]:
    """Figures or tables of which this scale runs anything; of pooled experiments it must run all."""
    if kind == "tables":
        run = {pair for pair in experiments_of(name, paper) if resolve(name, paper, *pair, scale).arms}
        return [item for item in paper.tables if run.intersection(needed_by(paper, kind, item))]
    return [item for item, figure in paper.figures.items()
            if any(series_run(name, paper, panel, scale) for panel in figure.panels)]


def series_run(name: str, paper: Paper, panel: Panel, scale: str) -> list[Series]:
    """The series of a panel that this scale runs, in all of its experiments."""
    resolved = [resolve(name, paper, experiment, panel.variant, scale) for experiment in panel.experiments]
    return [series for series in panel.series if all(is_run(each, series.arm, series.level) for each in resolved)]


def left_out(name: str, paper: Paper, scale: str) -> set[tuple[str, str, str]]:
    """(experiment, variant, arm) that scale `paper` trains and this one does not."""
    full, here = ({(*pair, arm) for pair in experiments_of(name, paper) for arm in resolve(name, paper, *pair, at).arms}
                  for at in ("paper", scale))
    return full - here


def tickets_drawn(name: str, paper: Paper, pairs: list[tuple[str, str]], scale: str) -> list[tuple[Cell, list[int]]]:
    """Chains of the given (experiment, variant) pairs whose tickets a figure with x: initial_weight shows.

    One entry a seed, with the levels shown; what the scale does not run is left out.

    Raises:
        LTHError: if such a figure names an arm that is no chain: a branch keeps no tickets.
    """
    levels: dict[tuple[str, str, str], set[int]] = {}
    for key, figure in paper.figures.items():
        for panel in figure.panels if figure.x == "initial_weight" else []:
            if (panel.experiment, panel.variant) not in pairs:
                continue
            resolved = resolve(name, paper, panel.experiment, panel.variant, scale)
            for series in (s for s in panel.series if is_run(resolved, s.arm, s.level)):
                if resolved.arms[series.arm].from_ is not None:
                    raise LTHError(f"replications/{name}/paper.yaml: figures.{key}: arm '{series.arm}' starts from "
                                   f"the tickets of '{resolved.arms[series.arm].from_}'; x: initial_weight shows "
                                   "those of a chain: name that one")
                levels.setdefault((panel.experiment, panel.variant, series.arm), set()).add(series.level)
    return [(cell, sorted(levels[experiment, variant, cell.arm])) for experiment, variant in pairs
            for cell in cells(name, paper, experiment, variant, scale) if (experiment, variant, cell.arm) in levels]


def tickets_for(name: str, paper: Paper, kind: str, item: str, scale: str) -> list[tuple[Cell, list[int]]]:
    """`tickets_drawn` of what a figure or table draws on; none for a figure that shows neither them nor their shape."""
    if kind == "figures":
        figure = paper.figures[item]
        metrics = [panel.metric or figure.metric for panel in figure.panels]
        if figure.x != "initial_weight" and not any(metric.startswith("survivors_") for metric in metrics):
            return []
    return tickets_drawn(name, paper, needed_by(paper, kind, item), scale)


def ticket_files(runs: list[tuple[Cell, list[int]]], scale: str) -> list[str]:
    """The chains' ticket files."""
    return [place(cell, scale, "tickets.safetensors") for cell, _ in runs]


def plan_spec(resolved: Experiment) -> dict[str, Any]:
    """The settings of an experiment that decide whether its jobs are up to date: all but descriptions."""
    return {"core_version": CORE_VERSION} | stated(resolved, {"about": True, "arms": {"__all__": {"about"}}})


def plan_hash(resolved: Experiment) -> str:
    """Digest by which a job recognises the settings that the workflow planned it with."""
    return digest(plan_spec(resolved))
