"""A digest of the code that can move numbers, so that stale results are never served as cached."""

import ast
import hashlib
from functools import cache
from pathlib import Path

NUMBERS = ("seeds masks prunable criteria pruning arms flat training chain tickets".split(), ("models", "tasks", "datasets"))


@cache
def code_fingerprint() -> str:
    """Digest of the core's number-moving modules; comments, docstrings and formatting do not count."""
    here = Path(__file__).parent
    modules, packages = NUMBERS
    files = [here / f"{name}.py" for name in modules]
    files += sorted(path for package in packages for path in (here / package).rglob("*.py"))
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(here).as_posix().encode() + _meaning(path.read_text()).encode())
    return total.hexdigest()[:16]


def _meaning(source: str) -> str:
    """The syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:] or [ast.Pass()]
    return ast.dump(tree)
