"""What figures, tables and verdicts need of a scale: which experiments, runs and tickets."""

from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.expressions.figures import Figure, Panel, Series, Table
from lth_common.expressions.leaves import row_variants
from lth_common.expressions.paper import Paper
from lth_common.protocol.resolve import ROOT, levels_of, resolve

from .data import NO_DATA, remedies
from .identity import Run
from .plan import Pair, Plan, Triple
from .store import stamped_alone

FEW = 2  # levels that are no curve: what the panel shows beside longer ones, tables and verdicts say better
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
    """Figures or tables of which anything is run; of pooled experiments all must be."""
    if kind == "tables":
        run = {pair for pair, resolved in plan.resolved.items() if any(plan.is_run(pair, arm) for arm in resolved.arms)}
        return [item for item in plan.paper.tables if run.intersection(needed_by(plan.paper, kind, item))]
    return [item for item, figure in plan.paper.figures.items()
            if any(series_run(plan, panel) for panel in figure.panels)]


def series_run(plan: Plan, panel: Panel) -> list[Series]:
    """The series of a panel that are run, in all of its experiments; an average of two arms at least that are."""
    kept = []
    for series in panel.series:
        arms = [arm for arm in series.arms
                if all(plan.is_run((e, panel.variant), arm, series.level) for e in panel.experiments)]
        if len(arms) >= min(2, len(series.arms)):
            kept.append(series.model_copy(update={"arm": arms[0], "averaged": arms[1:]}))
    return kept


def figure_at(plan: Plan, item: str) -> Figure:
    """A figure without panels that are not run, or at a few levels only, and ours of what is not, as its caption says.

    The published points of a series that is not run stand alone beside one that is.

    Raises:
        LTHError: naming the figure if nothing of it is left.
    """
    figure, panels, absent = plan.paper.figures[item], [], {}
    run = {panel.title: {series.label: series for series in series_run(plan, panel)} for panel in figure.panels}
    levels = {panel.title: max((len(levels_of(plan.resolved[panel.experiment, panel.variant], series.arm))
                                for series in run[panel.title].values()), default=0) for panel in figure.panels}
    for panel in figure.panels:
        kept = run[panel.title]
        for series in panel.series:
            if series.label not in kept:
                arms = [(e, panel.variant, series.arm) for e in panel.experiments]
                label = f"{series.label} ({panel.title})" if kept else panel.title
                absent.setdefault(_why_not(plan, arms), {})[label] = None
        if kept and figure.x == "weights_remaining" and levels[panel.title] <= FEW < max(levels.values()):
            absent.setdefault("Not drawn, as only a level or two are run at this scale", {})[panel.title] = None
        elif kept:
            panels.append(panel.model_copy(update={"series": [
                kept.get(series.label, series.model_copy(update={"is_run": False}))
                for series in panel.series if series.label in kept or series.published or series.point]}))
    if not panels:
        raise LTHError(f"{plan.name}: figure '{item}': nothing of it is run at scale '{plan.scale}'{_remedy(plan)}")
    caption = " ".join([figure.caption, *(f"{why}: {'; '.join(labels)}." for why, labels in absent.items())])
    return figure.model_copy(update={"panels": panels, "caption": caption})


def table_at(plan: Plan, item: str) -> Table:
    """A table whose caption names the arms that are not run for want of data.

    Raises:
        LTHError: naming the table if nothing of it is run.
    """
    table = plan.paper.tables[item]
    if item not in shown(plan, "tables"):
        raise LTHError(f"{plan.name}: table '{item}': nothing of it is run at scale '{plan.scale}'{_remedy(plan)}")
    absent: dict[str, dict[str, None]] = {}
    for row in table.rows:
        for variant in row_variants(table, row):
            if (arm := (row.experiment, variant, row.arm)) in plan.lacking:
                absent.setdefault(_why_not(plan, [arm]), {})["/".join(arm)] = None
    return table.model_copy(update={"caption": " ".join(
        [table.caption, *(f"{why}: {'; '.join(arms)}." for why, arms in absent.items())])})


def _why_not(plan: Plan, arms: list[Triple]) -> str:
    sets = sorted({name for arm in arms for name in plan.lacking.get(arm, [])})
    return f"Not run for want of data ({', '.join(sets)})" if sets else "Not run at this scale"


def _remedy(plan: Plan) -> str:
    """How to get the data that a plan lacks, if any, as the end of a message."""
    return "".join(f"; {len(plan.unmade)} runs of it lack data: {name}: {how}" for name, how in remedies(plan).items())


def left_out(plan: Plan) -> dict[Triple, str]:
    """(experiment, variant, arm) that scale `paper` trains and that are not run here, each with the reason."""
    scale = {(*pair, arm): "not run at this scale" for pair, here in plan.resolved.items()
             for arm in resolve(plan.name, plan.paper, *pair, "paper").arms.keys() - here.arms.keys()}
    return scale | {arm: f"{NO_DATA} ({', '.join(sets)})" for arm, sets in plan.lacking.items()}


def lacking_lines(plan: Plan) -> list[str]:
    """What is not run for want of data and how to get these, a line a set, and what cannot be drawn without them."""
    lines = []
    for name, how in remedies(plan).items():
        runs = [run for run, sets in plan.unmade if name in sets]
        pairs = dict.fromkeys(f"`{run.experiment}` ({run.variant})" for run in runs)
        lines.append(f"Data set `{name}`: {len(runs)} runs of {', '.join(pairs)}. {how}.")
    whole = replace(plan, unmade=[])
    undrawn = [item for kind in ("figures", "tables") for item in shown(whole, kind) if item not in shown(plan, kind)]
    return [*lines, *([f"Not drawn without them: {', '.join(undrawn)}."] if undrawn else [])]


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

