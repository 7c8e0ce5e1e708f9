"""A run's task and its chain's tickets, built from nothing but its specification."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lth_common.errors import DamagedFile, LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.protocol.task_names import settings_of, task_class
from lth_common.seeds import stream
from lth_common.tickets.book import TicketBook, load_book
from lth_common.tickets.task import Task

from .identity import Run
from .store import TICKETS, folder, put_aside


def arm_of(run: Run) -> Arm:
    """What is changed about each level's winning ticket."""
    return Arm(about="", **({"from": "chain"} if run.chain else {}), **run.spec["arm"])


def rules_of(run: Run) -> Prune:
    """How the run's chain is pruned."""
    return Prune.model_validate(run.spec["prune"])


def levels_of(run: Run) -> list[int]:
    """The levels that the run trains."""
    return run.spec.get("levels") or list(range(rules_of(run).last_level + 1))


def settings_in(run: Run) -> Any:
    """The task's settings."""
    return settings_of(run.spec["task"]).model_validate(run.spec["settings"])


def task_of(run: Run, device: str = "cpu", engine: str = "auto") -> Task:
    """The task that trains the run; `engine` is the one that is wanted (see `training.engine.choice`).

    Raises:
        LTHError: if the data or a package are missing, or the settings do not fit the data.
    """
    task = task_class(run.spec["task"])(settings_in(run), arm_of(run), rules_of(run), device)
    task.engine, task.engines = engine, {}
    return task


def tickets_of(chain: Run, task: Task | None = None, root: Path = ROOT) -> TicketBook:
    """The tickets of a finished chain; `task` (or one that is made) draws its initial weights where they are not kept.

    Raises:
        LTHError: if they are missing or damaged (and then set aside), or start from other initial weights than are
            drawn now.
    """
    path = folder(chain.digest, root) / TICKETS
    if not path.exists():
        raise LTHError(f"{path}: the tickets of {chain.name} are not here, as they are not in every release; "
                       f"`snakemake {chain.paper} --config tickets=all` makes them again")
    try:
        book = load_book(path, lambda: _initial(chain, task))
    except DamagedFile as error:
        raise LTHError(f"{error}; {put_aside(chain.digest, root)}; the workflow makes it again") from None
    if book.provenance.get("run") != chain.digest:
        raise LTHError(f"{path}: these are tickets of another run ({book.provenance.get('run')}) than {chain.name}; "
                       "take the file away, and the workflow makes it again where it is needed")
    return book


def _initial(chain: Run, task: Task | None) -> dict[str, Tensor]:
    """The chain's initial weights, drawn without its data where the task can: they may be gone."""
    generator, kind = stream(chain.seed, "init"), task_class(chain.spec["task"])
    if task is None and hasattr(kind, "initial_of"):
        return kind.initial_of(settings_in(chain), generator)
    return (task or task_of(chain)).initial(generator)
