"""The masked training loop: one network, one mask, one budget. It knows nothing of chains, arms or papers."""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lth_common.errors import LTHError
from lth_common.protocol.schema.train import Train
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream

from .after_epoch import Epoch, after_epoch
from .batch_norm import batch_statistics
from .engine import Engine
from .engine.torch_engine import TorchEngine
from .examples import Examples
from .flat import FlatNet


@dataclass
class Progress:
    """Everything a training must remember: plain data and CPU tensors, so that it can be saved at any epoch."""

    step: int
    rows: list[dict] = field(default_factory=list)  # step, split, metric, value
    best: float = -math.inf
    best_step: int = 0
    best_weights: dict[str, Tensor] | None = None
    captured: dict[str, Tensor] | None = None
    stopped: bool = False
    failure: str | None = None  # what went wrong, when, and what would help
    memory: dict[str, Any] = field(default_factory=dict)  # of the rule that may stop it

    def record(self, step: int, split: str, **values: float) -> None:
        self.rows += [{"step": step, "split": split, "metric": m, "value": float(v)} for m, v in values.items()]


Save = Callable[[dict[str, Any]], None]


def steps_in(budget: str, batches_per_epoch: int) -> int:
    """Optimiser steps of a budget such as '10ep' or '30000it'."""
    return int(budget[:-2]) * (batches_per_epoch if budget.endswith("ep") else 1)


def lr_in(epoch: int, settings: Train) -> float:
    """The learning rate of an epoch, counted from 0."""
    decay = settings.lr_decay
    if decay is None:
        return settings.optimizer.lr
    changing = epoch if decay.epochs is None else min(epoch, decay.epochs)
    return settings.optimizer.lr * decay.factor ** (changing // decay.every_epochs)


def train(net: FlatNet, mask: Mask, data: Examples, validation: Examples | None, settings: Train, *, seed: int,
          level: int, start_step: int = 0, capture_step: int | None = None, resume: dict | None = None,
          save: Save = lambda state: None, test: Examples | None = None, engine: Engine | None = None) -> Progress:
    """Train `net` from its present weights under `mask`; afterwards it holds the weights of the last step.

    Gradients are masked before clipping and weights after each step, which equals training the thin network; with
    `mask: applied_once` neither is, and the weights that started at 0 are trained like the others.
    Data order and dropout depend on (seed, level, epoch) only. `start_step` > 0 continues the schedule there
    (late rewinding). `capture_step`: keep a copy of the weights as they are before that step. `save` is given a
    resumable state after every epoch, which it must write or copy at once: it is live; `resume` is such a state.
    `validation` is scored after every epoch and may select; `test`, if given, is scored and recorded only. Rules of
    `after_epoch` may then stop the training.
    `engine`: what makes the steps and scores, for this net, mask and settings; torch if none is given.

    The training stops, with `failure`, after the first epoch whose loss or weights are not finite; that epoch's scores
    are NaN.

    Raises:
        LTHError: for a budget that ends before `start_step`.
    """
    batches = data.steps(settings.batch_size)
    total = steps_in(settings.budget, batches)
    if 0 < total <= start_step:
        raise LTHError(f"train.budget: {settings.budget} ends before step {start_step}, to which the ticket is rewound")
    engine = engine or TorchEngine(net, mask, settings)
    net.vector.data.mul_(net.flatten(mask))
    progress, stops = Progress(start_step), after_epoch(settings)
    if resume is not None:
        progress = Progress(**resume["progress"])
        net.set(resume["weights"])
        engine.load(resume["optimizer"])
    while progress.step < total and not (progress.stopped or progress.failure):
        earlier = len(progress.rows)
        _epoch(net, engine, data, settings, progress, seed, level, capture_step)
        if validation is not None:
            _validate(net, engine, validation, settings, progress)
        if stops is not None and not progress.failure:
            progress.stopped = stops(_seen(net, mask, progress, earlier, batches))
        if test is not None:
            progress.record(progress.step, "test", **_scores(engine, test, settings, progress))
        save({"progress": vars(progress), "weights": net.get(), "optimizer": engine.state()})
    if capture_step == progress.step:
        progress.captured = net.get()
    return progress


def _epoch(net, engine, data, settings, progress, seed, level, capture_step) -> None:
    """Steps up to the end of the epoch (or of the budget) that `progress.step` lies in."""
    per_epoch = data.steps(settings.batch_size)
    epoch, first = divmod(progress.step, per_epoch)
    last = min(per_epoch, steps_in(settings.budget, per_epoch) - epoch * per_epoch)
    order = torch.randperm(len(data.y), generator=stream(seed, "data_order", level, epoch)).to(data.y.device)
    torch.manual_seed(stream(seed, "dropout", level, epoch).initial_seed())
    lr, losses = lr_in(epoch, settings), torch.zeros((), device=net.vector.device)
    batches = data.batches(order, settings.batch_size)[first:last]
    if capture_step is not None and progress.step <= capture_step < progress.step + len(batches):
        before, batches = batches[: capture_step - progress.step], batches[capture_step - progress.step :]
        engine.steps(data, before, lr, losses)
        progress.captured = net.get()
        progress.step = capture_step
    engine.steps(data, batches, lr, losses)
    progress.step += len(batches)
    mean = losses.item() / (last - first)
    progress.record(progress.step, "train", loss=mean)
    if not (math.isfinite(mean) and net.vector.isfinite().all()):
        what = "some weights are not finite" if math.isfinite(mean) else f"the training loss is {mean}"
        progress.failure = (f"diverged: {what} at step {progress.step}; lower train.optimizer.lr or set "
                            "train.clip_norm")


def _seen(net: FlatNet, mask: Mask, progress: Progress, earlier: int, batches: int) -> Epoch:
    """What a stopping rule sees of the epoch whose rows follow the `earlier` ones."""
    scores = {(row["split"], row["metric"]): row["value"] for row in progress.rows[earlier:]}
    return Epoch(progress.step, batches, progress.best_step, scores, mask, net.get, progress.memory,
                 partial(_record_once, progress))


def _record_once(progress: Progress, **values: float) -> None:
    """Record a rule's numbers; one of a name that is there already would only be refused when the run is written."""
    there = {row["metric"] for row in progress.rows if (row["step"], row["split"]) == (progress.step, "model")}
    if again := sorted(there & values.keys()):
        raise LTHError(f"train.stop: the rule records '{again[0]}' twice at step {progress.step}; legal: once an epoch")
    progress.record(progress.step, "model", **values)


def _validate(net: FlatNet, engine: Engine, validation: Examples, settings: Train, progress: Progress) -> None:
    """Score the validation set and remember the first best; select by it, never by test data."""
    scores = _scores(engine, validation, settings, progress)
    progress.record(progress.step, "validation", **scores)
    select = settings.select
    frozen = select.ceiling is not None and progress.best >= select.ceiling
    if scores["accuracy"] > progress.best and not frozen:
        progress.best, progress.best_step = scores["accuracy"], progress.step
        progress.best_weights = net.get() if select.rule == "best_validation" else None


def _scores(engine: Engine, data: Examples, settings: Train, progress: Progress) -> dict[str, float]:
    """An epoch's scores, NaN if the training has failed in it."""
    return {"accuracy": math.nan, "loss": math.nan} if progress.failure else evaluate(engine.module, data, settings)


@torch.no_grad()
def evaluate(module: nn.Module | Any, data: Examples, settings: Train, by_class: bool = False) -> dict[str, float]:
    """Accuracy (fraction) and mean cross-entropy of `data`, in evaluation mode.

    `by_class` adds `predicted:<k>`, the number of examples that class k is predicted for, and `most_predicted`, the
    share of the class that is predicted most often: 1 if the prediction is constant. With
    `scored_with: batch_statistics` an image's score depends on the batch that it is in.
    """
    by_batch = settings.scored_with == "batch_statistics"
    batch_size = settings.batch_size if by_batch else 1000
    examples, correct, loss, predicted = 0, 0, 0.0, 0
    module.eval()
    with batch_statistics(module) if by_batch else nullcontext():
        for chosen in data.in_turn(batch_size):
            logits, y = data.answers(module, chosen)
            guess = logits.argmax(1)
            examples += len(y)
            correct += int((guess == y).sum())
            predicted += guess.bincount(minlength=logits.shape[1])
            loss += cross_entropy(logits, y, reduction="sum").item()
    scores = {"accuracy": correct / examples, "loss": loss / examples}
    if by_class:
        scores |= {f"predicted:{k}": count for k, count in enumerate(predicted.tolist())}
        scores["most_predicted"] = int(predicted.max()) / examples
    return scores
