"""From paper.yaml, a scale and a variant to the exact settings of every run, and the runs' identities."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import CORE_VERSION
from .errors import LTHError
from .fingerprint import code_fingerprint
from .schema.base import parse, suggestion
from .schema.images import Settings as ImageSettings
from .schema.paper import SCALES, Experiment, Overrides, Paper

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
    if name not in paper_names(root):
        raise LTHError(f"replications/: there is no paper '{name}'{suggestion(name, paper_names(root))}")
    file = f"replications/{name}/paper.yaml"
    paper = parse(Paper, _read_yaml(root / file, file), file)
    for kind in ("variants", "scales"):
        for block, overrides in getattr(paper, kind).items():
            _check_targets(paper, overrides, f"{file}: {kind}.{block}.set")
    return paper


def resolve(name: str, paper: Paper, experiment: str, variant: str, scale: str) -> Experiment:
    """An experiment with the changes of its variant, then those of the scale, put in.

    Raises:
        LTHError: as `load_paper`, for what only shows in the merged settings.
    """
    raw = paper.experiments[experiment]
    if scale not in paper.scales:
        raise LTHError(f"replications/{name}/paper.yaml: scales: no '{scale}'{suggestion(scale, list(SCALES))}")
    for overrides in (paper.variants[variant], paper.scales[scale]):
        for target in ("*", experiment, f"{experiment}/{variant}"):
            raw = merge(raw, overrides.set.get(target, {}))
    file = f"replications/{name}/paper.yaml (variant {variant}, scale {scale})"
    resolved = parse(Experiment, raw, file, f"experiments.{experiment}")
    _check_arms(resolved, f"{file}: experiments.{experiment}")
    for arm in resolved.arms:
        arm_settings(resolved, arm, f"{file}: experiments.{experiment}")
    return resolved


def variants_of(name: str, paper: Paper, experiment: str) -> list[str]:
    """Variants that an experiment is run in."""
    names = paper.experiments[experiment].get("variants", [])
    for variant in names:
        if variant not in paper.variants:
            raise LTHError(f"replications/{name}/paper.yaml: experiments.{experiment}.variants: "
                           f"'{variant}' is not a variant{suggestion(variant, list(paper.variants))}")
    return names


def arm_settings(resolved: Experiment, arm: str, where: str = "experiment") -> Any:
    """The task's settings of one arm, with the arm's own changes to `train`."""
    if resolved.task not in SETTINGS:
        raise LTHError(f"{where}.task: '{resolved.task}' is not a task{suggestion(resolved.task, list(SETTINGS))}")
    train = merge(resolved.train, resolved.arms[arm].train)
    data = {"data": resolved.data, "model": resolved.model, "train": train}
    return parse(SETTINGS[resolved.task], data, where.partition(": ")[0], where.partition(": ")[2])


def branch_levels(resolved: Experiment, arm: str) -> list[int]:
    """The levels that a branch is trained at."""
    return resolved.arms[arm].levels or list(range(resolved.prune.levels + 1))


def cells(name: str, paper: Paper, experiment: str, variant: str, scale: str) -> list[Cell]:
    """All runs of an experiment in a variant, chains first, seeds of an arm side by side."""
    resolved = resolve(name, paper, experiment, variant, scale)
    arms = sorted(resolved.arms, key=lambda arm: resolved.arms[arm].from_ is not None)
    return [Cell(name, experiment, variant, arm, seed, _spec(name, experiment, variant, resolved, arm, seed))
            for arm in arms for seed in resolved.seeds]


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes` put in, mapping by mapping; null removes a key."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _spec(name: str, experiment: str, variant: str, resolved: Experiment, arm: str, seed: int) -> dict:
    """What decides the numbers of one run; texts, other arms and other seeds do not."""
    own = resolved.arms[arm]
    spec = {"paper": name, "experiment": experiment, "variant": variant, "arm": arm, "seed": seed,
            "task": resolved.task, "prune": resolved.prune.model_dump(mode="json"),
            "settings": arm_settings(resolved, arm).model_dump(mode="json"),
            "does": own.model_dump(mode="json", exclude={"about", "train", "levels"})}
    if own.from_ is not None:
        spec["levels"] = branch_levels(resolved, arm)
        spec["chain"] = _spec(name, experiment, variant, resolved, own.from_, seed)
    return spec


def _check_targets(paper: Paper, overrides: Overrides, where: str) -> None:
    legal = ["*", *paper.experiments]
    for target in overrides.set:
        experiment, _, variant = target.partition("/")
        if experiment not in legal or (variant and variant not in paper.variants):
            raise LTHError(f"{where}: '{target}' is neither an experiment nor experiment/variant"
                           f"{suggestion(experiment, legal)}")


def _check_arms(resolved: Experiment, where: str) -> None:
    chains = [arm for arm, a in resolved.arms.items() if a.from_ is None]
    subsets = list(resolved.data.get("subsets", {}))
    for name, arm in resolved.arms.items():
        if arm.from_ is not None and arm.from_ not in chains:
            raise LTHError(f"{where}.arms.{name}.from: '{arm.from_}' is not a chain{suggestion(arm.from_, chains)}")
        for subset in (arm.data, arm.validation):
            if subset is not None and subset not in subsets:
                raise LTHError(f"{where}.arms.{name}: '{subset}' is not one of data.subsets"
                               f"{suggestion(subset, subsets)}")
        wrong = [level for level in arm.levels or [] if not 0 <= level <= resolved.prune.levels]
        if wrong:
            raise LTHError(f"{where}.arms.{name}.levels: {wrong} lie outside the chain's levels 0 to "
                           f"{resolved.prune.levels}")
        needs = "all" if arm.weights == "trained" else "dense" if arm.mask == "one_shot" else "none"
        if ("none", "dense", "all").index(resolved.prune.keep_trained) < ("none", "dense", "all").index(needs):
            raise LTHError(f"{where}.arms.{name}: needs prune.keep_trained: {needs}, it is "
                           f"'{resolved.prune.keep_trained}'")


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys; here the second is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        double = {key for key in keys if keys.count(key) > 1}
        if double:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {double.pop()!r}", node.start_mark)
        return super().construct_mapping(node, deep)


def _read_yaml(path: Path, file: str) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LTHError(f"{file}: not readable as YAML: {' '.join(str(error).split())}") from None
