"""A digest of the code that can move numbers: a run never takes up state that other code made.

Snakemake does not see code: after a change that may move numbers, raise CORE_VERSION and everything is rerun.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

# What moves no number: where data are found (whatever is read is checksummed), how runs are planned and kept, and
# all that comes after the records.
NEUTRAL = ("analysis", "datasets/locate", "digest", "errors", "files", "protocol/name_checks", "protocol/resolve",
           "protocol/schema/analysis", "protocol/schema/claims", "protocol/schema/quantities",
           "protocol/schema/selections", "protocol/shorthand", "protocol/strict_yaml", "protocol/task_names", "runs",
           "tickets/export", "training/allocator", "training/checkpoint")


@cache
def code_fingerprint(own: Path | None = None) -> str:
    """Digest of all modules but the neutral ones, and of those in `own`, the folder of a paper's task.

    Comments, docstrings and formatting do not count.
    """
    here = Path(__file__).parents[1]
    files = [(here, path) for path in sorted(here.rglob("*.py"))
             if not path.relative_to(here).with_suffix("").as_posix().startswith(NEUTRAL)]
    files += [(own, path) for path in sorted(own.rglob("*.py"))] if own is not None else []
    total = hashlib.sha256()
    for root, path in files:
        total.update(path.relative_to(root).as_posix().encode() + _meaning(path.read_text()).encode())
    return total.hexdigest()[:16]


def _meaning(source: str) -> str:
    """The syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
