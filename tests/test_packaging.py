import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = [Requirement(line) for line in PROJECT["dependencies"]]
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_machine": "x86_64"},
    "macos": {"sys_platform": "darwin", "platform_machine": "arm64"},
}


def pins(system):
    """Package name -> the requirements that the lock holds for it on one system."""
    found = {}
    for line in re.sub(r"#.*", "", LOCK).splitlines():
        if line.strip():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(SYSTEMS[system]):
                found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("declared", DECLARED, ids=lambda requirement: requirement.name)
def test_every_dependency_is_pinned_once_within_its_range(declared, system):
    [pin] = pins(system)[canonicalize_name(declared.name)]
    [spec] = pin.specifier
    assert spec.operator == "==" and "*" not in spec.version
    assert spec.version in declared.specifier


@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_in_the_lock_is_pinned_once(system):
    for name, found in pins(system).items():
        assert len(found) == 1 and re.fullmatch(r"==[^*,]+", str(found[0].specifier)), name


def test_every_dependency_has_a_range():
    assert all(declared.specifier for declared in DECLARED)


def test_the_lock_names_no_host_and_no_path():
    for line in LOCK.splitlines():
        assert not re.search(r"://|@|--|^\s*-", line), line
        assert "/" not in line, line


def test_conda_installs_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *packages, pip = environment["dependencies"]
    assert environment["name"] == "lth" and environment["channels"] == ["conda-forge"]
    assert pip == {"pip": ["-r requirements.lock", "-e ."]}
    assert f"=={packages[0].removeprefix('python=')}.*" == PROJECT["requires-python"]


def make(*args):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-C", ROOT, *args], capture_output=True, text=True, env=environment)


def test_make_says_what_it_can_do():
    targets = re.findall(r"^make (\S+)", make("--no-print-directory").stdout, re.MULTILINE)
    assert targets == ["smoke", "test", "lint", ".venv"]


def test_make_without_python_says_so(tmp_path):
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    run = make("-C", tmp_path, ".venv", "PYTHON=python3.no")
    assert run.returncode != 0
    assert "'python3.no' is no Python 3.11" in run.stderr
    assert not (tmp_path / ".venv").exists()
