"""How much of the paper's own protocol a run is: computed from its settings against those at scale `paper`."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lth_common.protocol.resolve import arm_prune, arm_settings, levels_of
from lth_common.protocol.schema.paper import Experiment

from .identity import unnamed_subsets
from .plan import Plan, Triple


class Fidelity(NamedTuple):
    """`shares` of the paper's budget, training data, size, levels and trials, those below 1 alone; `changed`: settings
    that are others than the paper's without being a part of them, by their dotted names."""

    shares: Mapping[str, float]
    changed: tuple[str, ...]

    @property
    def smallest(self) -> float:
        """The smallest share, 1 where nothing was cut."""
        return min(self.shares.values(), default=1.0)

    @property
    def badge(self) -> str:
        """'full protocol', or what was cut, most first, and what else was changed."""
        cut = [f"{_share(share)} of the {what}" for what, share in sorted(self.shares.items(), key=lambda kv: kv[1])]
        others = f"{len(self.changed)} other setting{'s' * (len(self.changed) > 1)}" if self.changed else ""
        return ", ".join(filter(None, (*cut, others))) or "full protocol"


FULL = Fidelity({}, ())


def fidelity_of(here: Plan, full: Plan, arms: Iterable[Triple]) -> Fidelity:
    """The smallest share of each kind over several arms (experiment, variant, arm) that a plan runs.

    full: the same paper's plan at scale `paper`. A branch is cut where its chain is. Arms that the plan does not have
    are none of its results.
    """
    found = [_of_arm(here.resolved[experiment, variant], full.resolved[experiment, variant], each)
             for experiment, variant, arm in arms if (own := here.resolved[experiment, variant].arms.get(arm))
             for each in filter(None, (arm, own.from_))]
    kinds = dict.fromkeys(kind for one in found for kind in one.shares)
    return Fidelity({kind: min(one.shares.get(kind, 1.0) for one in found) for kind in kinds},
                    tuple(sorted({name for one in found for name in one.changed})))


def _of_arm(here: Experiment, full: Experiment, arm: str) -> Fidelity:
    if arm not in full.arms:
        return Fidelity({}, ("arm",))
    (ours, theirs), shares, changed = (_flat(_settings(each, arm)) for each in (here, full)), {}, []
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) == theirs.get(name):
            continue
        kind, share = _kind(name), _ratio(ours.get(name), theirs.get(name))
        if kind and share is not None and share < 1:
            shares[kind] = (shares.get(kind, 1.0) * share) if kind == "budget" else min(shares.get(kind, 1.0), share)
        else:
            changed.append(name)
    for kind, (few, all_) in {"levels": (levels_of(here, arm), levels_of(full, arm)),
                              "trials": (here.seeds, full.seeds)}.items():
        if len(few) < len(all_):
            shares[kind] = len(few) / len(all_)
    return Fidelity(shares, tuple(changed))


def _settings(resolved: Experiment, arm: str) -> dict[str, Any]:
    """All that decides an arm's numbers, under names that do not depend on those of subsets."""
    own, spec = resolved.arms[arm], {"settings": arm_settings(resolved, arm).model_dump(mode="json"), "arm": {}}
    unnamed_subsets(spec, own.data, own.validation)
    rules = arm_prune(resolved, arm).model_dump(mode="json", exclude={"levels", "keep_trained"})
    return {**spec["settings"], "prune": rules, "arm": own.model_dump(
        mode="json", include={"mask", "weights"})}


def _kind(name: str) -> str:
    """Which part of the protocol a setting is an amount of, or ''."""
    if name == "train.budget" or name.endswith("_per_epoch"):
        return "budget"
    if name.startswith("data.subsets.") and name.endswith(".train"):
        return "training data"
    return "network's size" if name.startswith("model.") else ""


def _ratio(ours: Any, theirs: Any) -> float | None:
    """The share that one amount is of another; None for what are no amounts, or not of one kind."""
    amounts = [_amount(value) for value in (ours, theirs)]
    if None in amounts or amounts[0][1] != amounts[1][1] or not amounts[1][0]:
        return None
    return amounts[0][0] / amounts[1][0]


def _amount(value: Any) -> tuple[float, str] | None:
    """A budget, a whole number, or the sum of several, with its unit."""
    if isinstance(value, str) and value[-2:] in ("it", "ep") and value[:-2].isdigit():
        return int(value[:-2]), value[-2:]
    if isinstance(value, list) and value and all(type(each) is int for each in value):
        return math.fsum(value), ""
    return (value, "") if type(value) is int else None


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves by dotted name; a range of training examples as how many they are."""
    leaves = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            leaves |= _flat(value, f"{name}.")
        else:
            leaves[name] = value[1] - value[0] if _kind(name) == "training data" and value else value
    return leaves


def _share(share: float) -> str:
    """'1/3' where it is a simple fraction, else a percentage."""
    for below in range(2, 11):
        if math.isclose(share, 1 / below, rel_tol=0.005):
            return f"1/{below}"
    return f"{100 * share:.2g} %" if share < 0.995 else "99 %"
