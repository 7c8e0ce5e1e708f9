"""Do both engines find tickets that are as good? Whole chains by each, from the same initial weights and batches.

    python -m benchmarks.engines_agree PAPER RUN [--scale laptop] [--seeds 10]

e.g. `mask_and_distribution fc1/as_stated/search`. Printed are, at each level, the mean difference of the test accuracy
(sparse − torch, percentage points) with its 95 % t-interval over the seeds, paired; how much the accuracy differs from
seed to seed by torch alone; and the same for the mean over all levels, with the p-value of the paired t-test.
"""

import argparse
from dataclasses import replace

import pandas as pd
import torch
from scipy import stats

from lth_common.errors import LTHError
from lth_common.protocol.resolve import paper_names
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.identity import Run
from lth_common.runs.making import levels_of, rules_of, task_of
from lth_common.runs.plan import plan_of
from lth_common.tickets.chain import run_chain

ENGINES = ("torch", "sparse")


def accuracies(run: Run, seed: int, engine: str) -> pd.Series:
    """Test accuracy in percent of each level of a chain, at the step that was selected."""
    run = replace(run, seed=seed, spec=run.spec | {"seed": seed})
    rows, _, _ = run_chain(task_of(run, engine=engine), rules_of(run), levels_of(run), seed, None,
                           lambda state: None, lambda level, rows: None)
    found = pd.DataFrame(rows)
    found = found[(found["split"] == "test") & (found["metric"] == "selected_accuracy")]
    return found.set_index("level")["value"] * 100


def line(name: str, differences: pd.Series, spread: float) -> str:
    """A mean difference with its interval."""
    low, high = stats.t.interval(0.95, len(differences) - 1, differences.mean(), stats.sem(differences))
    return f"{name:>10}  {differences.mean():+.3f} ({low:+.3f} to {high:+.3f})  {spread:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paper", choices=paper_names())
    parser.add_argument("run", help="experiment/variant/arm of a chain")
    parser.add_argument("--scale", choices=SCALES, default="laptop")
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    try:
        plan = plan_of(args.paper, args.scale)
    except LTHError as error:
        parser.error(str(error))
    chains = {run.name.rpartition("/")[0]: run for runs in plan.runs.values() for run in runs if run.chain is None}
    if args.run not in chains or args.seeds < 2:
        parser.error(f"--seeds is 2 or more, and RUN one of {', '.join(chains)}")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    found = {engine: pd.DataFrame({seed: accuracies(chains[args.run], seed, engine) for seed in range(args.seeds)})
             for engine in ENGINES}
    difference, spread = found["sparse"] - found["torch"], found["torch"].std(axis=1)
    print("level, sparse − torch in percentage points (95 %), spread of torch's seeds")
    for level in difference.index:
        print(line(str(level), difference.loc[level], spread[level]))
    print(line("all levels", difference.mean(), found["torch"].mean().std()))
    print(f"paired t-test over {args.seeds} seeds: p = {stats.ttest_1samp(difference.mean(), 0).pvalue:.3f}")


if __name__ == "__main__":
    main()
