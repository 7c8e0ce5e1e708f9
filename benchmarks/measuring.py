"""Measuring in turns: several ways to do one thing, in one process on one thread, so that a busy machine slows all.

Times are CPU time of the process. What is quoted are medians over rounds, and medians of the rounds' ratios.
"""

import csv
import io
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch

Run = Callable[[int], object]  # does so many steps
OURS = ("torch", "sparse", "side by side")  # what this project itself runs


class Row(NamedTuple):
    """One line of the table: median CPU milliseconds of a step, or of a whole `what`, by one `contender`."""

    workload: str
    what: str  # step, scoring, chain
    left: float  # share of the weights that remain
    contender: str
    ms: float
    ours_is_faster: float  # median over the rounds of its time over that of the fastest of ours
    floor: float | None = None  # share of the time that its weights' arithmetic takes at a matrix product's speed
    mib: float | None = None  # the most memory that the process held


def cpu_ms(run: Run, steps: int) -> float:
    """CPU milliseconds a step."""
    start = time.process_time()
    run(steps)
    return (time.process_time() - start) / steps * 1e3


def measure(runs: Mapping[str, Run], rounds: int, steps: int) -> dict[str, list[float]]:
    """CPU milliseconds a step of each run in each round; an unmeasured round comes first."""
    times = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            times[name].append(cpu_ms(run, steps))
    return {name: measured[1:] for name, measured in times.items()}


def rows_of(workload: str, what: str, left: float, times: Mapping[str, list[float]], flops: float = 0,
            peak: float = 0) -> list[Row]:
    """The measured times as lines of the table.

    flops: of a dense step; peak: floating-point operations a second of a matrix product here.
    """
    own = min((name for name in times if name in OURS), key=lambda name: statistics.median(times[name]))
    found = []
    for name, ms in times.items():
        ratio = statistics.median(a / b for a, b in zip(ms, times[own], strict=True))
        floor = left * flops / peak * 1e3 / statistics.median(ms) if flops and peak else None
        found.append(Row(workload, what, left, name, statistics.median(ms), ratio, floor))
    return found


def matmul_peak(size: int = 1536, rounds: int = 7) -> float:
    """Floating-point operations a second of torch's matrix product in single precision, on one thread: the floor."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    times = measure({"product": lambda steps: [a @ b for _ in range(steps)]}, rounds, 1)["product"]
    return 2 * size**3 / min(times) * 1e3


def as_csv(rows: Iterable[Row]) -> str:
    """The lines as a CSV file, numbers to four digits."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(Row._fields)
    for row in rows:
        writer.writerow(["" if value is None else f"{value:.4g}" if isinstance(value, float) else value
                         for value in row])
    return buffer.getvalue()
