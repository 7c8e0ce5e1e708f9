"""What figures, tables and verdicts need of a scale: which experiments, runs and tickets."""

from collections.abc import Set
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.expressions.name_checks import row_variants
from lth_common.expressions.paper import Paper
from lth_common.protocol.resolve import ROOT, resolve

from .identity import Run
from .plan import Pair, Plan
from .store import stamped_alone

Chains = list[tuple[Run, list[int]]]  # chains whose tickets are shown, each with the levels


def needed_by(paper: Paper, kind: str, item: str) -> list[Pair]:
    """(experiment, variant) pairs that a figure or table draws on."""
    if kind == "figures":
        pairs = [(e, panel.variant) for panel in paper.figures[item].panels for e in panel.experiments]
    else:
        table = paper.tables[item]
        pairs = [(row.experiment, variant) for row in table.rows for variant in row_variants(table, row)]
    return list(dict.fromkeys(pairs))


def runs_for(plan: Plan, kind: str, item: str) -> list[Run]:
    """The runs that a figure or table draws on."""
    return [run for pair in needed_by(plan.paper, kind, item) for run in plan.runs[pair]]


def shown(plan: Plan, kind: str) -> list[str]:
    """Figures or tables of which this scale runs anything; of pooled experiments it must run all."""
    if kind == "tables":
        run = {pair for pair, resolved in plan.resolved.items() if resolved.arms}
        return [item for item in plan.paper.tables if run.intersection(needed_by(plan.paper, kind, item))]
    return [item for item, figure in plan.paper.figures.items()
            if any(series_run(plan, panel) for panel in figure.panels)]


def series_run(plan: Plan, panel: Panel) -> list[Series]:
    """The series of a panel that this scale runs, in all of its experiments."""
    return [series for series in panel.series
            if all(plan.is_run((e, panel.variant), series.arm, series.level) for e in panel.experiments)]


def figure_at(plan: Plan, item: str) -> Figure:
    """A figure without the series and panels that this scale leaves out, which its caption then names.

    Raises:
        LTHError: naming the figure if nothing of it is left.
    """
    figure, panels, absent = plan.paper.figures[item], [], []
    for panel in figure.panels:
        kept = series_run(plan, panel)
        if kept:
            panels.append(panel.model_copy(update={"series": kept}))
            absent += [f"{s.label} ({panel.title})" for s in panel.series if s not in kept]
        else:
            absent.append(panel.title)
    if not panels:
        raise LTHError(f"{plan.name}: figure '{item}': nothing of it is run at scale '{plan.scale}'")
    caption = figure.caption + (f" Not run at this scale: {'; '.join(absent)}." if absent else "")
    return figure.model_copy(update={"panels": panels, "caption": caption})


def left_out(plan: Plan) -> set[tuple[str, str, str]]:
    """(experiment, variant, arm) that scale `paper` trains and this one does not."""
    return {(*pair, arm) for pair, here in plan.resolved.items()
            for arm in resolve(plan.name, plan.paper, *pair, "paper").arms.keys() - here.arms.keys()}


def tickets_drawn(plan: Plan, pairs: list[Pair]) -> Chains:
    """Chains of the given pairs whose tickets a figure with x: initial_weight shows; what is not run is left out.

    Raises:
        LTHError: if such a figure names an arm that is no chain: a branch keeps no tickets.
    """
    levels: dict[tuple[str, str, str], set[int]] = {}
    for key, figure in plan.paper.figures.items():
        for panel in figure.panels if figure.x == "initial_weight" else []:
            pair = (panel.experiment, panel.variant)
            for series in series_run(plan, panel) if pair in pairs else []:
                chain = plan.resolved[pair].arms[series.arm].from_
                if chain is not None:
                    raise LTHError(f"replications/{plan.name}/figures.py: {key}: arm '{series.arm}' starts "
                                   f"from the tickets of '{chain}'; x: initial_weight shows those of a chain: name "
                                   "that one")
                levels.setdefault((*pair, series.arm), set()).add(series.level)
    return [(run, sorted(levels[*pair, run.arm])) for pair in pairs for run in plan.runs[pair]
            if (*pair, run.arm) in levels]


def tickets_for(plan: Plan, kind: str, item: str) -> Chains:
    """`tickets_drawn` of what a figure or table draws on; none for a figure that shows neither them nor their shape."""
    if kind == "figures" and not shows_tickets(plan.paper, item):
        figure = plan.paper.figures[item]
        if not any((panel.metric or figure.metric).startswith("survivors_") for panel in figure.panels):
            return []
    return tickets_drawn(plan, needed_by(plan.paper, kind, item))


def shows_tickets(paper: Paper, item: str) -> bool:
    """Whether a figure shows the weights of tickets themselves."""
    return paper.figures[item].x == "initial_weight"


def without_tickets(plan: Plan, root: Path = ROOT, again: Set[str] = frozenset()) -> list[str]:
    """Figures that cannot be drawn: their chains were restored without the tickets that these figures show.

    `again`: chains that are about to be made again.
    """
    return [item for item in shown(plan, "figures") if shows_tickets(plan.paper, item)
            and any(stamped_alone(run.digest, root) and run.digest not in again
                    for run, _ in tickets_for(plan, "figures", item))]

