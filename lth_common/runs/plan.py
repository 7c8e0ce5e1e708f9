"""What a paper is at a scale: its experiments with their settings, and their runs."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.paper import Paper, load_paper
from lth_common.protocol.resolve import ROOT, experiments_of, levels_of, paper_names, resolve
from lth_common.protocol.schema.paper import Experiment

from .identity import Run, runs_in

Pair = tuple[str, str]  # experiment, variant
Triple = tuple[str, str, str]  # experiment, variant, arm


@dataclass(frozen=True, eq=False)
class Plan:
    """One paper at one scale; `resolved` and `runs` by experiment and variant, in the paper's order.

    `unmade`: planned runs that are not among `runs`, and the data sets that they lack (see `data.at_hand`).
    """

    name: str
    paper: Paper
    scale: str
    resolved: dict[Pair, Experiment]
    runs: dict[Pair, list[Run]]
    unmade: list[tuple[Run, list[str]]] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """Where its figures, tables and verdicts lie, relative to the project."""
        return f"results/{self.scale}/{self.name}"

    def all_runs(self) -> list[Run]:
        """Every run, in the order of the experiments."""
        return [run for runs in self.runs.values() for run in runs]

    def is_run(self, pair: Pair, arm: str, level: int | None = None) -> bool:
        """Whether this arm is run and, if given, trained at this level."""
        resolved = self.resolved[pair]
        return (arm in resolved.arms and (*pair, arm) not in self.lacking
                and (level is None or level in levels_of(resolved, arm)))

    @cached_property
    def lacking(self) -> dict[Triple, list[str]]:
        """The arms none of whose runs is made for want of data, and the sets that they lack."""
        made = {(run.experiment, run.variant, run.arm) for run in self.all_runs()} if self.unmade else set()
        return {key: sets for run, sets in self.unmade
                if (key := (run.experiment, run.variant, run.arm)) not in made}


def plan_of(name: str, scale: str, paper: Paper | None = None, root: Path = ROOT) -> Plan:
    """The plan of one paper, which is loaded if it is not given.

    Raises:
        LTHError: as `load_paper` and `resolve`.
    """
    paper = load_paper(name, root) if paper is None else paper
    resolved = {pair: resolve(name, paper, *pair, scale) for pair in experiments_of(name, paper)}
    return Plan(name, paper, scale, resolved, {pair: runs_in(name, *pair, own) for pair, own in resolved.items()})


def plans(scale: str, root: Path = ROOT) -> dict[str, Plan]:
    """The plans of all papers, with whatever they refer to checked.

    Raises:
        LTHError: for the first paper with a mistake.
    """
    papers = {name: load_paper(name, root) for name in paper_names(root)}
    for name, paper in papers.items():
        check_references(name, paper, root)
    return {name: plan_of(name, scale, paper) for name, paper in papers.items()}


def chosen_runs(plan: Plan, wanted: list[str]) -> list[Run]:
    """The plan's runs whose names begin with one of `wanted` (experiment, experiment/variant, …); all for none.

    Raises:
        LTHError: for one that no run's name begins with.
    """
    runs = plan.all_runs()
    for prefix in wanted:
        if not any(_begins(run, prefix) for run in runs):
            known = dict.fromkeys("/".join(pair) for pair in plan.runs)
            raise LTHError(f"{plan.name}: '{prefix}' is no run at scale '{plan.scale}'; legal: an experiment, "
                           f"experiment/variant, …/arm or …/seedN of {', '.join(known)}")
    return [run for run in runs if not wanted or any(_begins(run, prefix) for prefix in wanted)]


def _begins(run: Run, prefix: str) -> bool:
    return f"{run.name}/".startswith(f"{prefix.strip('/')}/")
