"""What a result is made on: versions, commit, code, processor and device."""

import platform
import subprocess
from functools import cache
from importlib import metadata

import torch

from lth_common.errors import LTHError
from lth_common.protocol.task_names import ROOT, tasks

from .code import code_digest

# Beside torch and Python: what numbers may hang on.
LIBRARIES = ("numpy", "torchvision", "torchtext", "gensim", "gymnasium", "box2d", "ale-py", "fairseq", "sentencepiece")


@cache
def environment() -> dict[str, str]:
    """Versions and commit that results of this process are made with, as they were when it began."""
    return {"commit": _commit(), "python": platform.python_version(), "torch": torch.__version__,
            "libraries": ", ".join(f"{name} {version}" for name in LIBRARIES if (version := _version(name))),
            "threads": str(torch.get_num_threads()), "platform": f"{platform.system()} {platform.machine()}",
            "cpu": torch.backends.cpu.get_cpu_capability()}


def engine_here(wanted: str) -> str:
    """The engine that is wanted, with the versions of what makes native code; what trained is known after it."""
    versions = [f"{name} {_version(name) or 'missing'}" for name in ("numba", "llvmlite") if wanted != "torch"]
    return ", ".join([wanted, *versions])


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """The commit, with `-dirty` if code here is in no commit; 'unknown' without git."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    try:
        commit = git("describe", "--always", "--dirty", "--abbrev=12")
        new = git("status", "--porcelain", "--", "lth_common", "replications")  # a file that was never added, too
        if commit and new and not commit.endswith("-dirty"):
            commit += "-dirty"
    except OSError:
        commit = ""
    return commit or "unknown"


def core_digest(task: str) -> str:
    """A digest of all code of ours that a task's runs stand on; recorded, and no part of a run's name."""
    start = (tasks()[task]["task"].partition(":")[0], "lth_common.tickets.chain")
    return code_digest(start, ("lth_common", "replications"))


def pick_device(wanted: str) -> str:
    """`auto` is cuda, then mps, then cpu."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise LTHError(f"device: '{wanted}' is not available here; available: "
                       + ", ".join(name for name, yes in there.items() if yes))
    return wanted
