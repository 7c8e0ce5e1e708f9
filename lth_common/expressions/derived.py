"""Numbers that a function in a paper's own folder makes: for what fewer than two papers ask."""

import ast
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.protocol.own_names import load
from lth_common.protocol.python_source import parsed
from lth_common.protocol.schema.base import Strict
from lth_common.protocol.task_metrics import Kind


class Derived(Strict):
    """A function as plain data: `place` is 'package.module:name', `code` a digest of its file as syntax.

    `gives`: the kind of number that it makes; None for that of the numbers it is made of. `says`: its docstring's first
    line. `settings`: what it is called with beside the numbers.
    """

    place: str
    code: str
    says: str
    gives: Kind | None = None
    settings: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.place.partition(":")[2]

    def __call__(self, table: Any) -> Any:
        """What the function makes of a data frame."""
        return load(self.place)(table, **self.settings)


def derived(function: Callable, gives: Kind | None, settings: dict[str, Any]) -> Derived:
    """A function as plain data.

    Raises:
        LTHError: if it cannot be found again by its name.
    """
    name = function.__qualname__ if isinstance(function, FunctionType) else ""
    if not name.isidentifier():
        raise LTHError(f"derive: {function!r} cannot be found by its name; legal: a function of a module, by 'def'")
    source = parsed(Path(function.__globals__["__file__"]))
    says = (function.__doc__ or name.replace("_", " ")).strip().splitlines()[0].rstrip(".")
    return Derived(place=f"{function.__module__}:{name}", code=digest(ast.dump(source), 20), says=says, gives=gives,
                   settings=settings)
