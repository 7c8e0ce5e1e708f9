"""From protocol.yaml, a scale and a variant to the exact settings of every arm."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import parse, suggestion
from lth_common.protocol.schema.paper import Experiment, Overrides, Protocol, Prune

from . import looks
from .arm_checks import check_arms_differ, check_levels, check_validation
from .own_names import with_places
from .strict_yaml import read_yaml
from .task_names import ROOT, settings_of, tasks


def paper_names(root: Path = ROOT) -> list[str]:
    """Folders of `replications/` that hold a protocol.yaml; `_template` is none of them."""
    return sorted(path.parent.name for path in root.glob("replications/[!_.]*/protocol.yaml"))


def load_protocol(name: str, root: Path = ROOT) -> Protocol:
    """Read and validate one paper's protocol.

    Raises:
        LTHError: naming file, key, value and the legal choices.
    """
    _known("replications/", name, paper_names(root), "a paper")
    file = f"replications/{name}/protocol.yaml"
    paper = parse(Protocol, read_yaml(root / file, file), file)
    for experiment, raw in paper.experiments.items():
        _known(f"{file}: experiments.{experiment}.template", raw.get("template"), paper.templates, "a template")
        variants_of(name, paper, experiment)
    for kind in ("variants", "scales"):
        for block, overrides in getattr(paper, kind).items():
            legal = _targets(name, paper, block if kind == "variants" else None)
            for target in overrides.set:
                for part in target.split(", "):
                    _known(f"{file}: {kind}.{block}.set", part, paper.experiments if part != target else legal,
                           "an experiment" if part != target else "an experiment, a template or experiment/variant")
    for look in looks.read_looks(name, root):
        _known(f"replications/{name}/looks.csv", f"{look.experiment}/{look.variant}",
               [f"{e}/{v}" for e, v in experiments_of(name, paper)], "an experiment/variant")
    both = sorted(paper.templates.keys() & paper.experiments.keys())
    if both:
        raise LTHError(f"{file}: '{both[0]}' is a template and an experiment; their names must differ")
    return paper


def resolve(name: str, paper: Protocol, experiment: str, variant: str, scale: str, root: Path = ROOT) -> Experiment:
    """An experiment with the changes of its variant, then those of the scale, put in, with the seeds of its largest
    look where one is planned, and with the places of names that the paper's folder defines.

    Raises:
        LTHError: as `load_protocol`, for what only shows in the merged settings.
    """
    file = f"replications/{name}/protocol.yaml"
    _known(f"{file}: experiments", experiment, paper.experiments, "an experiment")
    _known(f"{file}: variants", variant, paper.variants, "a variant")
    _known(f"{file}: scales", scale, paper.scales, "a scale")
    file = f"{file} (variant {variant}, scale {scale})"
    where, raw = f"{file}: experiments.{experiment}", with_template(paper, experiment)
    for overrides in (paper.variants[variant], paper.scales[scale]):
        for target in _targets_at(paper, overrides, experiment, variant):
            raw = merge(raw, overrides.set[target], where if target in (experiment, f"{experiment}/{variant}") else "")
    seeds = looks.seeds_of(looks.read_looks(name, root), scale, experiment, variant)
    raw = raw | ({"seeds": seeds} if seeds else {})
    resolved = parse(Experiment, with_places(raw, name, where, root), file, f"experiments.{experiment}")
    _check_arms(resolved, where)
    settings = {arm: arm_settings(resolved, arm, where) for arm in resolved.arms}
    check_validation(resolved, settings, where)
    check_arms_differ(resolved, {arm: (settings[arm], arm_prune(resolved, arm), levels_of(resolved, arm))
                                 for arm in settings}, where)
    if not resolved.arms:
        _task_settings(resolved, resolved.model, resolved.train, where)
    return resolved


def variants_of(name: str, paper: Protocol, experiment: str) -> list[str]:
    """Variants that an experiment is run in."""
    names, where = with_template(paper, experiment).get("variants"), f"experiments.{experiment}.variants"
    if not isinstance(names, list) or not names:
        raise LTHError(f"replications/{name}/protocol.yaml: {where}: a list of variants is required")
    for variant in names:
        _known(f"replications/{name}/protocol.yaml: {where}", variant, paper.variants, "a variant")
    return names


def experiments_of(name: str, paper: Protocol) -> list[tuple[str, str]]:
    """Every (experiment, variant) of a paper."""
    return [(e, v) for e in paper.experiments for v in variants_of(name, paper, e)]


def arm_settings(resolved: Experiment, arm: str, where: str = "experiment") -> Any:
    """The task's settings of one arm: its own changes to `train`, its chain's to `model`."""
    own, chain = resolved.arms[arm].train, resolved.arms[arm].from_ or arm
    train = merge(resolved.train, own, f"{where}.arms.{arm}.train")
    model = merge(resolved.model, resolved.arms[chain].model, f"{where}.arms.{chain}.model")
    return _task_settings(resolved, model, train, where, f" (arm {arm})" if own or resolved.arms[chain].model else "")


def _task_settings(resolved: Experiment, model: dict, train: dict, where: str, whose: str = "") -> Any:
    """The settings as the task's schema has them."""
    _known(f"{where}.task", resolved.task, tasks(), "a task")
    file, _, place = where.partition(": ")
    data = {"data": resolved.data, "model": model, "train": train}
    return parse(settings_of(resolved.task), data, file, place + whose)


def arm_prune(resolved: Experiment, arm: str, where: str = "experiment") -> Prune:
    """How the chain of an arm is pruned: the experiment's `prune` with the chain's own changes."""
    chain = resolved.arms[arm].from_ or arm
    rules = merge(resolved.prune.model_dump(mode="json"), resolved.arms[chain].prune, f"{where}.arms.{chain}.prune")
    return parse(Prune, rules, where.partition(": ")[0], f"{where.partition(': ')[2]}.arms.{chain}.prune")


def levels_of(resolved: Experiment, arm: str) -> list[int]:
    """The levels that an arm is trained at."""
    return resolved.arms[arm].levels or list(range(arm_prune(resolved, arm).last_level + 1))


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


def with_template(paper: Protocol, experiment: str) -> dict[str, Any]:
    """An experiment as the file has it, put into its template."""
    own = dict(paper.experiments[experiment])
    return merge(paper.templates.get(own.pop("template", None), {}), own)


def _targets(name: str, paper: Protocol, variant: str | None) -> list[str]:
    """What overrides may name; those of a variant not another variant."""
    pairs = [f"{e}/{v}" for e, v in experiments_of(name, paper) if variant in (None, v)]
    return ["*", *paper.templates, *paper.experiments, *pairs]


def _targets_at(paper: Protocol, overrides: Overrides, experiment: str, variant: str) -> list[str]:
    """Which of the overrides' targets an experiment is, in the order in which they go in."""
    several = [target for target in overrides.set if experiment in target.split(", ") and target != experiment]
    order = ("*", paper.experiments[experiment].get("template"), *several, experiment, f"{experiment}/{variant}")
    return [target for target in order if target in overrides.set]


def _known(where: str, value: str | None, legal: Iterable[str], what: str) -> None:
    if value is not None and value not in legal:
        raise LTHError(f"{where}: '{value}' is not {what}{suggestion(str(value), list(legal))}")


def _check_arms(resolved: Experiment, where: str) -> None:
    chains = [arm for arm, a in resolved.arms.items() if a.from_ is None]
    subsets = resolved.data.get("subsets")
    for name, arm in resolved.arms.items():
        _known(f"{where}.arms.{name}.from", arm.from_, chains, "a chain")
        for key in ("data", "validation") if subsets is not None else ():
            _known(f"{where}.arms.{name}.{key}", getattr(arm, key), subsets, "one of data.subsets")
        chosen = sorted({"data", "validation"} & arm.model_fields_set)
        if subsets is None and chosen:
            raise LTHError(f"{where}.arms.{name}.{chosen[0]}: task '{resolved.task}' has no data.subsets to choose "
                           "from; legal: neither 'data' nor 'validation'")
        check_levels(arm, resolved.arms[arm.from_ or name], arm_prune(resolved, name, where), f"{where}.arms.{name}")
