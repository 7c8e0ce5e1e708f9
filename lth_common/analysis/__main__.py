"""Draw, tabulate and judge finished runs: `python -m lth_common.analysis figure PAPER ITEM --scale laptop`.

With `--released` the numbers are those of results/released/, whatever version of the code made them; what is made of
them lies in results/<scale>/<paper>/released/.
"""

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.along import to_make_along
from lth_common.runs.data import at_hand
from lth_common.runs.items import items_of, mark_made, not_as_made, outputs_of, runs_of_item, write_plan
from lth_common.runs.made import DRAWN
from lth_common.runs.needs import (
    figure_at,
    lacking_lines,
    left_out,
    shown,
    shows_tickets,
    table_at,
    tickets_drawn,
    tickets_for,
    without_tickets,
)
from lth_common.runs.plan import Plan, plan_of
from lth_common.runs.records import write_records

from . import figures, tables
from .claims import judge
from .conditions import under_conditions
from .failures import failure_lines
from .figure_data import figure_data
from .mixtures import mixtures
from .published import read_published
from .report import report
from .sources import Released, Source
from .verdicts import verdicts_frame, write_verdicts, write_verdicts_markdown


@dataclass(frozen=True)
class Making:
    """What one item is made of, and where it goes; `label` is the scale as it is printed."""

    plan: Plan
    item: str
    source: Source
    out: Path
    label: str

    def published(self):
        return read_published(ROOT / "replications" / self.plan.name / "published.csv")


def main(words: list[str] | None = None) -> None:
    """Make one item below results/<scale>/<paper>/, and print what was written."""
    args = _arguments(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        plan, item = plan_of(args.paper, args.scale), args.item or args.kind
        plan = plan if args.released else at_hand(plan)
        _check_item(plan, args.kind, item)
        out, label = ROOT / plan.folder, args.scale
        source = (Released if args.released else Source)(plan)
        if args.released and args.kind == "report":
            raise LTHError(f"the report as it was released is results/released/{plan.name}/report.md")
        if args.released:
            out, label = out / "released", f"{args.scale}, as released"
        else:
            of = write_plan(plan, args.kind, item, planning=False)
        MAKE[args.kind](Making(plan, item, source, out, label))
        if not args.released:
            mark_made(plan, args.kind, item, of)
        for path in outputs_of(plan, args.kind, item):
            print(out / Path(path).relative_to(plan.folder))
        if args.along:
            _make_along(plan, source, label)
    except (LTHError, OSError) as error:
        logging.error("error: %s", error)
        sys.exit(1)


def _check_item(plan: Plan, kind: str, item: str) -> None:
    known = {"figure": list(plan.paper.figures), "table": list(plan.paper.tables)}.get(kind, [kind])
    if item not in known:
        raise LTHError(f"{plan.name} has no {kind} '{item}'{suggestion(item, known)}")


def _figure(making: Making) -> None:
    plan, item = making.plan, making.item
    figure, chains = figure_at(plan, item), tickets_for(plan, "figures", item)
    histogram = shows_tickets(plan.paper, item)
    weights = making.source.weights(chains) if histogram else {}
    records = making.source.records(runs_of_item(plan, "figure", item), [] if histogram else chains)
    data = figure_data(figure, records, making.published(), weights)
    figures.save(figures.draw(figure, data, making.label), making.out / "figures" / item, data)


def _make_along(plan: Plan, source: Source, label: str) -> None:
    """Make other figures and tables that can be made now, for their own jobs to take over; these say why one cannot."""
    folder = ROOT / plan.folder / DRAWN
    for kind, item, of in to_make_along(plan):
        try:
            MAKE[kind](Making(plan, item, source, folder, label))
            mark_made(plan, kind, item, of, drawn=True)
        except Exception as error:  # whatever it is, what this job is for is made
            logging.info("%s was not made along: %s", item, error)


def _table(making: Making) -> None:
    plan, table = making.plan, table_at(making.plan, making.item)
    resolved = {pair: own.model_dump() for pair, own in plan.resolved.items()}
    for experiment, variant, arm in plan.lacking:
        del resolved[experiment, variant]["arms"][arm]
    records = making.source.records(runs_of_item(plan, "table", making.item), tickets_for(plan, "tables", making.item))
    frame = tables.table_frame(table, records, making.published(), resolved)
    tables.save(frame, making.out / "tables" / making.item, table.title, table.caption)


def _verdicts(making: Making) -> None:
    """Judge every claim, and put all records and the runs' provenance into one file each."""
    plan, out, runs = making.plan, making.out, making.plan.all_runs()
    records = making.source.records(runs, tickets_drawn(plan, list(plan.runs)))
    published, absent = making.published(), left_out(plan)
    verdicts = verdicts_frame(under_conditions(judge(name, claim, records, published, absent)
                                               for name, claim in plan.paper.claims.items()))
    write_records(records, out / "records.csv.gz")
    atomic_write_text(out / "runs.json", json_text(making.source.about(runs)))
    write_verdicts(verdicts, out / "verdicts.csv")
    write_verdicts_markdown(verdicts, out / "verdicts.md", plan.paper.title, making.label, lacking_lines(plan))


def _report(making: Making) -> None:
    plan, absent = making.plan, without_tickets(making.plan)
    if wrong := [item for item in not_as_made(plan) if item != "report"]:
        raise LTHError(f"{plan.folder}: {', '.join(wrong)}: not made yet of today's plan and runs; "
                       f"`snakemake {plan.name} --config scale={plan.scale}` makes them")
    captions = {name: figure_at(plan, name).caption for kind, name in items_of(plan) if kind == "figure"}
    about = making.source.about(plan.all_runs())
    page = report(plan.paper, plan.scale, making.out, captions, shown(plan, "tables"), failure_lines(about),
                  mixtures(about), lacking_lines(plan))
    if absent:
        remedy = f"snakemake {plan.name} --config scale={plan.scale} tickets=all"
        page += (f"\nNot drawn here: {', '.join(absent)}. They show tickets, and the release that these runs were "
                 f"restored from holds none; `{remedy}` makes them again.\n")
    atomic_write_text(making.out / "report.md", page)


MAKE = {"figure": _figure, "table": _table, "verdicts": _verdicts, "report": _report}


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.analysis", description=__doc__)
    parser.add_argument("kind", choices=tuple(MAKE))
    parser.add_argument("paper")
    parser.add_argument("item", nargs="?")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--released", action="store_true", help="of results/released/ in place of the runs here")
    parser.add_argument("--along", action="store_true",
                        help="make the paper's other figures and tables, too: for the workflow")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
