"""Make runs: `python -m lth_common.runs.train PAPER EXPERIMENT VARIANT --scale laptop ARM:SEED …`."""

import argparse
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import torch

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import SCALES
from lth_common.protocol.task_names import edition_of
from lth_common.seeds import stream
from lth_common.tickets.book import save_book
from lth_common.tickets.chain import run_branch, run_chain
from lth_common.tickets.task import Task
from lth_common.training.allocator import keep_freed_memory
from lth_common.training.checkpoint import Checkpoint
from lth_common.training.engine.choice import ENGINES

from .identity import Run
from .job_log import log, log_to
from .jobs import planned_digest
from .machine import core_digest, engine_here, environment, pick_device
from .making import arm_of, levels_of, rules_of, settings_in, task_of, tickets_of
from .plan import plan_of
from .progress import Progress
from .records import OWN, csv_bytes, frame
from .store import RECORDS, TICKETS, branches_of, folder, has_tickets, is_whole, records_sum, stamp, write_run


def main() -> None:
    """Make the runs named on the command line; each finished one is kept even if a later one fails."""
    args = _arguments()
    log_to(args.log)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.deterministic = True
    keep_freed_memory()
    try:
        device = pick_device(args.device)
        plan = plan_of(args.paper, args.scale)
        known = {f"{run.arm}:{run.seed}": run for run in plan.runs.get((args.experiment, args.variant), [])}
        unknown = [wanted for wanted in args.runs if wanted not in known]
        if unknown:
            raise LTHError(f"run {unknown[0]}: {args.experiment}/{args.variant} has {', '.join(known) or 'no runs'}")
        wanted = [known[name] for name in args.runs]
        if args.planned not in (None, planned_digest(wanted)):
            raise LTHError(f"replications/{args.paper}/protocol.yaml, its code or its data changed after the workflow "
                           "had planned this job; start snakemake again")
        progress = Progress([(run, len(levels_of(run))) for run in wanted], args.progress)
        for run in wanted:
            make_run(run, device, progress, args.checkpoint_seconds, engine=args.engine)
    except (LTHError, OSError) as error:  # OSError: a full disk, a folder that cannot be written
        log.error("error: %s", error)
        sys.exit(1)


def make_run(run: Run, device: str, progress: Progress, checkpoint_seconds: float = 30, root: Path = ROOT,
             engine: str = "auto") -> None:
    """Make one run if it is not finished, and stamp it.

    Its state is kept in `state/<digest>/`, locked, since a killed workflow's orphan may still be at work there.
    """
    with _locked(root / "state" / run.digest, run) as state:
        if is_whole(run, root) and (run.chain is not None or has_tickets(run.digest, root)):
            log.info("%s: finished before", run.name)
        else:
            _train(run, device, engine, state, progress, checkpoint_seconds, root)
        stamp(run.digest, root)
        progress.finished(run)
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def _locked(state: Path, run: Run) -> Iterator[Path]:
    """The state folder of a run, for one process at a time."""
    while True:
        state.mkdir(parents=True, exist_ok=True)
        try:
            lock = open(state / "lock", "w")  # noqa: SIM115 (the next line closes it)
        except FileNotFoundError:  # taken away at this moment
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("%s: waiting for another process that makes this run", run.name)
                fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_same(lock, state / "lock"):  # else the other one has finished and taken the folder away
                yield state
                return


def _is_same(opened: IO, path: Path) -> bool:
    try:
        return os.fstat(opened.fileno()).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _train(run: Run, device: str, engine: str, state: Path, progress: Progress, seconds: float, root: Path) -> None:
    _check_edition(run)
    task = task_of(run, device, engine)
    made_on = environment() | {"device": device, "engine": engine_here(engine), "core": core_digest(run.spec["task"]),
                               "data": task.checksums}
    conditions = digest({key: value for key, value in made_on.items() if key != "commit"})
    checkpoint = Checkpoint(state / conditions / "checkpoint.pt", f"{run.digest} {conditions}", seconds)
    task.scratch = state / conditions / "scratch"
    saved, started = checkpoint.load(), time.monotonic()
    earlier = 0.0 if saved is None else saved["seconds"]
    task.engines |= {} if saved is None else saved["engines"]

    def spent() -> float:
        return earlier + time.monotonic() - started

    def save(now: dict) -> None:
        checkpoint.save(now | {"seconds": spent(), "engines": task.engines})

    report = progress.reporter(run, task.headline, saved)
    rows, failures = _chain_or_branch(run, task, saved, save, report, root)
    if run.chain is not None:
        made_on["chain_records"] = records_sum(run.chain, root)
    about = made_on | {"resumed": saved is not None, "wall_seconds": round(spent(), 1),
                       "engines": {name: [level for level, own in sorted(task.engines.items()) if own == name]
                                   for name in sorted(set(task.engines.values()))}}
    if failures:
        about["failures"] = {str(level): words for level, words in failures.items()}
    write_run(run, about, {RECORDS: csv_bytes(frame(rows, OWN))}, root)


def _check_edition(run: Run) -> None:
    """Refuse data of another edition than was planned: a file of word vectors that came or went since, say."""
    if (found := edition_of(run.spec["task"], settings_in(run).data)) != run.spec.get("edition", {}):
        raise LTHError(f"{run.name}: planned with the data {run.spec.get('edition')}, but there are now {found}; start "
                       "the workflow again")


def _chain_or_branch(run: Run, task: Task, saved: dict | None, save: Callable, report: Callable,
                     root: Path) -> tuple[list[dict], dict[int, str]]:
    """Train all levels; a chain's tickets are written. Returns records and, by level, what failed."""
    arm, rules, data = arm_of(run), rules_of(run), digest(task.checksums)
    if run.chain is None:
        rows, book, failures = run_chain(task, rules, levels_of(run), run.seed, saved, save, report)
        _check_remade(run, rows, root)
        book.provenance = {"run": run.digest, "data": data}
        save_book(book, folder(run.digest, root) / TICKETS, task.initial(stream(run.seed, "init")))
        return rows, failures
    book = tickets_of(run.chain, task, root)
    if book.provenance["data"] != data:
        raise LTHError(f"{folder(run.chain.digest, root)}: these tickets were found with other data than there are "
                       f"now: put those back, or make {run.chain.name} anew with `lth retrain`")
    return run_branch(task, arm, rules, book, levels_of(run), run.seed, saved, save, report)


def _check_remade(chain: Run, rows: list[dict], root: Path) -> None:
    """A chain that is made again, because its tickets are missing, must be the one that its branches started from.

    Raises:
        LTHError: naming the branches, if its records are others than those that are there.
    """
    there = folder(chain.digest, root) / RECORDS
    if not there.exists() or there.read_bytes() == csv_bytes(frame(rows, OWN)):
        return
    branches = branches_of(chain, root)
    raise LTHError(f"{there.parent}: made again, this chain has other records than before (another machine or other "
                   f"libraries?), but {len(branches)} runs started from its tickets: {', '.join(branches) or 'none'}; "
                   f"`lth retrain {chain.paper} {chain.name} --scale …` makes all anew")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="python -m lth_common.runs.train", description=__doc__)
    for name in ("paper", "experiment", "variant"):
        parser.add_argument(name)
    parser.add_argument("runs", nargs="+", metavar="ARM:SEED")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--engine", choices=ENGINES, default="auto")
    parser.add_argument("--planned", help="digest of the runs that the workflow planned")
    parser.add_argument("--progress", type=Path, help="file that says what the workflow will make")
    parser.add_argument("--checkpoint-seconds", type=float, default=30, help="at most this much work is lost to a kill")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--log", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
