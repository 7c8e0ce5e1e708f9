"""The native code, compiled once for a machine and a kind of batch, and kept in `data/cache/`."""

import fcntl
import hashlib
import logging
from collections.abc import Callable, Iterator
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
    """The module of native code for fully connected networks."""
    with kept():
        from . import kernels
    return kernels


@cache
def actor_critic() -> ModuleType:
    """The module of native code for an actor-critic."""
    with kept():
        from . import actor_critic
    return actor_critic


@contextmanager
def kept(*files: Path) -> Iterator[None]:
    """Native functions that are defined here keep what they compile, in a folder that is named by their code.

    `files`: of what they call, where that is not of this package; Numba looks at the one file that a function is in.
    """
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_folder(*files))
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


class Calls:
    """Calls native functions, each with arguments of the same types every time.

    They are looked at once: Numba takes 30 µs for that, an array, which is more than a small function runs.
    """

    def __init__(self):
        self.known: set[Callable] = set()

    def __call__(self, function: Any, *arguments: Any) -> Any:
        if function in self.known:
            return function(*arguments)
        self.known.add(function)
        return call(function, *arguments)


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
                place = Path(function.stats.cache_path)
                log.warning("%s: compiling again what is there, or is damaged (%s)", place, type(error).__name__)
                for path in place.rglob("*.nb[ci]"):
                    path.unlink()
                function.compile(types)
    return function(*arguments)


@cache
def _folder(*files: Path) -> Path:
    own = [HERE / f"{name}.py" for name in ("kernels", "vectors", "network", "actor_critic")]
    code = b"".join(path.read_bytes() for path in (*own, *files))
    return CACHE / f"engine-{hashlib.sha256(code + numba.__version__.encode()).hexdigest()[:16]}"


@contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / ".engine.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
