"""The tasks by name: what planning must know of them, and the classes that train, which only a run imports.

A paper that needs a task of its own keeps it in its folder and names it in `replications/<paper>/tasks.py`, whose TASKS
has the form of this one's.
"""

from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, TypedDict

from lth_common.errors import LTHError


class Entry(TypedDict, total=False):
    """Places are 'package.module:Name'.

    `settings`: the schema of the task's data, model and train. `task`: the class that trains (see `tickets.task`).
    `versions`: a number for each network family, raised when a change to the core moves the numbers of its runs.
    `edition`: a function of the settings' `data` that says which edition of the data is read, as plain data.
    `prepare`: a function that makes data that take long, whole or not at all, or finds them made.
    `loads`: modules of the paper's folder that the task loads by their path, without importing them.
    """

    settings: str
    task: str
    versions: dict[str, int]
    edition: str
    prepare: str
    loads: list[str]


TASKS: dict[str, Entry] = {
    "images": {
        "settings": "lth_common.protocol.schema.image_settings:Settings",
        "task": "lth_common.tasks.image_task:ImageTask",
        "versions": {"mlp": 2, "lenet5": 1, "conv2": 1, "shufflenet": 1},
        "edition": "lth_common.datasets.editions:of_images",
    },
    "texts": {
        "settings": "lth_common.protocol.schema.text_settings:Settings",
        "task": "lth_common.tasks.text_task:TextTask",
        "versions": {"lstm": 1},
        "edition": "lth_common.datasets.editions:of_texts",
    },
}
ROOT = Path(__file__).resolve().parents[2]


@cache
def tasks() -> dict[str, Entry]:
    """All tasks: the core's, and those of the papers' folders.

    Raises:
        LTHError: if two have one name, or one has not the form of `Entry`.
    """
    found = dict(TASKS)
    for path in sorted(ROOT.glob("replications/[!_.]*/tasks.py")):
        own: dict[str, Entry] = resolve_name(f"replications.{path.parent.name}.tasks:TASKS")
        for name, entry in own.items():
            if name in found:
                raise LTHError(f"{path}: there is another task '{name}', in {found[name]['task'].partition(':')[0]}")
            legal = Entry.__annotations__
            if not isinstance(entry, dict) or not {"settings", "task"} <= entry.keys() <= legal.keys():
                raise LTHError(f"{path}: TASKS['{name}'] needs 'settings' and 'task'; legal: {', '.join(legal)}")
        found |= own
    return found


@cache
def settings_of(task: str) -> type:
    """The schema of a task's `data`, `model` and `train`."""
    return resolve_name(tasks()[task]["settings"])


def task_class(task: str) -> type:
    """The class that trains (see `tickets.task`).

    Raises:
        LTHError: if a package that it needs is not installed.
    """
    try:
        return resolve_name(tasks()[task]["task"])
    except ModuleNotFoundError as error:
        raise LTHError(f"task '{task}': package '{error.name}' is not installed; environment.yml names all that "
                       "is needed") from None


def preparation_of(task: str) -> str | None:
    """The place of the function that prepares a task's data; None if it needs none, and for a name that is no task."""
    return tasks().get(task, {}).get("prepare")


def family_of(task: str, settings: Any) -> str:
    """The network family: the model's name, or the task's where it has one network."""
    return getattr(settings.model, "name", task)


def version_of(task: str, settings: Any) -> int:
    """The present version of the settings' network family; 1 where none is given."""
    return tasks()[task].get("versions", {}).get(family_of(task, settings), 1)


def edition_of(task: str, data: Any) -> dict[str, Any]:
    """Which edition of the data a run with these settings reads; empty if they come from no file."""
    place = tasks()[task].get("edition")
    return {} if place is None else resolve_name(place)(data)


def own_modules(task: str) -> tuple[str, ...] | None:
    """The modules of a paper's folder that its own task stands on; None for the core's tasks."""
    entry = tasks()[task]
    modules = [entry[key].partition(":")[0] for key in ("settings", "task", "edition", "prepare") if key in entry]
    own = [name for name in (*modules, *entry.get("loads", [])) if name.startswith("replications.")]
    return tuple(own) or None
