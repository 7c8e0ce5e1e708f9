"""From paper.yaml, a scale and a variant to the exact settings of every run, and the runs' identities."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import CORE_VERSION
from .errors import LTHError
from .fingerprint import code_fingerprint
from .schema.base import parse, suggestion
from .schema.images import Settings as ImageSettings
from .schema.paper import Experiment, Paper, Prune
from .shorthand import expand
from .strict_yaml import read_yaml

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {"images": ImageSettings}


@dataclass(frozen=True)
class Cell:
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
        identity = {"spec": self.spec, "core_version": CORE_VERSION, "code": code_fingerprint()}
        return digest(identity)

    @property
    def path(self) -> str:
        """Place of the run below a results or state root of one scale."""
        return f"{self.paper}/cells/{self.experiment}/{self.variant}/{self.arm}/seed{self.seed}"


def digest(value: Any) -> str:
    """16 hex digits of a canonical JSON form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def paper_names(root: Path = ROOT) -> list[str]:
    """Folders of `replications/` that hold a paper.yaml."""
    return sorted(path.parent.name for path in root.glob("replications/*/paper.yaml"))


def load_paper(name: str, root: Path = ROOT) -> Paper:
    """Read and validate one paper.

    Raises:
        LTHError: naming file, key, value and the legal choices.
    """
    _known("replications/", name, paper_names(root), "a paper")
    file = f"replications/{name}/paper.yaml"
    paper = parse(Paper, expand(read_yaml(root / file, file), file), file)
    for experiment in paper.experiments:
        variants_of(name, paper, experiment)
    for kind in ("variants", "scales"):
        for block, overrides in getattr(paper, kind).items():
            legal = _targets(paper, block if kind == "variants" else None)
            for target in overrides.set:
                _known(f"{file}: {kind}.{block}.set", target, legal, "an experiment or experiment/variant")
    return paper


def resolve(name: str, paper: Paper, experiment: str, variant: str, scale: str) -> Experiment:
    """An experiment with the changes of its variant, then those of the scale, put in.

    Raises:
        LTHError: as `load_paper`, for what only shows in the merged settings.
    """
    file = f"replications/{name}/paper.yaml"
    _known(f"{file}: experiments", experiment, paper.experiments, "an experiment")
    _known(f"{file}: variants", variant, paper.variants, "a variant")
    _known(f"{file}: scales", scale, paper.scales, "a scale")
    file = f"{file} (variant {variant}, scale {scale})"
    where, raw = f"{file}: experiments.{experiment}", paper.experiments[experiment]
    for overrides in (paper.variants[variant], paper.scales[scale]):
        for target in ("*", experiment, f"{experiment}/{variant}"):
            raw = merge(raw, overrides.set.get(target, {}), where if target != "*" else "")
    resolved = parse(Experiment, raw, file, f"experiments.{experiment}")
    _check_arms(resolved, where)
    for arm in resolved.arms:
        arm_settings(resolved, arm, where)
    return resolved


def variants_of(name: str, paper: Paper, experiment: str) -> list[str]:
    """Variants that an experiment is run in."""
    names, where = paper.experiments[experiment].get("variants"), f"experiments.{experiment}.variants"
    if not isinstance(names, list) or not names:
        raise LTHError(f"replications/{name}/paper.yaml: {where}: a list of variants is required")
    for variant in names:
        _known(f"replications/{name}/paper.yaml: {where}", variant, paper.variants, "a variant")
    return names


def arm_settings(resolved: Experiment, arm: str, where: str = "experiment") -> Any:
    """The task's settings of one arm, with the arm's own changes to `train`."""
    _known(f"{where}.task", resolved.task, SETTINGS, "a task")
    own, (file, _, place) = resolved.arms[arm].train, where.partition(": ")
    train = merge(resolved.train, own, f"{where}.arms.{arm}.train")
    data = {"data": resolved.data, "model": resolved.model, "train": train}
    return parse(SETTINGS[resolved.task], data, file, f"{place} (arm {arm})" if own else place)


def arm_prune(resolved: Experiment, arm: str, where: str = "experiment") -> Prune:
    """How the chain of an arm is pruned: the experiment's `prune` with the chain's own changes."""
    chain = resolved.arms[arm].from_ or arm
    rules = merge(resolved.prune.model_dump(mode="json"), resolved.arms[chain].prune, f"{where}.arms.{chain}.prune")
    return parse(Prune, rules, where.partition(": ")[0], f"{where.partition(': ')[2]}.arms.{chain}.prune")


def levels_of(resolved: Experiment, arm: str) -> list[int]:
    """The levels that an arm is trained at."""
    return resolved.arms[arm].levels or list(range(arm_prune(resolved, arm).levels + 1))


def cells(name: str, paper: Paper, experiment: str, variant: str, scale: str) -> list[Cell]:
    """All runs of an experiment in a variant, chains first, seeds of an arm side by side."""
    resolved = resolve(name, paper, experiment, variant, scale)
    arms = sorted(resolved.arms, key=lambda arm: resolved.arms[arm].from_ is not None)
    return [Cell(name, experiment, variant, arm, seed, _spec(name, experiment, variant, resolved, arm, seed))
            for arm in arms for seed in resolved.seeds]


def merge(base: dict[str, Any], changes: dict[str, Any], where: str = "") -> dict[str, Any]:
    """`base` with `changes` put in, key by key; null removes a key (with `where`, one that is there)."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            if where and key not in merged:
                raise LTHError(f"{where}.{key}: nothing for null to remove{suggestion(key, list(merged))}")
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value, where and f"{where}.{key}")
        else:
            merged[key] = value
    return merged


def _spec(name: str, experiment: str, variant: str, resolved: Experiment, arm: str, seed: int) -> dict:
    """What decides the numbers of one run; texts, other arms and other seeds do not."""
    own = resolved.arms[arm]
    spec = {"paper": name, "experiment": experiment, "variant": variant, "arm": arm, "seed": seed,
            "task": resolved.task, "prune": arm_prune(resolved, arm).model_dump(mode="json"),
            "settings": arm_settings(resolved, arm).model_dump(mode="json"),
            "does": own.model_dump(mode="json", exclude={"about", "train", "prune", "levels"})}
    if own.from_ is not None:
        spec["levels"] = levels_of(resolved, arm)
        spec["chain"] = _spec(name, experiment, variant, resolved, own.from_, seed)
    return spec


def _targets(paper: Paper, variant: str | None) -> list[str]:
    """What overrides may name; those of a variant not another variant."""
    pairs = [(e, v) for e, raw in paper.experiments.items() for v in raw["variants"]]
    return ["*", *paper.experiments, *(f"{e}/{v}" for e, v in pairs if variant in (None, v))]


def _known(where: str, value: str | None, legal: Iterable[str], what: str) -> None:
    if value is not None and value not in legal:
        raise LTHError(f"{where}: '{value}' is not {what}{suggestion(str(value), list(legal))}")


def _check_arms(resolved: Experiment, where: str) -> None:
    chains = [arm for arm, a in resolved.arms.items() if a.from_ is None]
    subsets, order = resolved.data.get("subsets"), ("none", "dense", "all")
    for name, arm in resolved.arms.items():
        _known(f"{where}.arms.{name}.from", arm.from_, chains, "a chain")
        for key in ("data", "validation") if subsets is not None else ():
            _known(f"{where}.arms.{name}.{key}", getattr(arm, key), subsets, "one of data.subsets")
        rules = arm_prune(resolved, name, where)
        wrong = [level for level in arm.levels or [] if not 0 <= level <= rules.levels]
        if wrong:
            raise LTHError(f"{where}.arms.{name}.levels: {wrong}; legal: 0 to {rules.levels}")
        needs = "all" if arm.weights == "trained" else "dense" if arm.mask == "one_shot" else "none"
        if order.index(rules.keep_trained) < order.index(needs):
            raise LTHError(f"{where}.arms.{name}: this arm needs prune.keep_trained: {needs}")
