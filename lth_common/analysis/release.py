"""Publish finished results: `python -m lth_common.analysis.release PAPER … --scale laptop`.

Copies what a reader needs of results/<scale>/<paper> to results/released/<paper>, which git tracks, and renews the
verdict table in the project's README. All or nothing: whatever is not of today's plan stops it before anything changes.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.files import atomic_write_text
from lth_common.protocol.resolve import ROOT, paper_names
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.data import at_hand, remedies
from lth_common.runs.items import items_of, not_as_made, outputs_of, plan_path
from lth_common.runs.needs import without_tickets
from lth_common.runs.plan import Plan, plan_of
from lth_common.runs.store import read_whole
from lth_common.runs.sums import write_sums

from .report import verdict_table
from .verdicts import read_verdicts, tally

BEGIN, END = "<!-- verdicts: written by `snakemake release` -->", "<!-- end of verdicts -->"


def check_release(plan: Plan, root: Path = ROOT) -> None:
    """What a release demands, before anything is written.

    Raises:
        LTHError: for scale smoke, whose numbers mean nothing; if a figure, table, verdict or report is missing, was
            changed since it was made, or was made of another plan; if figures are left out for want of tickets, or
            runs for want of data; if a run is damaged, or of uncommitted code, unless it was released before.
    """
    if plan.scale == "smoke":
        raise LTHError("scale: 'smoke' has no results to release; legal: laptop, paper")
    if lacking := remedies(at_hand(plan, root)):
        name, how = next(iter(lacking.items()))
        raise LTHError(f"{plan.name}: not all of it is run, for want of data: {name}: {how}")
    if absent := without_tickets(plan, root):
        raise LTHError(f"{plan.name}: {', '.join(absent)} cannot be drawn: their chains were restored without tickets; "
                       f"`snakemake {plan.name} --config scale={plan.scale} tickets=all` makes them again")
    if wrong := not_as_made(plan, root):
        raise LTHError(f"{plan.folder}: {', '.join(wrong)}: missing, changed by hand, or made of another plan than "
                       f"today's; run `snakemake {plan.name} --config scale={plan.scale}` first")
    unclean = [run.name for run in plan.all_runs() if _is_unclean(read_whole(run, root))]
    if unclean:
        raise LTHError(f"{plan.name}: {len(unclean)} runs were made from uncommitted code, such as {unclean[0]}: "
                       "commit it, and make them anew: `lth retrain "
                       f"{plan.name} {unclean[0]} --scale {plan.scale}`")


def release(plan: Plan, root: Path = ROOT) -> Path:
    """Replace the released results of one paper, which `check_release` has let pass; returns their folder.

    The old ones stay until the new are whole.
    """
    target = root / "results" / "released" / plan.name
    fresh = target.with_name(f".{plan.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    for kind, item in items_of(plan, root):
        for path in (*outputs_of(plan, kind, item), plan_path(plan, item)):
            copy = fresh / Path(path).relative_to(plan.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, copy)
    atomic_write_text(fresh / "SCALE", f"{plan.scale}\n{' '.join(plan.paper.scales[plan.scale].about.split())}\n")
    write_sums(fresh)
    old = target.with_name(f".{plan.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def _is_unclean(about: dict[str, Any]) -> bool:
    """Whether a run was made from uncommitted code; what had been released before is what it is."""
    commit = about.get("commit", "unknown")
    return (commit == "unknown" or commit.endswith("-dirty")) and not about.get("restored", False)


def readme_verdicts(root: Path = ROOT) -> str:
    """The README's section on released results: for each paper its scale, link, count and (folded) verdict table."""
    parts = []
    for name in paper_names(root):
        folder = root / "results" / "released" / name
        if folder.exists():
            scale, about = (folder / "SCALE").read_text().splitlines()  # as they were when it was released
            verdicts = read_verdicts(folder / "verdicts.csv")
            parts += [f"### [{load_paper(name, root).title}](results/released/{name}/report.md)",
                      f"`{name}`, scale `{scale}`. {about}",
                      f"<details><summary><b>{tally(verdicts)}</b></summary>", verdict_table(verdicts), "</details>"]
    return "\n\n".join(parts)


def main() -> None:
    """Release the papers of the command line: all of them, or none."""
    parser = argparse.ArgumentParser(prog="python -m lth_common.analysis.release", description=__doc__,
                                     allow_abbrev=False)
    parser.add_argument("papers", nargs="+")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    args = parser.parse_args()
    try:
        page = (ROOT / "README.md").read_text()
        if page.count(BEGIN) != 1 or page.count(END) != 1:
            raise LTHError(f"README.md: needs the lines '{BEGIN}' and '{END}' once each, to put the verdicts between")
        plans = [plan_of(paper, args.scale) for paper in args.papers]
        for plan in plans:
            check_release(plan)
        for plan in plans:
            print(f"released: {release(plan).relative_to(ROOT)}")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        atomic_write_text(ROOT / "README.md", f"{before}{BEGIN}\n\n{readme_verdicts()}\n\n{END}{after}")
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
