"""Take released records back as finished runs: `python -m lth_common.runs.restore PAPER …`.

The inverse of `lth_common.analysis.release`, for redrawing released results, or for adding an experiment to them,
without training them again. A release need not hold tickets: a new branch then needs its chain trained, which must come
out as it was.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import ROOT

from .identity import Run, run_name
from .plan import Plan, plan_of
from .records import csv_bytes, read_records
from .released import RETIRED, present_spec
from .rows import NAMES, OWN
from .store import RECORDS, SHAPES, is_whole, write_run
from .sums import check_sums

OUTSIDE = ("version", "code", "edition", "chain")  # of a specification: what is no setting of the run's own


@dataclass(frozen=True)
class Restored:
    """Names of a release's runs by what became of them.

    `restored`; `there`: finished here already; `earlier`: made at another version of the code or edition of the data,
    which can be shown from the release (`analysis … --released`) but is no run of today's; `changed`: protocol.yaml has
    other settings now; `gone`: protocol.yaml has no such run.
    """

    restored: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def restore(paper: str, root: Path = ROOT) -> Restored:
    """Write the released records of each run that is planned today to results/runs/, unless it is finished there.

    Raises:
        LTHError: for an unknown paper; naming the file if there is no release or it is not whole, before anything is
            written.
        OSError: if a file cannot be written; what was written before stays, and counts as there the next time.
    """
    scale, runs, tables = read_release(paper, root)
    plan, result = plan_of(paper, scale, root=root), Restored()
    for name, about in sorted(runs.items()):
        kind, run = kind_of(name, about, plan)
        if kind == "planned":
            kind = "there" if is_whole(run, root) else "restored"
        if kind == "restored":
            _write(run, about, tables[name], root)
        getattr(result, kind).append(name)
    return result


def kind_of(name: str, about: dict[str, Any], plan: Plan) -> tuple[str, Run | None]:
    """What a released run is today: 'planned' with the run, 'earlier', 'changed' or 'gone'."""
    try:
        spec = present_spec(about)
    except (ValueError, KeyError, TypeError):  # today's schemas do not know such settings
        spec = None
    twin = next((run for run in plan.all_runs() if run.name == name), None)
    if spec is not None:
        name_today = digest(spec, 20)
        for run in plan.all_runs():
            if run.digest == name_today:
                return "planned", run
        if twin is not None and _settings(twin.spec) == _settings(spec):
            return "earlier", None
    return ("gone" if twin is None else "changed"), None


def _settings(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in OUTSIDE}


def read_release(paper: str, root: Path = ROOT) -> tuple[str, dict[str, dict], dict[str, pd.DataFrame]]:
    """Scale of a paper's release, what is known about each run, and its records, both by the run's name.

    Raises:
        LTHError: for an unknown paper, or naming the file if there is no release or it is not whole.
    """
    folder, scales = root / "results" / "released" / paper, load_paper(paper, root).scales
    remedy = f"legal is what `snakemake release` wrote: `git checkout -- {folder}`"
    try:
        check_sums(folder)
        scale = (folder / "SCALE").read_text().partition("\n")[0]
        runs = json.loads((folder / "runs.json").read_text())
        records = read_records(folder / "records.csv.gz")
    except (OSError, ValueError, LTHError) as error:
        raise LTHError(f"{folder}: no whole release ({error}); {remedy}") from None
    if scale not in scales:
        raise LTHError(f"{folder}/SCALE: '{scale}' is no scale; {remedy}")
    if not isinstance(runs, dict) or not all(isinstance(about, dict) and "spec" in about for about in runs.values()):
        raise LTHError(f"{folder}/runs.json: holds no runs with their 'spec' by name; {remedy}")
    runs = {name.removeprefix(f"{paper}/cells/"): about for name, about in runs.items()}
    tables = {run_name(*names): table for (_, *names), table in records.groupby(list(NAMES))}
    if different := sorted(tables.keys() ^ runs.keys()):
        raise LTHError(f"{folder}: records.csv.gz and runs.json are of different runs: {', '.join(different[:3])}"
                       f"{', …' if len(different) > 3 else ''}; {remedy}")
    return scale, runs, tables


def _write(run: Run, about: dict[str, Any], records: pd.DataFrame, root: Path) -> None:
    own = records[~records["metric"].isin(RETIRED)][list(OWN)]
    shape = own["metric"].str.startswith("survivors_")
    files = {RECORDS: csv_bytes(own[~shape])} | ({SHAPES: csv_bytes(own[shape])} if shape.any() else {})
    known = {key: value for key, value in about.items() if key not in ("key", "scale", "spec", "digest", "files",
                                                                       "sha256", "names")}
    write_run(run, known | {"names": run.name, "restored": True}, files, root)


def main() -> None:
    """Restore the papers of the command line; fails if a paper has nothing to show for it."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.runs.restore", description=__doc__)
    parser.add_argument("papers", nargs="+")
    try:
        for paper in parser.parse_args().papers:
            result = restore(paper)
            for what, names in vars(result).items():
                print(f"{paper}: {len(names)} {what}")
                if what not in ("restored", "there"):
                    print("".join(f"  {name}\n" for name in names), end="")
            if result.earlier:
                print(f"{paper}: what is of an earlier version can be shown as it was released: "
                      f"`python -m lth_common.analysis figure {paper} FIGURE --released`")
            if not result.restored and not result.there and not result.earlier:
                sys.exit(f"error: {paper}: no released run is as protocol.yaml has it now; nothing was restored")
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
