"""The native code, compiled once for a machine and a kind of batch, and kept in `data/cache/`."""

import fcntl
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

log = logging.getLogger("lth")
HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / "data" / "cache"


@cache
def kernels() -> ModuleType:
    """The module of native code, which keeps what it compiles in a folder that is named by the code."""
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_folder())
    try:
        from . import kernels
    finally:
        numba.config.CACHE_DIR = before
    return kernels


def call(function: Any, *arguments: Any) -> Any:
    """Call a native function; for arguments of new types it is first compiled or read from the cache, by one process.

    Numba writes files whole, but two processes that compile different forms of a function at once could file one under
    the other's name. What it cannot read is compiled anew.
    """
    types = tuple(map(numba.typeof, arguments))
    if types not in function.overloads:
        with _alone():
            try:
                function.compile(types)
            except Exception as error:  # unpickling a damaged file raises anything
                log.warning("%s: compiling again what is there, or is damaged (%s)", _folder(), type(error).__name__)
                for path in _folder().rglob("*.nb[ci]"):
                    path.unlink()
                function.compile(types)
    return function(*arguments)


@cache
def _folder() -> Path:
    # Numba itself looks for changes in the one file that a function stands in.
    code = b"".join((HERE / name).read_bytes() for name in ("kernels.py", "vectors.py", "network.py"))
    return CACHE / f"engine-{hashlib.sha256(code + numba.__version__.encode()).hexdigest()[:16]}"


@contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / ".engine.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
