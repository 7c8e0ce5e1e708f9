"""One process draws all of a paper's figures, and each still is a job of its own: with the real workflow."""

import subprocess
import sys

from test_nothing_stale import finished, lth, project  # noqa: F401
from workflow_project import edit, environment, snakemake

HISTOGRAMS = '"""Mean densities as stepped lines'
LABEL = 'y_label="test accuracy (%)"'


def pictures(root) -> dict[str, bytes]:
    """Figure -> its SVG and numbers."""
    folder = root / "results/smoke/toy/figures"
    return {item: b"".join((folder / f"{item}.{ending}").read_bytes() for ending in ("svg", "csv"))
            for item in ("fig1", "weights")}


def draw(root, item: str, kind: str = "figure") -> subprocess.CompletedProcess:
    """The job of a figure or table, with the modules that it imports named."""
    return subprocess.run([sys.executable, "-X", "importtime", "-m", "lth_common.analysis.drawing", kind, "toy", item,
                           "--scale", "smoke"], cwd=root, env=environment(), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


def edit_both(root) -> None:
    """Change what both figures and the table say, and plan it."""
    edit(root, LABEL, 'y_label="mended"')
    edit(root, 'y_label="density"', 'y_label="mended"')
    edit(root, 'measurement("weights"', 'measurement("mended"')
    assert snakemake(root, "all", "-n").returncode == 0


def test_the_first_job_draws_for_the_others_which_start_nothing_heavy(project):  # noqa: F811
    before, waiting = pictures(project), project / "results/smoke/toy/plan/drawn"
    edit_both(project)
    first = draw(project, "fig1")
    between = pictures(project)
    assert first.returncode == 0 and "seaborn" in first.stdout
    assert between["fig1"] != before["fig1"] and between["weights"] == before["weights"]
    assert len(list(waiting.rglob("weights.*"))) == 4 and not list(waiting.rglob("fig1.*"))
    second = draw(project, "weights")
    assert second.returncode == 0 and "weights.svg" in second.stdout
    assert "pandas" not in second.stdout and "seaborn" not in second.stdout
    assert pictures(project)["weights"] != before["weights"] and not list(waiting.rglob("weights.*"))
    third, table = draw(project, "table1", "table"), project / "results/smoke/toy/tables/table1.csv"
    assert third.returncode == 0 and "pandas" not in third.stdout and "mended" in table.read_text()
    run = snakemake(project, "all")
    assert run.returncode == 0, run.stdout
    assert "mended" in pictures(project)["weights"].decode()


def test_what_waits_is_not_taken_if_it_changed_and_what_is_made_stays(project):  # noqa: F811
    waiting = project / "results/smoke/toy/plan/drawn/figures/weights.csv"
    edit_both(project)
    draw(project, "fig1")
    waiting.write_text(waiting.read_text() + "\n")
    assert "seaborn" in draw(project, "weights").stdout
    edit(project, LABEL.replace("test accuracy (%)", "mended"), 'y_label="again"')
    before = pictures(project)
    assert snakemake(project, "toy_fig1").returncode == 0
    after = pictures(project)
    assert after["fig1"] != before["fig1"] and after["weights"] == before["weights"]


def test_a_figure_that_fails_costs_no_other(project):  # noqa: F811
    edit_both(project)
    code = project / "lth_common/analysis/figure_kinds.py"
    assert HISTOGRAMS in code.read_text()
    code.write_text(code.read_text().replace(HISTOGRAMS, "raise ValueError('broken')\n    " + HISTOGRAMS))
    before = pictures(project)["fig1"]
    run = snakemake(project, "all", "--keep-going")
    folder = project / "results/smoke/toy/figures"
    assert run.returncode != 0 and "broken" in run.stdout
    assert (folder / "fig1.svg").read_bytes() != before and not (folder / "weights.svg").exists()
    assert lth(project, "lth_common.analysis", "report", "toy", "--scale", "smoke").returncode == 1
