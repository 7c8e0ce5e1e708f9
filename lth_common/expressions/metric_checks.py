"""Metrics that a paper names must be recorded, and its rules must be in units that fit what they measure."""

from collections.abc import Mapping

from lth_common.errors import LTHError
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import Experiment
from lth_common.protocol.task_metrics import Metrics, kind_of
from lth_common.protocol.task_names import metrics_of

from .curves import Curve, Mark
from .derived import Derived
from .leaves import Leaf
from .quantities import LOWEST
from .rules import Claim, DerivedRule, Quantity, Rule

# Units that a number of each kind may be shown in; what is a number of itself alone stands in its own.
VALUES = {"share": ("percent", "fraction"), "number": ("fraction", "ratio")}
DIFFERENCES = {"share": ("points", "fraction"), "number": ("fraction", "ratio")}
RATIOS = ("ratio", "fraction", "percent")


def check_metric(where: str, leaf: Leaf, own: Experiment) -> None:
    """Whether an arm records a metric in a split. A stopping rule of the paper's own may record any of split 'model'.

    Raises:
        LTHError: naming `where`, the value and what is legal.
    """
    recorded = _recorded(own, leaf.arm)
    if leaf.split not in recorded:
        raise LTHError(f"{where}: metric '{leaf.metric}' of arm '{leaf.arm}' of {leaf.experiment}: split "
                       f"'{leaf.split}' is not recorded{suggestion(str(leaf.split), list(recorded))}")
    if kind_of(recorded, leaf.split, leaf.metric) is None and not _may_record_any(own, leaf.arm, leaf.split):
        elsewhere = [split for split in recorded if kind_of(recorded, split, leaf.metric)]
        hint = f"; it is recorded in split {', '.join(elsewhere)}" if elsewhere else ""
        raise LTHError(f"{where}: metric '{leaf.metric}' of arm '{leaf.arm}' of {leaf.experiment} is not recorded in "
                       f"split '{leaf.split}'{hint}{suggestion(leaf.metric, list(recorded[leaf.split]))}")


def check_claim(where: str, claim: Claim, resolved: Mapping[tuple[str, str], Experiment]) -> None:
    """Whether every rule has a unit that fits, and compares different things.

    Raises:
        LTHError: naming `where`, the rule, the value and what is legal.
    """
    for rule in claim.rules:
        at = f"{where}: rule '{rule.label}'"
        if isinstance(rule, DerivedRule):
            twice = [entry.of for place, entry in enumerate(rule.places) if entry in rule.places[:place]]
        else:
            twice = [rule.of] if rule.of == rule.against else []
            if rule.pooled and rule.pooled.zero == rule.pooled.one:
                raise LTHError(f"{at}: scores of 0 and of 1 are the same: {_said(rule.of, rule.pooled.zero)}; legal: "
                               "two metrics or arms")
        if twice:
            raise LTHError(f"{at}: {_said(twice[0], twice[0])} is compared with itself; legal: another arm, level, "
                           "metric or variant")
        if isinstance(rule, DerivedRule):
            kind = rule.function.gives
            if kind and rule.unit not in VALUES.get(kind, (kind,)):
                raise LTHError(f"{at}: unit '{rule.unit}' does not fit what {rule.function.name} gives, "
                               f"{_kind_said(kind)}; legal: {', '.join(VALUES.get(kind, (kind,)))}")
        elif not rule.pooled:  # a score has no unit
            _check_unit(at, rule, resolved)


def _check_unit(at: str, quantity: Rule, resolved: Mapping[tuple[str, str], Experiment]) -> None:
    kinds = {_kind(quantity, side, resolved[side.experiment, side.variant]): side for side in quantity.sides}
    if None in kinds:
        return  # of a rule of the paper's own, whose unit nothing says
    (kind, side), *others = kinds.items()
    if others:
        raise LTHError(f"{at}: {_measure(side)} is {_kind_said(kind)} and {_measure(others[0][1])} "
                       f"{_kind_said(others[0][0])}: they cannot be compared; legal: two of one kind")
    derives = isinstance(quantity.across_levels, Derived) and quantity.across_levels.gives is None
    less = quantity.quantity == "difference" or quantity.across_levels == "slope" or side.below_dense_of is not None
    legal = RATIOS if quantity.quantity == "ratio" else (DIFFERENCES if less else VALUES).get(kind, (kind,))
    legal = (*legal, "points") if derives and kind == "share" else legal
    if quantity.unit not in legal:
        a = {"value": "", "difference": "a difference of ", "ratio": "a ratio of "}[quantity.quantity]
        raise LTHError(f"{at}: unit '{quantity.unit}' does not fit {a}{_measure(side)}, which is {_kind_said(kind)}; "
                       f"legal: {', '.join(legal)}")


def _kind(quantity: Quantity, side: Curve, own: Experiment) -> str | None:
    """Which kind of number one side is, once curves over training and over levels are one number."""
    if isinstance(quantity.across_levels, Derived) and quantity.across_levels.gives:
        return quantity.across_levels.gives
    if quantity.across_levels in (*LOWEST, "r_squared") or side.over_epochs == "change_in_last_tenth":
        return "share"
    if side.over_epochs is not None and side.over_epochs.startswith("epoch"):
        return "epochs"
    return kind_of(_recorded(own, side.arm), side.split, side.metric)


def _recorded(own: Experiment, arm: str) -> Metrics:
    """What an arm records; nothing of split 'validation' if it validates on nothing."""
    metrics, subsets = metrics_of(own.task), own.data.get("subsets")
    chosen = own.arms[arm].validation or own.arms[arm].data
    if not isinstance(subsets, dict) or (subsets.get(chosen) or {}).get("validation") is not None:
        return metrics
    return {split: names for split, names in metrics.items() if split != "validation"}


def _may_record_any(own: Experiment, arm: str, split: str) -> bool:
    return split == "model" and bool(own.train.get("stop") or own.arms[arm].train.get("stop"))


def _kind_said(kind: str) -> str:
    return {"share": "a share", "number": "a number without unit"}.get(kind, f"in {kind}")


def _measure(side: Curve) -> str:
    return side.metric + (f" ({side.over_epochs.replace('_', ' ')})" if side.over_epochs else "")


def _said(ours: Curve, mark: Curve | Mark) -> str:
    level = "" if getattr(mark, "level", None) is None else f" at level {mark.level}"
    return f"{mark.metric} of {ours.experiment}/{ours.variant}/{mark.arm}{level}"
