"""Take released records back as finished runs: `python -m lth_common.runs.restore PAPER …`.

The inverse of `lth_common.analysis.release`, for redrawing released results, or for adding an experiment to them,
without training them again. Tickets are not released: what starts from one (a new branch, a histogram of weights) needs
its chain trained, and Snakemake then trains that chain's branches again, too.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.resolve import ROOT, experiments_of, load_paper

from .identity import run_path, runs_of
from .jobs import result_path
from .records import read_records, write_records


@dataclass(frozen=True)
class Restored:
    """Paths of a release's runs by what became of them.

    `restored`; `there`: left as they are; `changed`: their specification is not what paper.yaml has now (those of
    releases that still spelled out defaults never are); `gone`: paper.yaml has no such run.
    """

    restored: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def restore(paper: str, root: Path = ROOT) -> Restored:
    """Write the released records of each run to its place in results/, unless a result is there already.

    Raises:
        LTHError: for an unknown paper; naming the file if there is no release or it is not whole, before anything is
            written.
        OSError: if a file cannot be written; what was written before stays, and counts as there the next time.
    """
    loaded = load_paper(paper, root)
    scale, runs, tables = _read(root / "results" / "released" / paper, list(loaded.scales))
    known = {run.path: run for pair in experiments_of(paper, loaded)
             for run in runs_of(paper, loaded, *pair, scale)}
    result = Restored()
    for path, about in sorted(runs.items()):
        if path not in known:
            result.gone.append(path)
        elif known[path].spec != about["spec"]:
            result.changed.append(path)
        elif _write(root / result_path(known[path], scale, ""), about, tables[path]):
            result.restored.append(path)
        else:
            result.there.append(path)
    return result


def _read(folder: Path, scales: list[str]) -> tuple[str, dict[str, dict], dict[str, pd.DataFrame]]:
    """Scale, what is known about each run, and its records, by the run's path."""
    remedy = f"legal is what `snakemake release` wrote: `git checkout -- {folder}`"
    try:
        scale = (folder / "SCALE").read_text().partition("\n")[0]
        runs = json.loads((folder / "runs.json").read_text())
        records = read_records(folder / "records.csv.gz")
    except (OSError, ValueError, LTHError) as error:
        raise LTHError(f"{folder}: no whole release ({error}); {remedy}") from None
    if scale not in scales:
        raise LTHError(f"{folder}/SCALE: '{scale}' is no scale; {remedy}")
    if not isinstance(runs, dict):
        raise LTHError(f"{folder}/runs.json: holds no runs by path; {remedy}")
    for path, about in runs.items():
        if not isinstance(about, dict) or "spec" not in about or about.get("scale") != scale:
            raise LTHError(f"{folder}/runs.json: {path}: no 'spec', or a 'scale' other than {scale}; {remedy}")
    columns = ["paper", "experiment", "variant", "arm", "seed"]
    tables = {run_path(*key): table for key, table in records.groupby(columns)}
    if different := sorted(tables.keys() ^ runs.keys()):
        raise LTHError(f"{folder}: records.csv.gz and runs.json are of different runs: {', '.join(different[:3])}"
                       f"{', …' if len(different) > 3 else ''}; {remedy}")
    return scale, runs, tables


def _write(folder: Path, about: dict, records: pd.DataFrame) -> bool:
    """Whether nothing of another run was there, so that this one's result was written, the records last."""
    text = json_text(about)
    run = folder / "run.json"
    if (folder / "records.csv").exists() or (folder / "tickets.safetensors").exists():
        return False
    if run.exists() and run.read_text() != text:  # its own text is what an interruption leaves
        return False
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(run, text)
    write_records(records, folder / "records.csv")
    return True


def main() -> None:
    """Restore the papers of the command line; fails if a paper has nothing to show for it."""
    parser = argparse.ArgumentParser(prog="python -m lth_common.runs.restore", description=__doc__)
    parser.add_argument("papers", nargs="+")
    try:
        for paper in parser.parse_args().papers:
            result = restore(paper)
            for what, paths in vars(result).items():
                print(f"{paper}: {len(paths)} {what}")
                if what in ("changed", "gone"):
                    print("".join(f"  {path}\n" for path in paths), end="")
            if not result.restored and not result.there:
                sys.exit(f"error: {paper}: no released run is as paper.yaml has it now; nothing was restored")
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
