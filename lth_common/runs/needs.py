"""What figures, tables and verdicts need of a scale: runs, their records, and tickets."""

from lth_common.errors import LTHError
from lth_common.protocol.name_checks import row_variants
from lth_common.protocol.resolve import experiments_of, levels_of, resolve
from lth_common.protocol.schema.analysis import Panel, Series
from lth_common.protocol.schema.paper import Experiment, Paper

from .identity import Run, runs_of
from .jobs import result_path


def records_of(name: str, paper: Paper, pairs: list[tuple[str, str]], scale: str) -> list[str]:
    """Records of all runs of the given (experiment, variant) pairs."""
    return [result_path(run, scale, "records.csv") for experiment, variant in pairs
            for run in runs_of(name, paper, experiment, variant, scale)]


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


def tickets_drawn(name: str, paper: Paper, pairs: list[tuple[str, str]], scale: str) -> list[tuple[Run, list[int]]]:
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
    return [(run, sorted(levels[experiment, variant, run.arm])) for experiment, variant in pairs
            for run in runs_of(name, paper, experiment, variant, scale) if (experiment, variant, run.arm) in levels]


def tickets_for(name: str, paper: Paper, kind: str, item: str, scale: str) -> list[tuple[Run, list[int]]]:
    """`tickets_drawn` of what a figure or table draws on; none for a figure that shows neither them nor their shape."""
    if kind == "figures":
        figure = paper.figures[item]
        metrics = [panel.metric or figure.metric for panel in figure.panels]
        if figure.x != "initial_weight" and not any(metric.startswith("survivors_") for metric in metrics):
            return []
    return tickets_drawn(name, paper, needed_by(paper, kind, item), scale)


def ticket_files(runs: list[tuple[Run, list[int]]], scale: str) -> list[str]:
    """The chains' ticket files."""
    return [result_path(run, scale, "tickets.safetensors") for run, _ in runs]
