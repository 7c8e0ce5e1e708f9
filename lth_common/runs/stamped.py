"""Stamp runs that are finished: `python -m lth_common.runs.stamped results/runs/<digest>/ok … --log FILE`.

The exit status is 3, and nothing is stamped, if any of them is not: then they are to be trained. This starts in a
fraction of the time that the start of a training takes.
"""

import argparse
import sys
from pathlib import Path

from lth_common.errors import DamagedFile
from lth_common.protocol.task_names import ROOT

from .job_log import log, log_to
from .store import TICKETS_OK, has_tickets, read_about, stamp


def main() -> None:
    """Stamp them, or say by the exit status that they are to be made."""
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.runs.stamped", description=__doc__)
    parser.add_argument("stamps", nargs="+", type=Path, metavar="STAMP")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args()
    if not all(_is_whole(path) for path in args.stamps):
        sys.exit(3)
    log_to(args.log)
    for digest in dict.fromkeys(path.parent.name for path in args.stamps):
        stamp(digest)
        log.info("%s: finished before, by the side of other runs", digest)


def _is_whole(path: Path) -> bool:
    digest = path.parent.name
    try:
        read_about(digest, ROOT)
    except (FileNotFoundError, DamagedFile):  # what trains it says so
        return False
    return path.name != TICKETS_OK or has_tickets(digest)


if __name__ == "__main__":
    main()
