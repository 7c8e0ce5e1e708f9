"""Data that are built step by step: `python -m lth_common.datasets.build SET [STEP] [--note FILE] [--log FILE]`.

Without STEP it lists the steps, what each costs and which are done. `all` makes all of them.
"""

import argparse
import json
import logging
import sys
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.task_names import ROOT

from .locate import fetch, present
from .sets import BUILT, recipe_of
from .steps import Recipe, Step

NOTES = "results/data/steps"
log = logging.getLogger("lth")


def to_build(name: str) -> list[Step]:
    """The steps to be made before the data set `name` can be read, each after its inputs; none if it is no built one,
    or is there.

    Raises:
        LTHError: if LTH_DATA is no folder.
    """
    return recipe_of(name).unfinished() if name in BUILT and present(name) is None else []


def note_path(name: str, step: str) -> str:
    """The file that says whether a step of the set `name` is made, or why it cannot be, relative to the project."""
    return f"{NOTES}/{name}/{step}.json"


def forget(name: str, steps: list[Step], root: Path = ROOT) -> None:
    """Remove the notes of steps that are to be made: what could not be fetched once is tried again."""
    for step in steps:
        (root / note_path(name, step.name)).unlink(missing_ok=True)


def make(name: str, step: str) -> Path:
    """The folder of one step's files (of all that it needs before, too), or of the whole set if `step` is `all`.

    Raises:
        LTHError: if there is no such step, a file cannot be fetched, or is not what a step needs.
    """
    recipe: Recipe = recipe_of(name)
    return fetch(name) if step == "all" else recipe.make(recipe.step(step))


def main() -> None:
    """Make a step. With --note, what hinders is written there and is no failure: the runs that need the set are not
    made then, and all others are.
    """
    args = _arguments()
    logging.basicConfig(filename=args.log, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    reason = None
    try:
        if args.step is None:
            print(_listed(recipe_of(args.set)), end="")
            return
        if args.note is not None:
            inputs = recipe_of(args.set).step(args.step).inputs
            reason = next(filter(None, (hindered(args.note.with_name(f"{name}.json")) for name in inputs)), None)
        if reason is None:
            make(args.set, args.step)
    except (LTHError, OSError) as error:
        reason = str(error)
    if args.note is not None:
        if reason is not None:
            log.error("error: %s", reason)
        atomic_write_text(args.note, json_text({"reason": reason}))
    elif reason is not None:
        sys.exit(f"error: {reason}")


def hindered(note: Path) -> str | None:
    """Why the step could not be made, as its note has it; None if it is made, or has no note."""
    return json.loads(note.read_text(encoding="utf-8"))["reason"] if note.is_file() else None


def _listed(recipe: Recipe) -> str:
    return "".join(f"{'done' if recipe.is_made(step) else 'to do'}  {step.name:22} {step.about} ({step.cost})\n"
                   for step in recipe.steps)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lth_common.datasets.build", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=BUILT)
    parser.add_argument("step", nargs="?")
    parser.add_argument("--note", type=Path)
    parser.add_argument("--log", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
