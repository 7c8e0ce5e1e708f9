"""The tasks by name: their settings, which planning needs, and the classes that train, which only a run imports.

A paper that needs a task of its own keeps it in its folder and names it in `replications/<paper>/tasks.py`, whose TASKS
has the form of this one's. A task with data that take long to make names a third place, a function that makes them of
the settings' `data` (see `prepare`), whole or not at all, or finds them made.
"""

from functools import cache
from pathlib import Path
from pkgutil import resolve_name

from lth_common.errors import LTHError

Places = tuple[str, ...]  # of the settings, of the class, and of what prepares data: each 'package.module:Name'

TASKS: dict[str, Places] = {
    "images": ("lth_common.protocol.schema.image_settings:Settings", "lth_common.tasks.image_task:ImageTask"),
    "texts": ("lth_common.protocol.schema.text_settings:Settings", "lth_common.tasks.text_task:TextTask"),
}
ROOT = Path(__file__).resolve().parents[2]


@cache
def tasks() -> dict[str, Places]:
    """All tasks: the core's, and those of the papers' folders.

    Raises:
        LTHError: if two have one name.
    """
    found = dict(TASKS)
    for path in sorted(ROOT.glob("replications/[!_.]*/tasks.py")):
        own: dict[str, Places] = resolve_name(f"replications.{path.parent.name}.tasks:TASKS")
        if twice := sorted(own.keys() & found.keys()):
            raise LTHError(f"{path}: there is another task '{twice[0]}', in {found[twice[0]][1].partition(':')[0]}")
        found |= own
    return found


@cache
def settings_of(task: str) -> type:
    """The schema of a task's `data`, `model` and `train`."""
    return resolve_name(tasks()[task][0])


def task_class(task: str) -> type:
    """The class that trains (see `tasks.Task`).

    Raises:
        LTHError: if a package that it needs is not installed.
    """
    try:
        return resolve_name(tasks()[task][1])
    except ModuleNotFoundError as error:
        raise LTHError(f"task '{task}': package '{error.name}' is not installed; environment.yml names all that "
                       "is needed") from None


def preparation_of(task: str) -> str | None:
    """The place of the function that prepares a task's data; None if it needs none, and for a name that is no task."""
    return next(iter(tasks().get(task, ())[2:]), None)


def code_of(task: str) -> Path | None:
    """The folder of a paper's own task; None for the core's, and for a name that is no task."""
    package = tasks().get(task, TASKS["images"])[1].partition(":")[0].rpartition(".")[0]
    return ROOT / package.replace(".", "/") if package.startswith("replications.") else None
