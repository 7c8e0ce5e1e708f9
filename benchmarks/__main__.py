"""How fast training and scoring are, by weights remaining, beside the usual loop and a good one.

    python -m benchmarks [WORKLOAD …] [--rounds 7] [--out results/released/benchmarks]

One thread; contenders take turns in one process (whole chains: each in its own), so that a busy machine slows all. An
hour or so on an idle machine; parts of workloads' names take fewer. Written are speed.csv, speed.md, and as SVG and PNG
`by_weights_remaining` and `from_sparsity`.
"""

import argparse
import io
import platform
import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import torch

from lth_common.analysis.figure_style import STYLE
from lth_common.files import atomic_write_bytes, atomic_write_text
from lth_common.runs.machine import environment

from . import chains, control, images, pictures, texts
from .measuring import Row, as_csv, matmul_peak

OUT = Path(__file__).parents[1] / "results/released/benchmarks"
LEFTS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
RACES = {**dict.fromkeys(images.WORKLOADS, images.race), **dict.fromkeys(texts.WORKLOADS, texts.race),
         **dict.fromkeys(control.WORKLOADS, control.race)}


def main(words: list[str] | None = None) -> None:
    """Measure and write; each line is printed as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     prog="python -m benchmarks")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"parts of: {'; '.join(RACES)}; chains")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--left", type=float, nargs="+", default=LEFTS, help="shares of the weights")
    parser.add_argument("--shorter", type=int, default=1, help="chains of so many times fewer steps")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    names = [*RACES, "chains"]
    for word in args.workloads:
        if not any(word.lower() in name.lower() for name in names):
            parser.error(f"{word!r} is no part of a workload's name; legal: {'; '.join(names)}")
    if args.rounds < 1 or args.shorter < 1 or not all(0 < left <= 1 for left in args.left):
        parser.error("--rounds and --shorter are 1 or more, --left is above 0 and at most 1")
    chosen = [name for name in names if not args.workloads
              or any(word.lower() in name.lower() for word in args.workloads)]
    rows = []
    for row in measured(chosen, tuple(args.left), args.rounds, args.shorter):
        print(f"{row.workload}  {row.what}  {row.left:.1%}  {row.contender}: {row.ms:.4g} ms, "
              f"the fastest of ours is {row.ours_is_faster:.2f} times as fast", flush=True)
        rows.append(row)
    write(rows, made_on(args.rounds), args.out)


def measured(names: list[str], lefts: tuple[float, ...], rounds: int, shorter: int) -> Iterator[Row]:
    """All lines of these workloads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # CSR is in beta, CartPole-v0 out of date
            peak = matmul_peak()
            for name in names:
                yield from (chains.race(min(rounds, 3), shorter) if name == "chains"
                            else RACES[name](name, lefts, rounds, peak))
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)


def made_on(rounds: int) -> str:
    """What the numbers were made on, in a sentence."""
    here, cpu = environment(), platform.processor() or platform.machine()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    return (f"Made at commit {here['commit']} on one thread of {cpu} ({here['cpu']}), torch {here['torch']}, Python "
            f"{here['python']}, {rounds} rounds.")


def write(rows: list[Row], head: str, out: Path) -> None:
    """The table as CSV and Markdown, and the pictures that the rows allow."""
    atomic_write_text(out / "speed.csv", as_csv(rows))
    atomic_write_text(out / "speed.md", pictures.table(rows, head))
    matplotlib.use("agg")
    drawn = {"by_weights_remaining": pictures.by_weights_remaining} if any(row.what == "step" for row in rows) else {}
    if any(row.contender == "csr" for row in rows):
        drawn["from_sparsity"] = pictures.from_sparsity
    for name, draw in drawn.items():
        figure = draw(rows)
        for suffix, more in {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 150}}.items():
            buffer = io.BytesIO()
            with matplotlib.rc_context(STYLE):
                figure.savefig(buffer, format=suffix, **more)
            atomic_write_bytes(out / f"{name}.{suffix}", buffer.getvalue())


if __name__ == "__main__":
    main()
