"""What files were made of: `<item>.made` beside an item's plan file says the plan, the runs and the files' checksums.

All of it can be told from the plan file, without reading the paper. Figures and tables may wait in `plan/drawn/`, where
a job puts those that it makes along with its own, until their own jobs take them over: Snakemake takes away what a job
declares when the job begins.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lth_common.digest import digest
from lth_common.files import atomic_write_text, json_text, sha256_of
from lth_common.protocol.task_names import ROOT

from .store import ok_path

DRAWN = "plan/drawn"
NAMES = {"figure": ("figures/{}.svg", "figures/{}.png", "figures/{}.csv"), "table": ("tables/{}.csv", "tables/{}.md"),
         "verdicts": ("verdicts.csv", "verdicts.md", "records.csv.gz", "runs.json"), "report": ("report.md",)}


def outputs(kind: str, item: str) -> list[str]:
    """The files that an item is, relative to its paper's folder."""
    return [name.format(item) for name in NAMES[kind]]


def plan_digest(content: dict[str, Any]) -> str:
    """The digest of what an item is made of, however often it was made."""
    return digest({key: value for key, value in content.items() if key != "made_again"}, 20)


def planned(folder: Path, item: str) -> dict[str, Any]:
    """What an item's plan file says it is to be made of; nothing if it is not planned."""
    try:
        content = json.loads((folder / f"plan/{item}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def mark(folder: Path, kind: str, item: str, of: str, runs: Iterable[str], drawn: bool = False,
         root: Path = ROOT) -> None:
    """Say what the present files of an item in a paper's folder were made of: a plan, and runs by their digests."""
    atomic_write_text(_path(folder, item, drawn), json_text(_made(folder, kind, item, of, runs, drawn, root)))


def is_made(folder: Path, kind: str, item: str, of: str, runs: Iterable[str], drawn: bool = False,
            root: Path = ROOT) -> bool:
    """Whether an item's files are there as they were made, of this plan and of the runs as they are.

    `drawn`: the files that wait for the item's own job.
    """
    try:
        return json.loads(_path(folder, item, drawn).read_text()) == _made(folder, kind, item, of, runs, drawn, root)
    except (OSError, ValueError):
        return False


def take_over(folder: Path, kind: str, item: str, root: Path = ROOT) -> bool:
    """Put an item that waits in its place, if it was made of its plan and runs as they are; whether that was so."""
    content = planned(folder, item)
    of, runs = plan_digest(content), list(content.get("runs", {}).values())
    if not is_made(folder, kind, item, of, runs, True, root):
        return False
    for name in outputs(kind, item):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(folder / DRAWN / name, folder / name)
        os.utime(folder / name)  # not older than its plan file
    _path(folder, item, True).unlink()
    mark(folder, kind, item, of, runs, root=root)
    return True


def _made(folder: Path, kind: str, item: str, of: str, runs: Iterable[str], drawn: bool, root: Path) -> dict[str, Any]:
    stamps = {run: root / ok_path(run) for run in runs}
    return {"plan": of, "runs": digest({run: ok.read_text() if ok.exists() else "" for run, ok in stamps.items()}),
            "files": {name: sha256_of((folder / DRAWN if drawn else folder) / name) for name in outputs(kind, item)}}


def _path(folder: Path, item: str, drawn: bool) -> Path:
    return folder / (DRAWN if drawn else "plan") / f"{item}.made"
