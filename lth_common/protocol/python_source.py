"""Python files as syntax: what they say and define, without running them."""

import ast
from functools import cache
from pathlib import Path

from lth_common.errors import LTHError

KINDS = {"function": (ast.FunctionDef,), "class": (ast.ClassDef,)}


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file.

    Raises:
        LTHError: if it is no Python.
    """
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        raise LTHError(f"{file}: not readable as Python: {error}") from None


def defined(file: Path, kind: str) -> list[str]:
    """Names of the functions or classes (`kind`) that a file defines for others; none if there is no such file.

    Raises:
        LTHError: if it is no Python.
    """
    body = parsed(file).body if file.is_file() else []
    return [node.name for node in body if isinstance(node, KINDS[kind]) and not node.name.startswith("_")]
