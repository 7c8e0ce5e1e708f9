"""Released results: whole or not at all, of today's plan and of committed code, and shown in the README as they are."""

import json
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from workflow_project import FIGURES, edit, environment, make_project, snakemake

from lth_common.analysis.release import BEGIN, END, readme_verdicts
from lth_common.protocol.resolve import ROOT, paper_names
from lth_common.runs.sums import SUMS, check_sums

RELEASED = [name for name in paper_names() if (ROOT / "results" / "released" / name).exists()]
NEEDED = ("SCALE", "report.md", "verdicts.md", "verdicts.csv", "records.csv.gz", "runs.json", "figures", "tables")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The toy paper, committed and run at scale laptop."""
    root = make_project(tmp_path_factory.mktemp("project"))
    (root / "README.md").write_text(f"{BEGIN}\n{END}\n")
    (root / ".gitignore").write_text("results/\nstate/\nlogs/\n.snakemake/\n__pycache__/\n")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], cwd=root, check=True)
    run = snakemake(root, "all", scale="laptop")
    assert run.returncode == 0, run.stdout
    return root


@pytest.fixture
def project(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "project", copy_function=shutil.copy2)


def release(root, scale="laptop"):
    return subprocess.run([sys.executable, "-m", "lth_common.analysis.release", "toy", "--scale", scale], cwd=root,
                          env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_release_replaces_the_old_one_whole_and_is_restored_from(project):
    target = project / "results/released/toy"
    target.mkdir(parents=True)
    (target / "gone.csv").write_text("old")
    (project / "results/laptop/toy/figures/of_another_plan.svg").write_text("stray")
    assert release(project).returncode == 0
    assert all((target / name).exists() for name in NEEDED) and not (target / "gone.csv").exists()
    assert not (target / "figures/of_another_plan.svg").exists() and (target / "plan/fig1.json").exists()
    check_sums(target)
    assert "A toy paper" in (project / "README.md").read_text()
    shutil.rmtree(project / "results/runs")
    run = subprocess.run([sys.executable, "-m", "lth_common.runs.restore", "toy"], cwd=project, env=environment(),
                         text=True, capture_output=True, check=False)
    assert run.returncode == 0 and "toy: 4 restored\ntoy: 2 there" in run.stdout, run.stdout + run.stderr
    before = content(target)
    dry = snakemake(project, "all", "-n", scale="laptop")
    assert "train_" not in dry.stdout
    refused = release(project)  # the figure of tickets cannot be drawn from what was restored
    assert refused.returncode == 1 and "weights cannot be drawn" in refused.stdout and content(target) == before
    shown = subprocess.run([sys.executable, "-m", "lth_common.analysis", "figure", "toy", "fig1", "--released"],
                           cwd=project, env=environment(), text=True, capture_output=True, check=True).stdout
    drawn = project / "results/laptop/toy/released/figures/fig1.csv"
    assert str(drawn) in shown and drawn.read_bytes() == (target / "figures/fig1.csv").read_bytes()


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda root: (root / "results/laptop/toy/verdicts.csv").unlink(), "verdicts: missing"),
    (lambda root: (root / "results/laptop/toy/figures/fig1.csv").write_text("panel,mine"), "fig1: missing, changed"),
    (lambda root: edit(root, 'caption="Toy.", y_label="test', 'caption="New.", y_label="test'), "made of another plan"),
    (lambda root: dirty(root), "runs were made from uncommitted code, such as first/as_stated/winning/seed0"),
    (lambda root: (root / "README.md").write_text("no place"), "needs the lines"),
])
def test_what_is_not_of_todays_plan_stops_it_before_anything_changes(project, spoil, message):
    assert release(project).returncode == 0
    before = content(project / "results/released")
    spoil(project)
    run = release(project)
    assert run.returncode == 1 and message in run.stdout and "Traceback" not in run.stdout
    assert content(project / "results/released") == before


def dirty(root):
    """The same runs, made again with a change that nobody has committed."""
    shutil.rmtree(root / "results/runs")
    (root / "README.md").write_text((root / "README.md").read_text() + "more\n")
    assert snakemake(root, "all", scale="laptop").returncode == 0
    assert all(json.loads(path.read_text())["commit"].endswith("-dirty")
               for path in (root / "results/runs").glob("*/run.json"))


def test_smoke_is_never_released(project):
    run = release(project, "smoke")
    assert run.returncode == 1 and "'smoke' has no results to release; legal: laptop, paper" in run.stdout


def test_the_readme_shows_the_released_verdicts():
    page = (ROOT / "README.md").read_text()
    assert page.count(BEGIN) == page.count(END) == 1
    assert page.partition(BEGIN)[2].partition(END)[0].strip() == readme_verdicts().strip()


def test_the_readme_s_plot_of_records_runs_and_shows_every_arm(tmp_path, monkeypatch):
    block = re.search(r"^    import pandas as pd\n(?:    .*\n)+", (ROOT / "README.md").read_text(), re.M).group()
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(textwrap.dedent(block), names)
    records = names["records"]
    arms = set(records.loc[records["experiment"] == "cartpole", "arm"])
    assert {text.get_text() for text in names["grid"].legend.get_texts()} == arms != set()
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("name", RELEASED)
def test_released_results_are_complete_and_as_they_were_released(name):
    folder = ROOT / "results" / "released" / name
    assert [item for item in NEEDED if not (folder / item).exists()] == []
    check_sums(folder)
    assert SUMS not in {path.name for path in folder.iterdir()} or (folder / "plan").is_dir()


def test_the_toy_has_a_figure_of_tickets():
    assert "histograms(" in FIGURES
