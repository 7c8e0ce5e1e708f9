"""What a result is made on: versions, commit, code, processor and device; and where a job's words go."""

import logging
import platform
import subprocess
import sys
from pathlib import Path

import torch

from lth_common.errors import LTHError
from lth_common.protocol.task_names import ROOT, own_modules, tasks

from .code import code_digest


def environment() -> dict[str, str]:
    """Versions and commit that a result was made with."""
    try:
        git = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True,
                             text=True, check=False).stdout.strip()
    except OSError:  # no git here
        git = ""
    return {"commit": git or "unknown", "python": platform.python_version(), "torch": torch.__version__,
            "platform": f"{platform.system()} {platform.machine()}", "cpu": torch.backends.cpu.get_cpu_capability()}


def core_digest(task: str) -> str:
    """A digest of all code of ours that a task's runs stand on; recorded, and no part of a run's name."""
    own = own_modules(task)
    start = (tasks()[task]["task"].partition(":")[0], "lth_common.tickets.chain")
    return code_digest(start, ("lth_common", *([own[0]] if own else [])))


def pick_device(wanted: str) -> str:
    """`auto` is cuda, then mps, then cpu."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise LTHError(f"device: '{wanted}' is not available here; available: "
                       + ", ".join(name for name, yes in there.items() if yes))
    return wanted


def log_to(path: Path | None) -> None:
    """Everything to the log file; to the console too if a person is watching, else problems only."""
    console = logging.StreamHandler()
    console.setLevel(logging.INFO if sys.stderr.isatty() or path is None else logging.ERROR)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers)
