"""Take released records back as finished runs: `python -m lth_common.restore PAPER …`.

The inverse of `lth_common.release`, for redrawing or extending released results without training them again. Tickets
are not released, so what starts from one (a branch of a restored chain, a histogram of weights) needs its chain
trained.
"""

import argparse
import json
import sys
from pathlib import Path

from .cells import Cell, cells
from .errors import LTHError
from .files import atomic_write_text
from .plan import experiments_of, place
from .records import read_records, write_records
from .resolve import ROOT, load_paper


def restore(paper: str, root: Path = ROOT) -> dict[str, list[str]]:
    """Write the released records of each run to its place in results/, unless something is there already.

    Returns the paths of the runs by what became of them: "restored"; "there" (left as they are); "changed" (paper.yaml
    has other settings now, so they are not taken back); "gone" (paper.yaml has them no more).

    Raises:
        LTHError: naming the file if there is no release or it is not whole.
    """
    source = root / "results" / "released" / paper
    try:
        scale = (source / "SCALE").read_text().splitlines()[0]
        runs = json.loads((source / "runs.json").read_text())
    except (OSError, ValueError, IndexError) as error:
        raise LTHError(f"{source.relative_to(root)}: no whole release ({error})") from None
    records = read_records(source / "records.csv.gz")
    tables = {Cell(*map(str, key[:4]), int(key[4]), {}).path: table
              for key, table in records.groupby(["paper", "experiment", "variant", "arm", "seed"])}
    if set(tables) != set(runs):
        raise LTHError(f"{source.relative_to(root)}: records.csv.gz and runs.json are of different runs: "
                       + ", ".join(sorted(set(tables) ^ set(runs))))
    known = _cells(paper, scale, root)
    result = {"restored": [], "there": [], "changed": [], "gone": sorted(set(runs) - set(known))}
    for path in sorted(set(runs) & set(known)):
        target = root / place(known[path], scale, "records.csv")
        if target.exists():
            result["there"].append(path)
        elif known[path].spec != runs[path]["spec"]:
            result["changed"].append(path)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            atomic_write_text(target.with_name("run.json"), json.dumps(runs[path], indent=1, sort_keys=True) + "\n")
            write_records(tables[path], target)
            result["restored"].append(path)
    return result


def _cells(name: str, scale: str, root: Path) -> dict[str, Cell]:
    """Every run of a paper at a scale, by its path."""
    paper = load_paper(name, root)
    return {cell.path: cell for pair in experiments_of(name, paper) for cell in cells(name, paper, *pair, scale)}


def main() -> None:
    """Restore the papers of the command line."""
    parser = argparse.ArgumentParser(prog="python -m lth_common.restore", description=__doc__)
    parser.add_argument("papers", nargs="+")
    try:
        for paper in parser.parse_args().papers:
            for what, paths in restore(paper).items():
                named = f": {', '.join(paths)}" if paths and what in ("changed", "gone") else ""
                print(f"{paper}: {len(paths)} {what}{named}")
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
