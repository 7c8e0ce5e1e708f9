"""Make finished runs anew: `lth retrain PAPER [EXPERIMENT[/VARIANT[/ARM[/seedN]]] …]`.

What there is of them is set aside, with all branches of the chains among them, and the next call of the workflow makes
them again. (Snakemake's --forceall makes nothing again that is finished.)
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import SCALES

from .identity import Run
from .plan import chosen_runs, plan_of
from .store import branches_of, folder, put_aside


def retrain(runs: list[Run], root: Path = ROOT) -> list[str]:
    """Set runs and the branches of chains among them aside; returns a line for each that was there."""
    digests: dict[str, None] = {}
    for run in runs:
        digests |= dict.fromkeys([run.digest, *branches_of(run, root)])
    return [f"{digest}: {put_aside(digest, root)}" for digest in digests if folder(digest, root).exists()]


def main(words: Sequence[str]) -> None:
    """Set the runs that the words of a command line name aside."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="lth retrain", description=__doc__)
    parser.add_argument("paper")
    parser.add_argument("runs", nargs="*", help="all runs of the paper if none is given")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    args = parser.parse_args(words)
    try:
        lines = retrain(chosen_runs(plan_of(args.paper, args.scale), args.runs))
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")
    print("\n".join([*lines, f"{len(lines)} runs set aside; the workflow makes them again"]))
