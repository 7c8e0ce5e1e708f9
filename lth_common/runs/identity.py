"""The runs of an experiment and their identities."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from lth_common import CORE_VERSION
from lth_common.digest import digest
from lth_common.protocol.resolve import arm_prune, arm_settings, levels_of, resolve
from lth_common.protocol.schema.paper import Experiment, Paper
from lth_common.protocol.task_names import code_of

from .fingerprint import code_fingerprint


@dataclass(frozen=True)
class Run:
    """One run: an arm of an experiment in a variant, with one seed. `spec` decides every number of its result."""

    paper: str
    experiment: str
    variant: str
    arm: str
    seed: int
    spec: dict[str, Any]

    @property
    def key(self) -> str:
        """Name of the run's scratch state: 16 hex digits of its specification, core version and code."""
        code = code_fingerprint(code_of(self.spec["task"]))
        return digest({"spec": self.spec, "core_version": CORE_VERSION, "code": code})

    @property
    def path(self) -> str:
        """Place of the run below a results or state root of one scale."""
        return run_path(self.paper, self.experiment, self.variant, self.arm, self.seed)


def run_path(paper: str, experiment: str, variant: str, arm: str, seed: int) -> str:
    """Place of a run below a results or state root of one scale."""
    return f"{paper}/cells/{experiment}/{variant}/{arm}/seed{seed}"


def runs_of(name: str, paper: Paper, experiment: str, variant: str, scale: str) -> list[Run]:
    """All runs of an experiment in a variant, chains first, seeds of an arm side by side."""
    resolved = resolve(name, paper, experiment, variant, scale)
    arms = sorted(resolved.arms, key=lambda arm: resolved.arms[arm].from_ is not None)
    return [Run(name, experiment, variant, arm, seed, _spec(name, experiment, variant, resolved, arm, seed))
            for arm in arms for seed in resolved.seeds]


def _spec(name: str, experiment: str, variant: str, resolved: Experiment, arm: str, seed: int) -> dict:
    """What decides the numbers of one run; texts, other arms and other seeds do not.

    Defaults are left out, so that a new setting leaves what was run before as it is: raise CORE_VERSION after a change
    of a default.
    """
    own = resolved.arms[arm]
    spec = {"paper": name, "experiment": experiment, "variant": variant, "arm": arm, "seed": seed,
            "task": resolved.task, "prune": stated(arm_prune(resolved, arm)),
            "settings": stated(arm_settings(resolved, arm)),
            "does": stated(own, {"about", "train", "prune", "model", "levels"})}
    if own.levels is not None or own.from_ is not None:
        spec["levels"] = levels_of(resolved, arm)
    if own.from_ is not None:
        spec["chain"] = _spec(name, experiment, variant, resolved, own.from_, seed)
    return spec


def stated(settings: BaseModel, without: Any = None) -> dict[str, Any]:
    """The settings that are not at their default, as plain data."""
    return settings.model_dump(mode="json", exclude=without, exclude_defaults=True)
