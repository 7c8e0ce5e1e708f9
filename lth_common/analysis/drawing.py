"""The workflow's job of a figure or table: `python -m lth_common.analysis.drawing figure PAPER ITEM --scale laptop`.

The first such job of a paper makes, in its process, all of the paper's figures and tables that are to be made and whose
runs are finished; those of the others find theirs made. To import what draws takes longer than to draw.
"""

import argparse
import fcntl

from lth_common.protocol.task_names import ROOT
from lth_common.runs.made import outputs, take_over


def main() -> None:
    """Make one figure or table, and others along with it, unless it was made along with another."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.analysis.drawing",
                                     description=__doc__)
    parser.add_argument("kind", choices=("figure", "table"))
    for name in ("paper", "item", "--scale"):
        parser.add_argument(name)
    args = parser.parse_args()
    folder = ROOT / "results" / args.scale / args.paper
    (folder / "plan").mkdir(parents=True, exist_ok=True)
    with open(folder / "plan/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one job a paper; it is released however the process ends
        if take_over(folder, args.kind, args.item):
            print(*(folder / name for name in outputs(args.kind, args.item)), sep="\n")
            return
        from .__main__ import main as make

        make([args.kind, args.paper, args.item, "--scale", args.scale, "--along"])


if __name__ == "__main__":
    main()
