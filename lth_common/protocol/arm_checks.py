"""Arms that cannot mean what they say: validated on what they are trained on, or two that are one."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from lth_common.errors import LTHError

from .schema.paper import Experiment
from .schema.train import Subset


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
