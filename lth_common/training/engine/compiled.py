"""The native code, compiled once for a machine and a kind of batch, and kept in `data/cache/`."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / "data" / "cache"


def kernels() -> ModuleType:
    """The module of native code; what it compiles is kept in a folder that is named by the code."""
    # Numba itself looks for changes in one file alone, and ours has two.
    code = b"".join((HERE / name).read_bytes() for name in ("kernels.py", "vectors.py", "network.py"))
    name = f"engine-{hashlib.sha256(code + numba.__version__.encode()).hexdigest()[:16]}"
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(CACHE / name)
    try:
        from . import kernels
    finally:
        numba.config.CACHE_DIR = before
    return kernels


def call(function: Any, *arguments: Any) -> Any:
    """Call a native function; for arguments of new types it is first compiled or read from the cache, by one process.

    Numba writes files whole, but two processes that compile different forms of a function at once could file one under
    the other's name.
    """
    types = tuple(map(numba.typeof, arguments))
    if types not in function.overloads:
        with _alone():
            function.compile(types)
    return function(*arguments)


@contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / ".engine.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
