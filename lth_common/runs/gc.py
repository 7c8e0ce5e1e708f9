"""Remove what no plan refers to: `lth gc` lists it, and `lth gc --delete` removes it for good.

Runs that no paper at any scale has any more, those set aside, and the state of runs that will not go on.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import SCALES

from .plan import plans


def unused(root: Path = ROOT) -> list[Path]:
    """Folders of runs, and of their state, that no plan refers to, and those that were set aside.

    Raises:
        LTHError: if a paper cannot be read: nothing may be taken for unused then.
    """
    wanted = {run.digest for scale in SCALES for plan in plans(scale, root).values() for run in plan.all_runs()}
    runs = [path for place in ("results/runs", "state") for path in sorted((root / place).glob("*"))
            if path.is_dir() and path.name not in wanted]
    return [*runs, *sorted((root / "results/set_aside").glob("*"))]


def main(words: Sequence[str]) -> None:
    """List what is unused, or delete it."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="lth gc", description=__doc__)
    parser.add_argument("--delete", action="store_true", help="delete it; without this it is only listed")
    delete = parser.parse_args(words).delete
    try:
        found, total = unused(), 0
        for path in found:
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            total += size
            print(f"{path.relative_to(ROOT)}  {size / 1e6:.1f} MB")
            if delete:
                shutil.rmtree(path)
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{len(found)} folders, {total / 1e6:.1f} MB" + (" deleted" if delete else "; --delete removes them"))
