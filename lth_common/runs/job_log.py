"""Where a job's words go."""

import logging
import sys
from pathlib import Path

log = logging.getLogger("lth")


def log_to(path: Path | None) -> None:
    """Everything to the log file; to the console too if a person is watching, else problems only."""
    console = logging.StreamHandler()
    console.setLevel(logging.INFO if sys.stderr.isatty() or path is None else logging.ERROR)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers)
