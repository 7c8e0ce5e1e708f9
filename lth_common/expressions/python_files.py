"""Reads what a paper's `claims.py` and `figures.py` list; a mistake in them is one sentence with file and line."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lth_common.errors import LTHError


class Named(tuple):
    """A (name, node) pair, as `claim`, the plots and the tables make it."""

    def __new__(cls, name: str, node: Any) -> "Named":
        return super().__new__(cls, (name, node))


def listed(module: dict[str, Any], file: str, variable: str, kind: type) -> dict[str, Any]:
    """What the list `variable` of a file (`names_in`) holds, by name, in its order; empty if there is no such list.

    Raises:
        LTHError: with the file, if the list holds something else than nodes of `kind`, or two of one name.
    """
    found = module.get(variable, [])
    nodes: dict[str, Any] = {}
    for place, entry in enumerate(found if isinstance(found, list) else [None]):
        if not isinstance(entry, Named) or not isinstance(entry[1], kind):
            raise LTHError(f"{file}: {variable}: entry {place + 1} is not legal; legal: a list of what "
                           f"{_makers(kind)} of lth_common.expressions makes")
        if entry[0] in nodes:
            raise LTHError(f"{file}: {variable}: '{entry[0]}' stands there twice")
        nodes[entry[0]] = entry[1]
    return nodes


def said(module: dict[str, Any], file: str, variable: str, kind: Any) -> Any:
    """What the dict `variable` of a file (`names_in`) says, of the type `kind`; empty if there is no such dict.

    Raises:
        LTHError: with the file, naming the entry that is not legal.
    """
    try:
        return TypeAdapter(kind).validate_python(module.get(variable, {}))
    except ValidationError as error:
        raise LTHError(f"{file}: {variable}: {_said(error)}") from None


def names_in(root: Path, file: str) -> dict[str, Any]:
    """The names that a Python file defines; none if there is no such file.

    It is run as the module of its place below the project's root, so that it may import its neighbours.

    Raises:
        LTHError: with file and line, if it cannot be run.
    """
    path = root / file
    if not path.exists():
        return {}
    package, _, _ = file.removesuffix(".py").replace("/", ".").rpartition(".")
    module = {"__name__": f"{package}.{path.stem}", "__package__": package, "__file__": str(path)}
    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except SyntaxError as error:
        raise LTHError(f"{file}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}") from None
    except ValueError as error:
        raise LTHError(f"{file}: {error}; legal: Python in UTF-8") from None
    try:
        exec(code, module)
    except Exception as error:  # whatever a paper's code does wrong
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        raise LTHError(f"{file}, line {lines[-1] if lines else '?'}: {_said(error)}") from None
    return module


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        told = [(".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, "), e["input"])
                for e in error.errors()]
        return "; ".join(f"{where}: {value!r} is not legal: {text}" if where else text for where, text, value in told)
    return str(error) if isinstance(error, LTHError) else f"{type(error).__name__}: {error}"


def _makers(kind: type) -> str:
    known: dict[str, Callable | str] = {"Claim": "claim", "Table": "settings_table or networks_table"}
    return str(known.get(kind.__name__, "levels_plot, epochs_plot, dots_plot or histograms"))
