"""A digest of the code that can move numbers, so that stale results are never served as cached."""

import ast
import hashlib
from functools import cache
from pathlib import Path

# Reading data counts, finding and downloading it does not: whatever is read is checksummed.
NUMBERS = ("seeds", "masks", "prunable", "criteria", "pruning", "arms", "flat", "training", "chain", "tickets",
           "models/*", "tasks/*", "datasets/images", "datasets/files")


@cache
def code_fingerprint() -> str:
    """Digest of the core's number-moving modules; comments, docstrings and formatting do not count."""
    here = Path(__file__).parent
    files = [path for pattern in NUMBERS for path in sorted(here.glob(f"{pattern}.py"))]
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(here).as_posix().encode() + _meaning(path.read_text()).encode())
    return total.hexdigest()[:16]


def _meaning(source: str) -> str:
    """The syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
