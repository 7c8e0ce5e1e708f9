"""Which code something stands on: a digest of modules and of all that they import, as syntax without docstrings."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lth_common.errors import LTHError
from lth_common.protocol.python_source import parsed
from lth_common.protocol.task_names import ROOT

NO_PART = ("claims", "figures")  # of a paper's folder: what is said and drawn of runs, never what makes them


@cache
def code_digest(modules: tuple[str, ...], within: tuple[str, ...], root: Path = ROOT) -> str:
    """20 hex digits of the modules and of whatever they import inside the packages `within`.

    Comments, docstrings and formatting do not count, nor does a paper's claims.py or figures.py.

    Raises:
        LTHError: if a module has no file, or a file is no Python.
    """
    missing = [name for name in modules if _file(name, root) is None]
    if missing:
        raise LTHError(f"{missing[0]}: there is no such module, but a task names it")
    total = hashlib.sha256()
    for name in sorted(_closure(modules, within, root)):
        total.update(f"{name}\0{_meaning(_file(name, root))}\0".encode())
    return total.hexdigest()[:20]


def _closure(modules: tuple[str, ...], within: tuple[str, ...], root: Path) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        inside = any(name == package or name.startswith(f"{package}.") for package in within)
        if name in found or not inside or _is_no_part(name) or _file(name, root) is None:
            continue
        found.add(name)
        waiting += [name.rpartition(".")[0], *_imports(name, _file(name, root))]
    return found


def _is_no_part(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "replications" and len(parts) == 3 and parts[2] in NO_PART


def _file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _imports(module: str, file: Path) -> Iterator[str]:
    """Full names of what a module imports: modules, and names in them, which are no files and drop out."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


@cache
def _meaning(file: Path) -> str:
    """The syntax tree without docstrings."""
    tree = parsed(file)
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
