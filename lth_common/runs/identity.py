"""Runs and their names: a run is named by what it is, so that equal runs are one and another setting is another run."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from lth_common.digest import digest
from lth_common.protocol.own_names import modules_in
from lth_common.protocol.resolve import arm_prune, arm_settings, levels_of
from lth_common.protocol.schema.paper import Experiment
from lth_common.protocol.task_names import edition_of, own_modules, version_of

from .code import code_digest

SUBSET, JUDGE = "full", "other"  # what a run calls its data, and other data that it is validated on


@dataclass(frozen=True)
class Run:
    """One run: an arm of an experiment in a variant, with one seed.

    `spec` decides every number of its result, and names nothing: the same run of another paper or scale is equal.
    `chain` is the run whose tickets a branch starts from.
    """

    paper: str
    experiment: str
    variant: str
    arm: str
    seed: int
    spec: dict[str, Any]
    chain: "Run | None" = None

    @cached_property
    def digest(self) -> str:
        """The run's name on disk: 20 hex digits of its specification."""
        return digest(self.spec, 20)

    @property
    def name(self) -> str:
        """The run's name inside its paper, for people."""
        return run_name(self.experiment, self.variant, self.arm, self.seed)


def run_name(experiment: str, variant: str, arm: str, seed: int) -> str:
    """A run's name inside its paper, for people."""
    return f"{experiment}/{variant}/{arm}/seed{seed}"


def runs_in(paper: str, experiment: str, variant: str, resolved: Experiment) -> list[Run]:
    """All runs of a resolved experiment, chains first, seeds of an arm side by side."""
    runs: dict[tuple[str, int], Run] = {}
    for arm in sorted(resolved.arms, key=lambda arm: resolved.arms[arm].from_ is not None):
        content = _content(resolved, arm)
        for seed in resolved.seeds:
            chain = runs.get((resolved.arms[arm].from_, seed))
            spec = content | {"seed": seed} | ({"chain": chain.digest} if chain else {})
            runs[arm, seed] = Run(paper, experiment, variant, arm, seed, spec, chain)
    return list(runs.values())


def _content(resolved: Experiment, arm: str) -> dict[str, Any]:
    """What decides the numbers of an arm's runs beside seed and chain; texts and other arms do not.

    Settings at their default are left out, so that a new one leaves what was run before as it is.
    """
    own, settings, rules = resolved.arms[arm], arm_settings(resolved, arm), arm_prune(resolved, arm)
    spec = {"task": resolved.task, "version": version_of(resolved.task, settings), "settings": stated(settings),
            "prune": stated(rules),
            "arm": stated(own, {"about", "train", "prune", "model", "levels", "from_"})}
    if edition := edition_of(resolved.task, settings.data):
        spec["edition"] = edition
    if own_code := {*(own_modules(resolved.task) or ()), *modules_in(settings, rules)}:
        spec["code"] = code_digest(tuple(sorted(own_code)), ("replications",))
    if own.levels is not None or own.from_ is not None:
        spec["levels"] = levels_of(resolved, arm)
    unnamed_subsets(spec, own.data, own.validation)
    return spec


def unnamed_subsets(spec: dict[str, Any], data: str, validation: str | None) -> None:
    """Leave of the data's subsets those that the run reads, under names that are the same for all runs."""
    subsets = spec["settings"]["data"].get("subsets")
    if subsets is None:
        return
    spec["arm"] = {key: value for key, value in spec["arm"].items() if key not in ("data", "validation")}
    chosen = {SUBSET: subsets[data]}
    if validation not in (None, data):
        chosen[JUDGE] = subsets[validation]
        spec["arm"]["validation"] = JUDGE
    spec["settings"]["data"] = spec["settings"]["data"] | {"subsets": chosen}


def stated(settings: BaseModel, without: Any = None) -> dict[str, Any]:
    """The settings that are not at their default, as plain data."""
    return settings.model_dump(mode="json", exclude=without, exclude_defaults=True)
