"""Make an experiment's data: `python -m lth_common.runs.prepare PAPER EXPERIMENT VARIANT --scale laptop --out FILE`."""

import argparse
import sys
import time
from pathlib import Path
from pkgutil import resolve_name

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.resolve import arm_settings, resolve
from lth_common.protocol.schema.paper import SCALES
from lth_common.protocol.task_names import preparation_of

from .job_log import log, log_to


def main() -> None:
    """Prepare the data and write down what they are; an error leaves no file, and what was fetched stays."""
    args = _arguments()
    log_to(args.log)
    try:
        started = time.monotonic()
        about = prepare(args.paper, args.experiment, args.variant, args.scale)
        about["seconds"] = round(time.monotonic() - started, 1)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(args.out, json_text(about))
        log.info("%s %s: data prepared in %.0f s", args.paper, args.experiment, about["seconds"])
    except (LTHError, OSError) as error:
        log.error("error: %s", error)
        sys.exit(1)


def prepare(paper: str, experiment: str, variant: str, scale: str) -> dict:
    """Make the data, or find them made; returns what is to be known of them, as JSON.

    Raises:
        LTHError: if a task prepares nothing, or its data cannot be fetched or made.
    """
    resolved = resolve(paper, load_paper(paper), experiment, variant, scale)
    place = preparation_of(resolved.task)
    if place is None:
        raise LTHError(f"{experiment}: task '{resolved.task}' prepares no data")
    arm = next(iter(resolved.arms), None)
    if arm is None:
        raise LTHError(f"{experiment}: scale '{scale}' does not run this experiment")
    return dict(resolve_name(place)(arm_settings(resolved, arm).data).about)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.runs.prepare", description=__doc__)
    for name in ("paper", "experiment", "variant"):
        parser.add_argument(name)
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
