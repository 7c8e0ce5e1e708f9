"""A run's state folder belongs to one process at a time."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .identity import Run

log = logging.getLogger("lth")


@contextmanager
def locked(state: Path, run: Run) -> Iterator[Path]:
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
