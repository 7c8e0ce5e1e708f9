"""Arms that cannot mean what they say: levels or weights that are not there, validated on what they are trained on, or
two that are one.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from lth_common.errors import LTHError

from .schema.own_name import CRITERION
from .schema.paper import Arm, Experiment, Prune
from .schema.train import Subset


def check_levels(arm: Arm, chain: Arm, rules: Prune, where: str) -> None:
    """Refuse levels that are not there, and a branch whose chain lacks the trained weights that it needs.

    `chain` is the branch's chain, or the arm itself; `rules` say how it is pruned.

    Raises:
        LTHError: naming the arm (`where`) and what is legal.
    """
    if wrong := [level for level in arm.levels or [] if not 0 <= level <= rules.last_level]:
        raise LTHError(f"{where}.levels: {wrong}; legal: 0 to {rules.last_level}")
    if arm.from_ is None and arm.levels is not None and not rules.untrained:
        if not rules.one_shot and rules.when == "after_training":
            raise LTHError(f"{where}.levels: only a one-shot chain, or one with prune.when: before_training, may leave "
                           "levels out")
        if arm.levels[0] != 0:
            raise LTHError(f"{where}.levels: 0 comes first: masks or the rewind point come from the dense training")
    if arm.mask == "one_shot" and (rules.criterion not in CRITERION.core or rules.when == "before_training"):
        raise LTHError(f"{where}.mask: 'one_shot' is the trained dense network pruned by magnitude, and the chain is "
                       f"pruned by '{rules.criterion}' {rules.when}; legal: a chain of its own, whose rates are lists")
    if arm.mask == "one_shot" or arm.weights == "trained":
        _check_trained(arm, chain, rules, where)


def _check_trained(arm: Arm, chain: Arm, rules: Prune, where: str) -> None:
    """The levels whose trained weights a branch needs are trained, and the weights kept."""
    each = arm.weights == "trained" and not rules.one_shot  # of each level the one before
    if rules.keep_trained == "none" or (each and rules.keep_trained == "dense"):
        raise LTHError(f"{where}: this arm needs prune.keep_trained: {'all' if each else 'dense'}")
    levels = range(rules.last_level + 1)
    needed = {max(level - 1, 0) for level in arm.levels or levels} if each else {0}
    if arm.mask == "one_shot":
        needed.add(0)
    if missing := sorted(needed - set(chain.levels or levels)):
        raise LTHError(f"{where}: this arm needs the trained weights of levels {missing}, which its chain does not "
                       "train")


def check_validation(resolved: Experiment, settings: Mapping[str, Any], where: str) -> None:
    """Refuse an arm that is validated on examples that it is trained on.

    Ranges of validation data count the training set, unless the `data` of the task's settings says
    `validation_apart = True`. `settings` are those of each arm.

    Raises:
        LTHError: naming the arm, both ranges and what is legal.
    """
    for name, arm in resolved.arms.items():
        data = settings[name].data
        if "subsets" not in resolved.data or getattr(data, "validation_apart", False):
            continue
        judge = arm.validation or arm.data
        trained, judged = data.subsets[arm.data], data.subsets[judge]
        if judged.validation is not None and (shared := _shared(trained, judged)):
            raise LTHError(f"{where}.arms.{name}: trained on data.subsets.{arm.data}.train {list(trained.train)} and "
                           f"validated on data.subsets.{judge}.validation {list(judged.validation)}, {shared}; legal: "
                           "ranges of one order without a common example")


def _shared(trained: Subset, judged: Subset) -> str:
    """What two ranges share, in words; '' if nothing."""
    if trained.shuffled != judged.shuffled:
        return "which are of different orders of one set (shuffled) and so share examples"
    first, last = max(trained.train[0], judged.validation[0]), min(trained.train[1], judged.validation[1]) - 1
    return f"which share examples {first} to {last}" if first <= last else ""


def check_arms_differ(resolved: Experiment, trainings: Mapping[str, Any], where: str) -> None:
    """Refuse two arms that are equal in all but name and `about`: the same runs twice, judged as if they were two.

    A branch that changes nothing is its chain again. `trainings` are settings, prune rules and levels of each arm.

    Raises:
        LTHError: naming both arms.
    """
    for (name, arm), (other, twin) in combinations(resolved.arms.items(), 2):
        chains = {arm.from_ or name, twin.from_ or other}
        apart = len(chains) > 1 and (arm.from_ or twin.from_)  # one starts from tickets that the other does not
        same = all(getattr(arm, key) == getattr(twin, key) for key in ("data", "mask", "weights"))
        judges = {arm.validation or arm.data, twin.validation or twin.data}
        if same and not apart and len(judges) == 1 and trainings[name] == trainings[other]:
            raise LTHError(f"{where}.arms: '{name}' and '{other}' are equal in everything but 'about'; legal: arms "
                           "that differ in what is trained")
