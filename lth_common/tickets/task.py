"""A task trains one network from a ticket; chains and branches are the same for all tasks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from lth_common.pruning.prunable import Parameter

from .ticket import Ticket


@dataclass(frozen=True)
class Outcome:
    """What a training gives back.

    `rows`: records without identity (step, split, metric, value). `weights`: after the last step. `captured`:
    the weights at the rewind step `captured_step`, where they were asked for and reached. `failure`: a sentence if the
    training gave no number (it diverged, no game was finished): what happened, when, and what would help. Its final
    metrics are NaN then.
    """

    rows: list[dict]
    weights: dict[str, Tensor]
    captured: dict[str, Tensor] | None = None
    captured_step: int = 0
    failure: str | None = None


class Task(Protocol):
    """What the core needs from a task; everything else (data, loss, loop, environments) is the task's own.

    A class may have `initial_of(settings, generator)`, too: what `initial` gives, without reading data; and a task
    `lend(weights, seed, level) -> pruning.context.Lent`, for criteria that need more than weights.
    """

    parameters: list[Parameter]
    checksums: dict[str, str]
    headline: str  # the metric that the log shows at every level
    scratch: Path  # a folder that outlives a kill, for tasks with files of their own; not made, and removed at the end
    engine: str  # what shall train where a task has a choice: auto, or an engine's name
    engines: dict[int, str]  # what trained each level; tasks without a choice leave it empty
    together: int  # how many levels of a branch are trained side by side; `train_together` if there are several

    def initial(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Freshly drawn weights (trainable parameters and buffers) by name."""

    def train(self, ticket: Ticket, seed: int, level: int, capture: str | None = None,
              resume: dict | None = None, save: Callable[[dict[str, Any]], None] = ...) -> Outcome:
        """Train from `ticket`; `capture` is a budget such as '1ep'; `save` and `resume` carry resumable states.

        A state is live: `save` writes or copies it at once, or not at all. A training goes on from it bit for bit.
        A training that fails is an outcome, not an error.
        """

    def nothing(self) -> list[dict]:
        """Rows, at step 0, of a level that cannot be trained: what a training ends with (`headline` too), as NaN.

        Where curves are read in epochs, the steps of one are there, as the number that they are.
        """

    def train_together(self, tickets: list[Ticket], seed: int, levels: list[int], resume: dict | None = None,
                       save: Callable[[dict[str, Any]], None] = ...) -> list[Outcome]:
        """Train tickets of several levels in one program, each exactly as it would be trained alone.

        `resume` is a state of these tickets, all together.
        """
