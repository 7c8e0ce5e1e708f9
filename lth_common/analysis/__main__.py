"""Draw, tabulate and judge finished runs: `python -m lth_common.analysis figure PAPER ITEM --scale laptop`."""

import argparse
import json
import logging
import sys
from pathlib import Path

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.plan import experiments_of, needed_by, place, records_of
from lth_common.records import collect, write_records
from lth_common.resolve import ROOT, cells, load_paper, resolve
from lth_common.schema.analysis import Figure
from lth_common.schema.base import suggestion
from lth_common.schema.paper import SCALES, Paper

from . import figures, tables
from .claims import judge
from .published import read_published
from .report import report
from .verdicts import verdicts_frame, write_verdicts, write_verdicts_markdown


def main() -> None:
    """Write one item below results/<scale>/<paper>/."""
    args = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    out = ROOT / "results" / args.scale / args.paper
    try:
        paper = load_paper(args.paper)
        items = {"figure": paper.figures, "table": paper.tables}.get(args.kind)
        if items is not None and args.item not in items:
            raise LTHError(f"{args.paper} has no {args.kind} '{args.item}'{suggestion(str(args.item), list(items))}")
        make = {"figure": _figure, "table": _table, "verdicts": _verdicts, "report": _report}[args.kind]
        make(args, paper, out)
    except (LTHError, OSError) as error:
        logging.error("error: %s", error)
        sys.exit(1)


def _figure(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    records = _records(args, paper, needed_by(paper, "figures", args.item))
    figure = run_at_this_scale(args, paper, args.item)
    data = figures.figure_data(figure, records, _published(args))
    figures.save(figures.draw(figure, data, args.scale), out / "figures" / args.item, data)


def run_at_this_scale(args: argparse.Namespace, paper: Paper, item: str) -> Figure:
    """The figure without the series whose arms this scale leaves out, which its caption then names."""
    figure, panels, absent = paper.figures[item], [], []
    for panel in figure.panels:
        arms = resolve(args.paper, paper, panel.experiment, panel.variant, args.scale).arms
        kept = [s for s in panel.series if s.arm in arms]
        absent += [f"{s.label} ({panel.title})" for s in panel.series if s not in kept]
        panels.append(panel.model_copy(update={"series": kept}))
    caption = figure.caption + (f" Not run at this scale: {', '.join(absent)}." if absent else "")
    return figure.model_copy(update={"panels": panels, "caption": caption})


def _table(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    table, pairs = paper.tables[args.item], needed_by(paper, "tables", args.item)
    resolved = {pair: resolve(args.paper, paper, *pair, args.scale).model_dump() for pair in pairs}
    frame = tables.table_frame(table, _records(args, paper, pairs), _published(args), resolved)
    tables.save(frame, out / "tables" / args.item, table.title, table.caption)


def _verdicts(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    """Judge every claim, and put all records and the runs' provenance into one file each."""
    pairs = experiments_of(args.paper, paper)
    records, published = _records(args, paper, pairs), _published(args)
    verdicts = verdicts_frame(judge(name, claim, records, published) for name, claim in paper.claims.items())
    write_records(records, out / "records.csv.gz")
    runs = {cell.path: json.loads((ROOT / place(cell, args.scale, "run.json")).read_text())
            for pair in pairs for cell in cells(args.paper, paper, *pair, args.scale)}
    atomic_write_text(out / "runs.json", json.dumps(runs, indent=1, sort_keys=True) + "\n")
    write_verdicts(verdicts, out / "verdicts.csv")
    write_verdicts_markdown(verdicts, out / "verdicts.md", paper.title, args.scale)


def _report(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    captions = {name: run_at_this_scale(args, paper, name).caption for name in paper.figures}
    atomic_write_text(out / "report.md", report(paper, args.scale, out, captions))


def _records(args: argparse.Namespace, paper: Paper, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    return collect([ROOT / path for path in records_of(args.paper, paper, pairs, args.scale)])


def _published(args: argparse.Namespace) -> pd.DataFrame:
    return read_published(ROOT / "replications" / args.paper / "published.csv")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lth_common.analysis", description=__doc__)
    parser.add_argument("kind", choices=("figure", "table", "verdicts", "report"))
    parser.add_argument("paper")
    parser.add_argument("item", nargs="?")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    return parser.parse_args()


if __name__ == "__main__":
    main()
