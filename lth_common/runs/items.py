"""Plan files: all that a figure, a table, the verdicts or the report is made of, but for the runs' numbers.

They are written while the workflow is planned, and only if they differ, so that whatever changes is made anew: a
removed seed, a caption, the code that draws. Beside each stands `<item>.made`: the plan and the runs that the present
files were made of, and their checksums. What was made of others, or was changed since, is never taken as up to date.
"""

from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text, sha256_of
from lth_common.protocol.resolve import ROOT

from . import made
from .code import code_digest
from .data import Waits
from .identity import Run
from .needs import (
    figure_at,
    lacking_lines,
    left_out,
    needed_by,
    runs_for,
    shown,
    shows_tickets,
    table_at,
    tickets_drawn,
    tickets_for,
    without_tickets,
)
from .plan import Plan

OTHERS = ("verdicts", "report")
# Rooms whose code draws and judges.
DRAWING = ("lth_common.analysis", "lth_common.expressions", "lth_common.protocol", "lth_common.runs")


def items_of(plan: Plan, root: Path = ROOT, again: Set[str] = frozenset()) -> list[tuple[str, str]]:
    """(kind, item) of all that is made of a paper at a scale; `again` as in `without_tickets`.

    Raises:
        LTHError: if a figure or table has a name that is taken.
    """
    taken = [item for item in OTHERS if item in plan.paper.figures or item in plan.paper.tables]
    if taken:
        raise LTHError(f"replications/{plan.name}/figures.py: '{taken[0]}' is no legal name of a figure or table; "
                       "each paper has its " + " and ".join(OTHERS))
    absent = without_tickets(plan, root, again)
    return [*(("figure", item) for item in shown(plan, "figures") if item not in absent),
            *(("table", item) for item in shown(plan, "tables")), *((item, item) for item in OTHERS)]


def plan_path(plan: Plan, item: str) -> str:
    """The plan file of an item, relative to the project."""
    return f"{plan.folder}/plan/{item}.json"


def outputs_of(plan: Plan, kind: str, item: str) -> list[str]:
    """The files that an item is, relative to the project."""
    return [f"{plan.folder}/{name}" for name in made.outputs(kind, item)]


def runs_of_item(plan: Plan, kind: str, item: str) -> list[Run]:
    """The runs that an item is made of."""
    return runs_for(plan, f"{kind}s", item) if kind in ("figure", "table") else plan.all_runs()


def tickets_of_item(plan: Plan, kind: str, item: str) -> list[Run]:
    """The chains whose tickets themselves an item shows."""
    if kind != "figure" or not shows_tickets(plan.paper, item):
        return []
    return [run for run, _ in tickets_for(plan, "figures", item)]


def content_of(plan: Plan, kind: str, item: str, root: Path = ROOT, again: Set[str] = frozenset()) -> dict[str, Any]:
    """All that the item's files are made of, as plain data."""
    paper = plan.paper
    about: dict[str, Any] = {
        "kind": kind, "paper": plan.name, "scale": plan.scale,
        "code": code_digest(("lth_common.analysis.__main__",), DRAWING),
        "runs": {run.name: run.digest for run in runs_of_item(plan, kind, item)}}
    published = root / "replications" / plan.name / "published.csv"
    if kind != "report" and published.exists():
        about["published"] = sha256_of(published)
    if kind == "figure":
        about["figure"] = figure_at(plan, item).model_dump(mode="json")
        about["tickets"] = _levels(tickets_for(plan, "figures", item))
    elif kind == "table":
        about["table"] = table_at(plan, item).model_dump(mode="json")
        about["settings"] = {"/".join(pair): plan.resolved[pair].model_dump(mode="json", exclude={"seeds"})
                             for pair in needed_by(paper, "tables", item)}
        about["tickets"] = _levels(tickets_for(plan, "tables", item))
    elif kind == "verdicts":
        about |= {"title": paper.title,
                  "claims": {name: claim.model_dump(mode="json") for name, claim in paper.claims.items()}}
        about["left_out"] = {"/".join(arm): why for arm, why in left_out(plan).items()}
        about["lacking"] = lacking_lines(plan)
        about["tickets"] = _levels(tickets_drawn(plan, list(plan.runs)))
    else:
        about |= {"title": paper.title, "authors": paper.authors, "year": paper.year,
                  "scale_is": paper.scales[plan.scale].model_dump(mode="json"),
                  "variants": {name: variant.model_dump(mode="json") for name, variant in paper.variants.items()},
                  "captions": {name: figure_at(plan, name).model_dump(mode="json", include={"title", "caption"})
                               for kind, name in items_of(plan, root, again) if kind == "figure"},
                  "tables": shown(plan, "tables"), "without_tickets": without_tickets(plan, root, again),
                  "lacking": lacking_lines(plan)}
    return about


def waits_of(plan: Plan, kind: str, item: str, waits: Waits) -> tuple[str, ...]:
    """The data sets that an item's runs wait for."""
    runs = runs_of_item(plan, kind, item) if waits else []
    return tuple(sorted({name for run in runs for name in waits.get(run.digest, ())}))


def write_plans(plans: Iterable[Plan], root: Path = ROOT, again: Set[str] = frozenset(),
                waits: Waits | None = None) -> None:
    """Write the plan file of every item that differs from what is there, or whose files were made of another.

    What an item is of which runs wait for data is known only when these are here, or could not be fetched.
    """
    for plan in plans:
        for kind, item in items_of(plan, root, again):
            if not waits_of(plan, kind, item, waits or {}):
                write_plan(plan, kind, item, root, again)
        lines = [f"{run.digest},{run.experiment},{run.variant},{run.arm},{run.seed}" for run in plan.all_runs()]
        _write_if_other(root / plan.folder / "runs.csv", "\n".join(["digest,experiment,variant,arm,seed", *lines, ""]))


def write_plan(plan: Plan, kind: str, item: str, root: Path = ROOT, again: Set[str] = frozenset(),
               planning: bool = True) -> str:
    """Write one plan file if it must be; returns its digest.

    If what is there was made of another plan, or of runs that were made anew since, or is not as it was made, planning
    counts `made_again` up, so that the file differs: Snakemake does not go by its time alone.
    """
    content, path = content_of(plan, kind, item, root, again), root / plan_path(plan, item)
    name, before = made.plan_digest(content), made.planned(root / plan.folder, item).get("made_again")
    count = before if isinstance(before, int) else 0
    there = all((root / output).exists() for output in outputs_of(plan, kind, item))
    if planning and there and not is_made(plan, kind, item, name, root):
        count += 1
    _write_if_other(path, json_text(content | {"made_again": count}))
    return name


def mark_made(plan: Plan, kind: str, item: str, of: str, root: Path = ROOT, drawn: bool = False) -> None:
    """Say which plan and runs the item's present files were made of, and their checksums; `drawn` as in `made`."""
    made.mark(root / plan.folder, kind, item, of, _digests(plan, kind, item), drawn, root)


def is_made(plan: Plan, kind: str, item: str, of: str, root: Path, drawn: bool = False) -> bool:
    """Whether an item's files are there as they were made, of this plan and of the runs as they are; as in `made`."""
    return made.is_made(root / plan.folder, kind, item, of, _digests(plan, kind, item), drawn, root)


def not_as_made(plan: Plan, root: Path = ROOT) -> list[str]:
    """The items whose files are missing, are not as they were made, or were made of another plan than today's."""
    return [item for kind, item in items_of(plan, root)
            if not is_made(plan, kind, item, made.plan_digest(content_of(plan, kind, item, root)), root)]


def _digests(plan: Plan, kind: str, item: str) -> list[str]:
    return [run.digest for run in runs_of_item(plan, kind, item)]


def _levels(chains: list[tuple[Run, list[int]]]) -> dict[str, list[int]]:
    return {run.name: levels for run, levels in chains}


def _write_if_other(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        atomic_write_text(path, text)
