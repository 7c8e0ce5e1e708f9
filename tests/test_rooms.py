"""The house: which room of the core imports which, how large its files are, and what the README says of it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from lth_common.protocol.resolve import ROOT, paper_names

CORE = ROOT / "lth_common"
ROOMS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["rooms"]
FILES = sorted(CORE.rglob("*.py"))
TASKS = sorted(ROOT.glob("replications/**/*.py"))


def modules_of(folder: Path) -> set[str]:
    """Names of the modules that stand in a folder itself."""
    return {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}


def room_of(path: Path) -> str:
    """The room that a file stands in or is (cli.py); "" for the root's own, which are for all."""
    room = path.relative_to(CORE).parts[0].removesuffix(".py")
    return room if path.parent != CORE or room in ROOMS else ""


def imported(path: Path) -> set[str]:
    """Full names of what a file imports of the core, wherever in the file."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{source}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("lth_common", "replications", "benchmarks", "tests")}


def arrows() -> set[tuple[str, str]]:
    """(room, room that it imports) of the core as it stands."""
    pairs = {(room_of(path), name.split(".")[1]) for path in FILES for name in imported(path) if name.count(".") > 1}
    return {(room, other) for room, other in pairs if other in ROOMS and room != other}


def test_every_folder_of_the_core_is_a_room_and_the_root_is_small():
    folders = {path.name for path in CORE.iterdir() if path.is_dir() and modules_of(path)}
    assert folders | {"cli"} == set(ROOMS)
    assert len(modules_of(CORE)) <= 8


def test_rooms_import_what_the_table_allows_and_the_table_allows_no_more():
    assert arrows() == {(room, other) for room, others in ROOMS.items() for other in others}


def test_no_import_goes_up():
    below: set[str] = set()
    for room, others in ROOMS.items():  # the table's order is from the ground up
        assert set(others) <= below, room
        below.add(room)


def test_the_core_imports_nothing_that_stands_on_it():
    assert not [(path, name) for path in FILES for name in imported(path) if not name.startswith("lth_common")]


@pytest.mark.parametrize("path", FILES + TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path):
    """What a paper says and shows is as long as the paper."""
    longest = 400 if path.name in ("claims.py", "figures.py") and path in TASKS else 200
    assert path.read_text(encoding="utf-8").count("\n") <= longest


def test_no_paper_is_named_in_the_core():
    for path in FILES:
        for name in paper_names():
            assert name not in path.read_text(encoding="utf-8"), path


def test_the_readme_maps_the_rooms_from_the_top_floor_down():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    section = page.partition("## Files\n")[2].partition("\n## ")[0]
    assert re.findall(r"^      (\w+)(?:/|\.py) +\w", section, re.M) == list(reversed(ROOMS))
    places = re.findall(r"(?<=\s)([\w<>/]+)/(?=\s)", "\n".join(re.findall(r"^ {4}\S.*", section, re.M)))
    assert places and all((ROOT / place.replace("<paper>", paper_names()[0])).is_dir() for place in places
                          if "<scale>" not in place)
