"""`replications/_template/` is no paper; a copy under another name is one, with its own network, criterion and data."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from workflow_project import environment, make_project, snakemake

from lth_common.protocol.resolve import ROOT, paper_names

TEMPLATE, NAME = ROOT / "replications/_template", "bars_study"
DIGESTS = """
import json
from lth_common.runs.plan import plans
print(json.dumps({name: {run.name: run.digest for run in plan.all_runs()} for name, plan in plans("smoke").items()}))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The toy paper, and the template under a name of its own."""
    root = make_project(tmp_path_factory.mktemp("project"))
    shutil.copytree(TEMPLATE, root / "replications" / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def python(root: Path, code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment(), text=True, capture_output=True,
                         check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def digests(root: Path) -> dict[str, dict[str, str]]:
    """Of each paper, every run's digest by its name."""
    return json.loads(python(root, DIGESTS))


@pytest.fixture(scope="module")
def before(project) -> dict[str, dict[str, str]]:
    return digests(project)


def test_the_template_is_no_paper_and_small():
    assert TEMPLATE.is_dir() and TEMPLATE.name not in paper_names()
    texts = [path for path in TEMPLATE.iterdir() if path.suffix in (".yaml", ".py", ".md", ".csv")]
    assert sum(path.read_text().count("\n") for path in texts) <= 120
    assert (TEMPLATE / "bars.npz").stat().st_size < 50_000


def test_its_data_are_made_by_the_rule_that_it_states(tmp_path):
    [code] = re.findall(r"```python\n(.*?)```", (TEMPLATE / "README.md").read_text(), re.S)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    made, kept = np.load(tmp_path / "bars.npz"), np.load(TEMPLATE / "bars.npz")
    assert made.files == kept.files and all(np.array_equal(made[name], kept[name]) for name in kept.files)


def test_a_copy_is_a_target_that_runs_to_its_report(project, tmp_path):
    root = shutil.copytree(project, tmp_path / "project")
    run = snakemake(root, NAME)
    assert run.returncode == 0, run.stdout
    out = root / "results/smoke" / NAME
    assert (out / "figures/fig1.svg").stat().st_size and "C2" in (out / "verdicts.md").read_text()
    assert "as_stated" in (out / "report.md").read_text()
    about = [json.loads(path.read_text()) for path in root.glob("results/runs/*/run.json")]
    assert len(about) == 6
    assert all(list(run["data"]) == [f"replications/{NAME}/bars.npz"] for run in about)


@pytest.mark.parametrize(("file", "old", "new", "moved"), [
    ("criteria.py", ".abs()", ".square()", {"gradient"}),
    ("criteria.py", "|∂L/∂w|, L being", "The gradient, L being", set()),  # a docstring
    ("models.py", "image_shape[0], channels, 3)", "image_shape[0], channels, 5)", {"gradient", "magnitude", "random"}),
    ("figures.py", "Tickets by three", "Tickets by 3", set()),
])
def test_an_edit_of_its_code_names_the_runs_that_stand_on_it_anew(project, before, tmp_path, file, old, new, moved):
    root = shutil.copytree(project, tmp_path / "project")
    path = root / "replications" / NAME / file
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
    after = digests(root)
    assert after["toy"] == before["toy"]
    assert {run.split("/")[2] for run, name in after[NAME].items() if before[NAME][run] != name} == moved


def test_other_data_are_other_runs(project, before, tmp_path):
    root = shutil.copytree(project, tmp_path / "project")
    path = root / "replications" / NAME / "bars.npz"
    arrays = dict(np.load(path))
    arrays["train_images"][0, 0, 0, 0] ^= 1
    np.savez_compressed(path, **arrays)
    after = digests(root)
    assert after["toy"] == before["toy"] and not set(before[NAME].values()) & set(after[NAME].values())


def test_planning_runs_none_of_its_code(project):
    code = DIGESTS + f"import sys\nassert not [name for name in sys.modules if name.startswith('replications.{NAME}.')]"
    assert NAME in python(project, code)
