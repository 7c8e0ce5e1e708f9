"""What happens after each epoch of a training: rules that may stop it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.own_names import load
from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask


@dataclass(frozen=True)
class Epoch:
    """A training at the end of an epoch (or of its budget), as a stopping rule sees it.

    `step`: optimiser steps since the network was initialised, `per_epoch` of them an epoch. `best_step`: the step of
    the first best validation accuracy. `scores`: of this epoch, by (split, metric), such as ("train", "loss"); those of
    validation data are there if the experiment has any, those of test data never. `weights()`: copies (CPU) of the
    present weights by name. `memory`: plain data and CPU tensors for the rule's next epochs; it survives a kill.
    `record(**values)`: adds numbers to the run's records, at this step under the split "model", each name once.
    """

    step: int
    per_epoch: int
    best_step: int
    scores: dict[tuple[str, str], float]
    mask: Mask
    weights: Callable[[], dict[str, Tensor]]
    memory: dict[str, Any]
    record: Callable[..., None]


AfterEpoch = Callable[[Epoch], bool]


def patience(epoch: Epoch, epochs: int) -> bool:
    """Whether so many epochs went without a new best validation accuracy."""
    return epoch.step - epoch.best_step >= epochs * epoch.per_epoch


def after_epoch(settings: Train) -> AfterEpoch | None:
    """Whether a training stops, by `select.patience` or by the paper's own rule `stop`; None if neither is set.

    Raises:
        LTHError: if a rule of the paper's own cannot be loaded, or answers with something else than yes or no.
    """
    rules: list[AfterEpoch] = []
    if settings.select.patience is not None:
        rules.append(partial(patience, epochs=settings.select.patience))
    if settings.stop is not None:
        rules.append(partial(_own, settings.stop.name, load(settings.stop.name), settings.stop.settings))
    return partial(_any, rules) if rules else None


def _any(rules: list[AfterEpoch], epoch: Epoch) -> bool:
    answers = [rule(epoch) for rule in rules]  # each sees every epoch, whatever the others say
    return any(answers)


def _own(name: str, rule: Callable[..., bool], settings: dict[str, Any], epoch: Epoch) -> bool:
    stops = rule(epoch, **settings)
    if not isinstance(stops, bool):
        raise LTHError(f"train.stop: {name} returned {stops!r}; legal: True, to stop, or False")
    return stops
