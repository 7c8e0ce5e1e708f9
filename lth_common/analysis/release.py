"""Publish finished results: `python -m lth_common.analysis.release PAPER … --scale laptop`.

Copies what a reader needs of results/<scale>/<paper> to results/released/<paper>, which git tracks, and renews the
verdict table in the project's README.
"""

import argparse
import shutil
import sys
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.protocol.resolve import ROOT, load_paper, paper_names
from lth_common.protocol.schema.paper import SCALES

from .report import verdict_table
from .verdicts import read_verdicts, tally

PUBLISHED = ("report.md", "verdicts.md", "verdicts.csv", "records.csv.gz", "runs.json", "figures", "tables")
BEGIN, END = "<!-- verdicts: written by `snakemake release` -->", "<!-- end of verdicts -->"


def release(paper: str, scale: str, about: str, root: Path = ROOT) -> Path:
    """Replace the released results of one paper; returns their folder. `about`: what the scale was like, in a line.

    The old ones stay until the new are copied whole.

    Raises:
        LTHError: for scale smoke, whose numbers mean nothing, or if a result is missing.
    """
    source, target = root / "results" / scale / paper, root / "results" / "released" / paper
    if scale == "smoke":
        raise LTHError("scale: 'smoke' has no results to release; legal: laptop, paper")
    missing = [name for name in PUBLISHED if not (source / name).exists()]
    if missing:
        raise LTHError(f"{source.relative_to(root)}: {', '.join(missing)} missing; run `snakemake {paper}` first")
    fresh = target.with_name(f".{paper}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in PUBLISHED:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copyfile
        copy(source / name, fresh / name)
    atomic_write_text(fresh / "SCALE", f"{scale}\n{about}\n")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target


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
    """Release the papers of the command line."""
    parser = argparse.ArgumentParser(prog="python -m lth_common.analysis.release", description=__doc__)
    parser.add_argument("papers", nargs="+")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    args = parser.parse_args()
    try:
        for paper in args.papers:
            about = load_paper(paper).scales[args.scale].about
            print(f"released: {release(paper, args.scale, about).relative_to(ROOT)}")
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")
    page = (ROOT / "README.md").read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        sys.exit(f"error: README.md: needs the lines '{BEGIN}' and '{END}' once each, to put the verdicts between")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    atomic_write_text(ROOT / "README.md", f"{before}{BEGIN}\n\n{readme_verdicts()}\n\n{END}{after}")


if __name__ == "__main__":
    main()
