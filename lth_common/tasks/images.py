"""Image classification on data sets that fit in memory."""

import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lth_common.batch_norm import batch_norms
from lth_common.datasets import ImageData, load_images
from lth_common.errors import LTHError
from lth_common.flat import FlatNet
from lth_common.models import build, initialise
from lth_common.prunable import parameters_of
from lth_common.schema.images import Settings
from lth_common.schema.paper import Arm, Prune
from lth_common.seeds import stream
from lth_common.tasks import Outcome
from lth_common.tickets import Ticket
from lth_common.training import Progress, Split, evaluate, steps_in, train


class ImageTask:
    """One arm's network and data on one device (see `tasks.Task`)."""

    def __init__(self, settings: Settings, arm: Arm, rules: Prune, device: str):
        images = load_images(settings.data.name)
        self.settings, self.checksums = settings, images.checksums
        channels, *sides = images.train_images.shape[1:]
        self._inputs = (channels, *([settings.data.side] * 2 if settings.data.side else sides)), images.classes
        self._device = device
        self.net = FlatNet(build(settings.model, *self._inputs), device)
        if settings.train.scored_with == "batch_statistics" and not batch_norms(self.net.module):
            raise LTHError("train.scored_with: 'batch_statistics' are those of batch norm, which model "
                           f"{settings.model.name} has not; legal: running_statistics")
        self.parameters = parameters_of(self.net.module, rules.rates, rules.exempt)
        self.data = self._subset(images, arm.data, "train")
        judge = arm.validation or arm.data
        self.validation = self._subset(images, judge, "validation")
        if arm.validation is not None and self.validation is None:
            raise LTHError(f"arm: validation '{judge}': data.subsets.{judge} has no validation range")
        self.test = self._split(images.test_images, images.test_labels)

    def _subset(self, images: ImageData, name: str, part: str) -> Split | None:
        """The `part` (train or validation) of a subset, if it has one."""
        subset, total = self.settings.data.subsets[name], len(images.train_labels)
        bounds = getattr(subset, part)
        if bounds is None:
            return None
        start, stop = bounds
        if not 0 <= start < stop <= total:
            raise LTHError(f"data.subsets.{name}: [{start}, {stop}) is not a range of the {total} images of "
                           f"{self.settings.data.name}")
        if subset.shuffled is None:
            return self._split(images.train_images[start:stop], images.train_labels[start:stop])
        chosen = torch.randperm(total, generator=stream(subset.shuffled, "subset"))[start:stop]
        return self._split(images.train_images[chosen], images.train_labels[chosen])

    def _split(self, images: Tensor, labels: Tensor) -> Split:
        """Standardised float images [N, C, H, W] and their labels."""
        x, side = images.float().div_(255), self.settings.data.side
        if side is not None:
            x = interpolate(x, (side, side), mode="bilinear", antialias=True).clamp_(0, 1)
        x.sub_(self._by_channel("mean", x.shape[1])).div_(self._by_channel("std", x.shape[1]))
        return Split(x.to(self._device), labels.to(self._device))

    def _by_channel(self, key: str, channels: int) -> Tensor:
        """`data.mean` or `data.std` as [C, 1, 1]."""
        values = torch.tensor(getattr(self.settings.data, key)).view(-1, 1, 1)
        if len(values) not in (1, channels):
            raise LTHError(f"data.{key}: {len(values)} values; legal: one, or one for each of the {channels} channels "
                           f"of {self.settings.data.name}")
        return values

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Weights drawn by the experiment's scheme; batch-norm statistics fresh."""
        fresh = FlatNet(initialise(build(self.settings.model, *self._inputs), self.settings.model.init, generator))
        return fresh.get()

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None, resume: dict | None = None,
              save=lambda state: None) -> Outcome:
        """Train, then test the weights that the experiment selects (on validation data only)."""
        batches = math.ceil(len(self.data.y) / self.settings.train.batch_size)
        self.net.set(ticket.weights)
        capture_step = None if capture is None else steps_in(capture, batches)
        progress = train(self.net, ticket.mask, self.data, self.validation, self.settings.train, seed=seed,
                         level=level, start_step=ticket.step, capture_step=capture_step, resume=resume, save=save,
                         test=self.test if self.settings.train.test_every_epoch else None)
        if capture is not None and progress.captured is None:
            raise LTHError(f"prune.rewind.to: {capture} lies beyond the {progress.step} steps that were trained")
        last = self.net.get()
        selected = last
        if self.settings.train.select.rule == "best_validation" and progress.best_weights is not None:
            selected = progress.best_weights
        self._report(progress, selected, batches)
        return Outcome(progress.rows, last, progress.captured, capture_step or 0)

    def _report(self, progress: Progress, selected: dict[str, Tensor], batches: int) -> None:
        """Early-stopping point in three units, and the test scores of the selected weights."""
        best = progress.best_step
        progress.record(0, "model", steps_per_epoch=batches)
        if self.validation is not None and math.isfinite(progress.best):
            progress.record(progress.step, "validation", early_stop_accuracy=progress.best, early_stop_step=best,
                            early_stop_epoch=best / batches, early_stop_samples=best / batches * len(self.data.y))
        self.net.set(selected)
        step = best if selected is progress.best_weights else progress.step
        first = Split(self.test.x[:1000], self.test.y[:1000])
        scores = evaluate(self.net, self.test, self.settings.train)
        progress.record(step, "test", selected_accuracy=scores["accuracy"], selected_loss=scores["loss"],
                        selected_accuracy_first_1000=evaluate(self.net, first, self.settings.train)["accuracy"])
