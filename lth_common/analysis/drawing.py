"""The workflow's job of a figure: `python -m lth_common.analysis.drawing PAPER FIGURE --scale laptop`.

The first such job of a paper draws, in its process, all of the paper's figures that are to be drawn and whose runs are
finished; those of the others find theirs made. To import what draws takes longer than to draw.
"""

import argparse
import fcntl

from lth_common.protocol.task_names import ROOT
from lth_common.runs.made import outputs, take_over


def main() -> None:
    """Draw one figure, and others along with it, unless it was drawn along with another."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.analysis.drawing",
                                     description=__doc__)
    for name in ("paper", "figure", "--scale"):
        parser.add_argument(name)
    args = parser.parse_args()
    folder = ROOT / "results" / args.scale / args.paper
    (folder / "plan").mkdir(parents=True, exist_ok=True)
    with open(folder / "plan/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one job a paper draws; it is released however the process ends
        if take_over(folder, args.figure):
            print(*(folder / name for name in outputs("figure", args.figure)), sep="\n")
            return
        from .__main__ import main as make

        make(["figure", args.paper, args.figure, "--scale", args.scale, "--along"])


if __name__ == "__main__":
    main()
