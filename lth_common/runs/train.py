"""Train a batch of runs: `python -m lth_common.runs.train PAPER EXPERIMENT VARIANT --scale laptop ARM:SEED …`."""

import argparse
import fcntl
import logging
import os
import shutil
import sys
import time
from pathlib import Path
from typing import IO

import torch

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.files import atomic_write_text, json_text
from lth_common.protocol.resolve import ROOT, arm_prune, arm_settings, levels_of, load_paper, resolve
from lth_common.protocol.schema.paper import SCALES, Experiment
from lth_common.protocol.task_names import task_class
from lth_common.tickets.chain import run_branch, run_chain
from lth_common.tickets.ticket import TicketBook, load_book, save_book
from lth_common.training.allocator import keep_freed_memory
from lth_common.training.checkpoint import Checkpoint

from .identity import Run, runs_of
from .jobs import chain_of, plan_hash, result_path
from .machine import environment, pick_device
from .records import frame, write_records

log = logging.getLogger("lth")


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
        paper = load_paper(args.paper)
        resolved = resolve(args.paper, paper, args.experiment, args.variant, args.scale)
        check_plan(args.planned, resolved, args.paper)
        known = {f"{c.arm}:{c.seed}": c for c in runs_of(args.paper, paper, args.experiment, args.variant, args.scale)}
        for wanted in args.runs:
            if wanted not in known:
                raise LTHError(f"run {wanted}: {args.experiment} has {', '.join(known)}")
            make_run(known[wanted], resolved, args.scale, device, args.checkpoint_seconds)
    except (LTHError, OSError) as error:  # OSError: a full disk, a folder that cannot be written
        log.error("error: %s", error)
        sys.exit(1)


def make_run(run: Run, resolved: Experiment, scale: str, device: str, checkpoint_seconds: float = 30) -> None:
    """Train one run, or take its result from the state folder, and put the result at its place.

    State lives in `state/<scale>/…/<key>/`, locked, since a killed workflow's orphan may still be writing there.
    """
    out, state = ROOT / "results" / scale / run.path, ROOT / "state" / scale / run.path / run.key
    state.mkdir(parents=True, exist_ok=True)
    with open(state / "lock", "w") as lock:
        _wait_for(lock, run)
        if (state / "run.json").exists():
            log.info("%s seed %d: finished before, taken from %s", run.arm, run.seed, state.relative_to(ROOT))
        else:
            _train(run, resolved, scale, device, state, checkpoint_seconds)
        out.mkdir(parents=True, exist_ok=True)
        for name in ("records.csv", "tickets.safetensors", "run.json"):
            if (state / name).exists():
                shutil.copyfile(state / name, out / f".{name}")
                os.replace(out / f".{name}", out / name)


def _wait_for(lock: IO, run: Run) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("%s seed %d: waiting for another process that trains this run", run.arm, run.seed)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _train(run: Run, resolved: Experiment, scale: str, device: str, state: Path, seconds: float) -> None:
    arm, rules, started = resolved.arms[run.arm], arm_prune(resolved, run.arm), time.monotonic()
    task = task_class(resolved.task)(arm_settings(resolved, run.arm), arm, rules, device)
    data = "; ".join(f"{name} {checksum[:12]}" for name, checksum in sorted(task.checksums.items()))
    conditions = f"{run.key} on {device}, data: {data}"
    checkpoint = Checkpoint(state / "checkpoint.pt", conditions, seconds)
    task.scratch = state / f"scratch-{digest(conditions)}"
    saved = checkpoint.load()
    report = _Reporter(run, resolved, task.headline)
    if arm.from_ is None:
        rows, book = run_chain(task, rules, levels_of(resolved, run.arm), run.seed, saved, checkpoint.save, report)
        book.provenance = {"run": run.path, "scale": scale, "spec": digest(run.spec), "key": run.key, "data": data}
        save_book(book, state / "tickets.safetensors")
    else:
        rows = run_branch(task, arm, rules, chain_tickets(chain_of(run), scale, data),
                          levels_of(resolved, run.arm), run.seed, saved, checkpoint.save, report)
    identity = {k: getattr(run, k) for k in ("paper", "experiment", "variant", "arm", "seed")}
    write_records(frame([identity | row for row in rows]), state / "records.csv")
    about = {"key": run.key, "spec": run.spec, "scale": scale, "device": device, "resumed": saved is not None,
             "wall_seconds": round(time.monotonic() - started, 1), "data": task.checksums} | environment()
    atomic_write_text(state / "run.json", json_text(about))
    checkpoint.clear()
    shutil.rmtree(task.scratch, ignore_errors=True)


def chain_tickets(chain: Run, scale: str, data: str) -> TicketBook:
    """The tickets of a finished chain, for a branch on `data` (names and checksums).

    Raises:
        LTHError: if the file is missing or damaged, or holds the tickets of other settings (another model, say) or of
            other data (word vectors from another source, say).
    """
    path = ROOT / result_path(chain, scale, "tickets.safetensors")
    book = load_book(path)
    if book.provenance.get("spec") != digest(chain.spec):
        raise LTHError(f"{path}: these are tickets of {book.provenance.get('run')} with other settings than "
                       f"paper.yaml has for {chain.path}; delete the file and run again")
    if book.provenance.get("data", data) != data:
        raise LTHError(f"{path}: these tickets were found with other data ({book.provenance['data']}) than there are "
                       f"now ({data}); put those back, or delete {path.parent} and state/{scale}/{chain.path}")
    return book


class _Reporter:
    """One line a level in the log, with the time that is left."""

    def __init__(self, run: Run, resolved: Experiment, headline: str):
        self.headline = headline
        self.total = len(levels_of(resolved, run.arm))
        self.name = f"{run.experiment}/{run.variant}/{run.arm} seed {run.seed}"
        self.done, self.started = 0, time.monotonic()

    def __call__(self, level: int, rows: list[dict]) -> None:
        self.done += 1
        seconds = (time.monotonic() - self.started) / self.done * (self.total - self.done)
        shown = "  ".join(f"{row['metric']} {row['value']:.4f}" for row in rows if row["metric"] == self.headline)
        log.info("%s  level %d  %5.1f %% left  %s  %.0f s to go", self.name, level,
                 100 * rows[0]["weights_remaining"], shown, max(seconds, 0))


def check_plan(planned: str | None, resolved: Experiment, paper: str) -> None:
    """Refuse settings that changed after the workflow planned this job: its record of them would be wrong."""
    if planned is not None and planned != plan_hash(resolved):
        raise LTHError(f"replications/{paper}/paper.yaml changed after the workflow had planned this job; "
                       "start snakemake again")


def log_to(path: Path | None) -> None:
    """Everything to the log file; to the console too if a person is watching, else problems only."""
    console = logging.StreamHandler()
    console.setLevel(logging.INFO if sys.stderr.isatty() or path is None else logging.ERROR)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lth_common.runs.train", description=__doc__)
    for name in ("paper", "experiment", "variant"):
        parser.add_argument(name)
    parser.add_argument("runs", nargs="+", metavar="ARM:SEED")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--planned", help="digest of the settings that the workflow planned with")
    parser.add_argument("--checkpoint-seconds", type=float, default=30, help="at most this much work is lost to a kill")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--log", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
