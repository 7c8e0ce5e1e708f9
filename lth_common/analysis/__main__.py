"""Draw, tabulate and judge finished runs: `python -m lth_common.analysis figure PAPER ITEM --scale laptop`."""

import argparse
import json
import logging
import sys
from pathlib import Path

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.resolve import ROOT, experiments_of, load_paper, resolve
from lth_common.protocol.schema.analysis import Figure
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import SCALES, Paper
from lth_common.runs.identity import Run, runs_of
from lth_common.runs.jobs import result_path
from lth_common.runs.needs import left_out, needed_by, records_of, series_run, shown, tickets_drawn, tickets_for
from lth_common.runs.records import collect, write_records

from . import figures, tables
from .claims import judge
from .conditions import under_conditions
from .figure_data import figure_data
from .histograms import Pooled
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
    figure = run_at_this_scale(args, paper, args.item)
    runs = tickets_for(args.paper, paper, "figures", args.item, args.scale)
    histogram = figure.x == "initial_weight"
    records = _records(args, paper, needed_by(paper, "figures", args.item), [] if histogram else runs)
    data = figure_data(figure, records, _published(args), _weights(args, runs) if histogram else {})
    figures.save(figures.draw(figure, data, args.scale), out / "figures" / args.item, data)


def run_at_this_scale(args: argparse.Namespace, paper: Paper, item: str) -> Figure:
    """The figure without the series and panels that this scale leaves out, which its caption then names.

    Raises:
        LTHError: naming the figure if nothing of it is left.
    """
    figure, panels, absent = paper.figures[item], [], []
    for panel in figure.panels:
        kept = series_run(args.paper, paper, panel, args.scale)
        if kept:
            panels.append(panel.model_copy(update={"series": kept}))
            absent += [f"{s.label} ({panel.title})" for s in panel.series if s not in kept]
        else:
            absent.append(panel.title)
    if not panels:
        raise LTHError(f"{args.paper}: figure '{item}': nothing of it is run at scale '{args.scale}'")
    caption = figure.caption + (f" Not run at this scale: {'; '.join(absent)}." if absent else "")
    return figure.model_copy(update={"panels": panels, "caption": caption})


def _table(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    table, pairs = paper.tables[args.item], needed_by(paper, "tables", args.item)
    resolved = {pair: resolve(args.paper, paper, *pair, args.scale).model_dump() for pair in pairs}
    records = _records(args, paper, pairs, tickets_for(args.paper, paper, "tables", args.item, args.scale))
    frame = tables.table_frame(table, records, _published(args), resolved)
    tables.save(frame, out / "tables" / args.item, table.title, table.caption)


def _verdicts(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    """Judge every claim, and put all records and the runs' provenance into one file each."""
    pairs = experiments_of(args.paper, paper)
    records = _records(args, paper, pairs, tickets_drawn(args.paper, paper, pairs, args.scale))
    published, absent = _published(args), left_out(args.paper, paper, args.scale)
    verdicts = verdicts_frame(under_conditions(judge(name, claim, records, published, absent)
                                               for name, claim in paper.claims.items()))
    write_records(records, out / "records.csv.gz")
    runs = {run.path: json.loads((ROOT / result_path(run, args.scale, "run.json")).read_text())
            for pair in pairs for run in runs_of(args.paper, paper, *pair, args.scale)}
    atomic_write_text(out / "runs.json", json_text(runs))
    write_verdicts(verdicts, out / "verdicts.csv")
    write_verdicts_markdown(verdicts, out / "verdicts.md", paper.title, args.scale)


def _report(args: argparse.Namespace, paper: Paper, out: Path) -> None:
    figures, tables = (shown(args.paper, paper, kind, args.scale) for kind in ("figures", "tables"))
    captions = {name: run_at_this_scale(args, paper, name).caption for name in figures}
    atomic_write_text(out / "report.md", report(paper, args.scale, out, captions, tables))


def _records(args: argparse.Namespace, paper: Paper, pairs: list[tuple[str, str]],
             chains: list[tuple[Run, list[int]]]) -> pd.DataFrame:
    """All records of the pairs, and the shape of the given chains' surviving weights."""
    records = collect([ROOT / path for path in records_of(args.paper, paper, pairs, args.scale)])
    if not chains:
        return records
    from .ticket_weights import with_survivors  # brings torch, which takes longer to import than most figures to draw

    return with_survivors(records, chains, args.scale)


def _weights(args: argparse.Namespace, chains: list[tuple[Run, list[int]]]) -> Pooled:
    """What the given tickets start from, for histograms."""
    from .ticket_weights import starting_weights  # as in _records

    return starting_weights(chains, args.scale)


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
