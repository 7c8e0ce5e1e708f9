"""What a result is made on: versions, commit, processor, and the device that is chosen."""

import platform
import subprocess

import torch

from lth_common.errors import LTHError
from lth_common.protocol.task_names import ROOT


def environment() -> dict:
    """Versions and commit that a result was made with."""
    try:
        git = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True,
                             text=True, check=False).stdout.strip()
    except OSError:  # no git here
        git = ""
    return {"commit": git or "unknown", "python": platform.python_version(),
            "torch": torch.__version__, "platform": f"{platform.system()} {platform.machine()}",
            "cpu": torch.backends.cpu.get_cpu_capability()}


def pick_device(wanted: str) -> str:
    """`auto` is cuda, then mps, then cpu."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise LTHError(f"device: '{wanted}' is not available here; available: "
                       + ", ".join(name for name, yes in there.items() if yes))
    return wanted
