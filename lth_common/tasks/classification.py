"""Training and scoring one arm's classifier; what the data and the network are, each task says."""

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from lth_common.errors import LTHError
from lth_common.models import initialise
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.pruning.prunable import parameters_of
from lth_common.seeds import stream
from lth_common.tickets.task import Outcome
from lth_common.tickets.ticket import Ticket
from lth_common.training.batch_norm import batch_norms
from lth_common.training.engine import Engine, engine_of
from lth_common.training.engine.choice import choose
from lth_common.training.examples import Examples
from lth_common.training.flat import FlatNet
from lth_common.training.loop import Progress, evaluate, steps_in, train

EARLY_STOP = ("early_stop_accuracy", "early_stop_step", "early_stop_epoch", "early_stop_samples")


class Classification(ABC):
    """One arm's network and data on one device (see `tasks.Task`).

    Raises:
        LTHError: for a subset outside the data, or settings that the network cannot follow.
    """

    headline, together = "selected_accuracy", 1
    by_class = False  # whether the test records how often each class is predicted
    engine = "auto"  # what shall train: see `training.engine.choice`

    def __init__(self, settings: Any, arm: Arm, rules: Prune, device: str):
        self.settings, self.device = settings, device
        self.examples, self.checksums = self.load()
        self.net = FlatNet(self.network(), device)
        self.scorer: Any = self.net.module  # what gives the logits of the weights that the network holds
        self.engines: dict[int, str] = {}
        if settings.train.scored_with == "batch_statistics" and not batch_norms(self.net.module):
            raise LTHError("train.scored_with: 'batch_statistics' are those of batch norm, which this "
                           "network has not; legal: running_statistics")
        self.parameters = parameters_of(self.net.module, rules.rates, rules.exempt)
        self.data = self._subset(arm.data, "train")
        judge = arm.validation or arm.data
        self.validation = self._subset(judge, "validation")
        if arm.validation is not None and self.validation is None:
            raise LTHError(f"arm: validation '{judge}': data.subsets.{judge} has no validation range")
        self.test = self.test_data()

    @abstractmethod
    def load(self) -> tuple[int, dict[str, str]]:
        """Read the data set; returns the number of training examples and the checksums."""

    @abstractmethod
    def network(self) -> nn.Module:
        """The network, its weights not yet drawn."""

    @abstractmethod
    def training_data(self, chosen: slice | Tensor) -> Examples:
        """The chosen ones of the training examples."""

    @abstractmethod
    def test_data(self) -> Examples:
        """All test examples."""

    def _subset(self, name: str, part: str) -> Examples | None:
        """The `part` (train or validation) of a subset, if it has one."""
        subset = self.settings.data.subsets[name]
        bounds = getattr(subset, part)
        if bounds is None:
            return None
        start, stop = bounds
        if not 0 <= start < stop <= self.examples:
            raise LTHError(f"data.subsets.{name}: [{start}, {stop}) is not a range of the {self.examples} training "
                           f"examples of {self.settings.data.name}")
        if subset.shuffled is None:
            return self.training_data(slice(start, stop))
        order = torch.randperm(self.examples, generator=stream(subset.shuffled, "subset"))
        return self.training_data(order[start:stop])

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Weights drawn by the experiment's scheme; batch-norm statistics fresh."""
        return draw(self.network(), self.settings.model.init, generator)

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: dict | None = None,
              save=lambda state: None) -> Outcome:
        """Train, then test the weights that the experiment selects (on validation data only).

        A training that diverged has none: no earlier epoch stands for it.
        """
        settings = self.settings.train
        batches = self.data.steps(settings.batch_size)
        self.net.set(ticket.weights)
        capture_step = None if capture is None else steps_in(capture, batches)
        engine = self._engine(ticket.mask, level, steps_in(settings.budget, batches) - ticket.step)
        progress = train(self.net, ticket.mask, self.data, self.validation, settings, seed=seed, level=level,
                         start_step=ticket.step, capture_step=capture_step, resume=resume, save=save,
                         test=self.test if settings.test_every_epoch else None, engine=engine)
        if capture is not None and progress.captured is None and progress.failure is None:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {progress.step} steps that were trained")
        last = self.net.get()
        selected = last
        if settings.select.rule == "best_validation" and progress.best_weights is not None:
            selected = progress.best_weights
        progress.record(0, "model", steps_per_epoch=batches)
        if progress.failure is None:
            self._report(progress, selected, batches)
        else:
            self._report_nothing(progress)
        self.report(progress, ticket)
        return Outcome(progress.rows, last, progress.captured, capture_step or 0, progress.failure)

    def _engine(self, mask: Mask, level: int, steps: int) -> Engine:
        """What trains a level; it scores, too."""
        name, why = choose(self.engine, self.net, mask, self.settings.train, steps)
        self.engines[level] = f"{name} ({why})" if why else name
        engine = engine_of(name, self.net, mask, self.settings.train)
        self.scorer = engine.module
        return engine

    def nothing(self) -> list[dict]:
        """As for every task: what a level without a ticket records."""
        train, progress = self.settings.train, Progress(0)
        # Of a text without words an epoch has no step, and no curve could be read.
        progress.record(0, "model", steps_per_epoch=max(self.data.steps(train.batch_size), 1))
        progress.record(0, "train", loss=math.nan)
        for split, scored in (("validation", self.validation is not None), ("test", train.test_every_epoch)):
            if scored:
                progress.record(0, split, accuracy=math.nan, loss=math.nan)
        self._report_nothing(progress)
        return progress.rows

    def _report_nothing(self, progress: Progress) -> None:
        """All that `_report` records, as NaN."""
        if self.validation is not None:
            progress.record(progress.step, "validation", **dict.fromkeys(EARLY_STOP, math.nan))
        progress.record(progress.step, "test", **dict.fromkeys(self._tested, math.nan))

    @cached_property
    def _tested(self) -> list[str]:
        """Names of the final test metrics; they are those of `score`, whatever weights the network holds."""
        names = list(self.score())
        return ["selected_accuracy", "selected_loss", *(n for n in names if n not in ("accuracy", "loss"))]

    def _report(self, progress: Progress, selected: dict[str, Tensor], batches: int) -> None:
        """Early-stopping point in three units, and the test scores of the selected weights."""
        best = progress.best_step
        if self.validation is not None and math.isfinite(progress.best):
            found = (progress.best, best, best / batches, best / batches * len(self.data.y))
            progress.record(progress.step, "validation", **dict(zip(EARLY_STOP, found, strict=True)))
        self.net.set(selected)
        step = best if selected is progress.best_weights else progress.step
        scores = self.score()
        progress.record(step, "test", selected_accuracy=scores.pop("accuracy"), selected_loss=scores.pop("loss"))
        progress.record(step, "test", **scores)

    def score(self) -> dict[str, float]:
        """The test scores of the weights that the network holds."""
        return evaluate(self.scorer, self.test, self.settings.train, self.by_class)

    def report(self, progress: Progress, ticket: Ticket) -> None:  # noqa: B027 (most tasks have nothing to add)
        """Record what this task alone shows; the network holds the selected weights."""


def draw(network: nn.Module, scheme: Any, generator: torch.Generator) -> dict[str, Tensor]:
    """The network's weights, drawn by a scheme of the settings' `model.init`."""
    return FlatNet(initialise(network, scheme, generator)).get()
