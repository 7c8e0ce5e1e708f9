"""Whole chains, each in a process of its own: CPU time from its start to its end, and the most memory it held.

    python -m benchmarks.chains "LeNet, batch 100" sparse 550

trains 28 levels of so many steps, each a fifth fewer weights, and scores the test images after each.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

from .measuring import Row, rows_of

LEVELS, RATE = 28, 0.8
CHAINS = {"LeNet, batch 100": 550, "FC-1, batch 1,024": 54}  # one epoch a level
CONTENDERS = ("usual", "good", "torch", "sparse")


def chain(name: str, who: str, steps: int) -> None:
    """Train and score all levels of one chain here."""
    import torch  # the time of imports counts, so a contender has its own only

    from .images import WORKLOADS, contender, network, noise, random_mask

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    load = WORKLOADS[name]
    data, test = noise(load)
    for level in range(LEVELS):
        each = contender(who, load, random_mask(network(load), RATE**level), data, test)
        each.train(steps)
        each.score()


def spent(name: str, who: str, steps: int) -> tuple[float, float]:
    """CPU milliseconds and MiB of a chain in a process of its own.

    Raises:
        RuntimeError: if it ends with an error.
    """
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.chains", name, who, str(steps)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the chain of {who} for {name} ended with exit status {child.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_maxrss / 1024


def race(rounds: int, shorter: int = 1) -> Iterator[Row]:
    """Time and memory of the chains of all contenders in turns; `shorter`: how many times fewer steps."""
    for name, steps in CHAINS.items():
        found = {who: [] for who in CONTENDERS}
        for _ in range(rounds):
            for who in CONTENDERS:
                found[who].append(spent(name, who, max(steps // shorter, 1)))
        times = {who: [ms for ms, _ in pairs] for who, pairs in found.items()}
        memory = {who: max(mib for _, mib in pairs) for who, pairs in found.items()}
        yield from (row._replace(mib=memory[row.contender]) for row in rows_of(name, "chain", 1.0, times))


if __name__ == "__main__":
    chain(sys.argv[1], sys.argv[2], int(sys.argv[3]))
