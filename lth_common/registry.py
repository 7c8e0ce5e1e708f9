"""The tasks by name: their settings, which planning needs, and the classes that train, which only a run imports."""

from functools import cache
from pkgutil import resolve_name

TASKS = {
    "images": ("lth_common.schema.images:Settings", "lth_common.tasks.images:ImageTask"),
    "texts": ("lth_common.schema.texts:Settings", "lth_common.tasks.texts:TextTask"),
}


@cache
def settings_of(task: str) -> type:
    """The schema of a task's `data`, `model` and `train`."""
    return resolve_name(TASKS[task][0])


def task_class(task: str) -> type:
    """The class that trains (see `tasks.Task`)."""
    return resolve_name(TASKS[task][1])
