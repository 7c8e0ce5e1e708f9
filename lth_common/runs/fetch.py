"""Fetch a data set before its runs: `python -m lth_common.runs.fetch NAME --out results/data/sets/NAME.json`."""

import argparse
import sys
from pathlib import Path

from lth_common.datasets.checks import how_to_get
from lth_common.datasets.locate import fetch
from lth_common.datasets.sets import SETS
from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text

from .data import MISSING, THERE
from .job_log import log, log_to


def main() -> None:
    """Fetch the set, or write down that it cannot be had: that is no failure, since all else can be run."""
    args = _arguments()
    log_to(args.log)
    try:
        atomic_write_text(args.out, json_text(try_for(args.name)))
    except OSError as error:  # a folder that cannot be written
        log.error("error: %s", error)
        sys.exit(1)


def try_for(name: str) -> dict[str, str]:
    """What came of fetching a set, as a status file holds it: `there` or `missing`, with where or why."""
    try:
        return {"status": THERE, "place": str(fetch(name))}
    except LTHError as error:
        log.error("data set %s could not be fetched, and what needs it is not run: %s", name, error)
        return {"status": MISSING, "reason": str(error), "how_to_get": how_to_get(name)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lth_common.runs.fetch", description=__doc__)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
