"""The real workflow, end to end: what runs, what runs again, and what survives."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pandas as pd
import pytest
from workflow_project import PAPER, command, edit, environment, make_project, snakemake

RUNS = "results/runs"
SECOND = "    arms: {winning: {about: iterative}}"  # of the toy's second experiment, whose run is one of the first's
OWN = "    prune: {scope: global, rates: {linear: 0.4}, levels: 2}\n" + SECOND


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The toy paper, run once; its second experiment is another than its first."""
    root = make_project(tmp_path_factory.mktemp("project"), PAPER.replace(SECOND, OWN))
    run = snakemake(root, "all")
    assert run.returncode == 0, run.stdout
    return root


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project that a test may change."""
    return shutil.copytree(finished, tmp_path / "project", copy_function=shutil.copy2)


def planned(run: subprocess.CompletedProcess) -> set[str]:
    """Names of the training rules in a dry run's job table."""
    assert run.returncode == 0, run.stdout
    return set(re.findall(r"^(train_\w+) +\d", run.stdout, flags=re.MULTILINE))


def records(root) -> dict[str, bytes]:
    """Content of every run's records, by the run's digest."""
    return {path.parent.name: path.read_bytes() for path in sorted((root / RUNS).glob("*/records.csv"))}


def test_a_folder_is_all_that_a_paper_needs(finished):
    out = finished / "results/smoke/toy"
    for name in ("report.md", "verdicts.csv", "verdicts.md", "records.csv.gz", "runs.json", "tables/table1.md",
                 "figures/fig1.svg", "figures/fig1.png", "figures/fig1.csv", "figures/weights.svg", "runs.csv"):
        assert (out / name).stat().st_size > 0, name
    assert len(records(finished)) == 6
    assert "1,480" in (out / "tables/table1.md").read_text()


def test_all_records_hold_each_number_once(finished):
    table = pd.read_csv(finished / "results/smoke/toy/records.csv.gz")
    key = ["paper", "experiment", "variant", "arm", "seed", "level", "step", "split", "metric"]
    assert not table.duplicated(key).any()
    assert set(table["arm"]) == {"winning", "reinit"}
    peaks = table[table["metric"] == "survivors_peaks"]
    assert peaks[["arm", "seed", "level"]].to_numpy().tolist() == [["winning", s, v] for s in (0, 1) for v in (0, 2)]


def test_equal_runs_are_made_once(tmp_path):
    root = make_project(tmp_path)
    assert planned(snakemake(root, "all", "-n")) == {"train_toy_first_as_stated"}
    index = pd.read_csv(root / "results/smoke/toy/runs.csv")
    assert len(index) == 6 and index["digest"].nunique() == 4


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in snakemake(finished, "all", "-n").stdout


def test_descriptions_rerun_nothing(project):
    edit(project, "tickets of a small network", "other words")
    assert not planned(snakemake(project, "all", "-n"))


def test_other_chunks_train_nothing_anew(project):
    before = {path: path.read_bytes() for path in (project / RUNS).rglob("run.json")}  # they hold the wall time
    run = snakemake(project, "all", chunk="run")
    assert run.returncode == 0 and not planned(snakemake(project, "all", "-n", chunk="arm")), run.stdout
    assert {path: path.read_bytes() for path in (project / RUNS).rglob("run.json")} == before


def test_editing_one_experiment_reruns_that_experiment_only(project):
    edit(project, "{linear: 0.4}", "{linear: 0.3}")
    assert planned(snakemake(project, "all", "-n")) == {"train_toy_second_as_stated"}


def test_one_figure_needs_its_own_experiments_only(tmp_path):
    run = snakemake(make_project(tmp_path, PAPER.replace(SECOND, OWN)), "toy_fig1", "-n")
    assert planned(run) == {"train_toy_first_as_stated"}


def test_scales_share_their_runs_and_nothing_else(finished):
    run = snakemake(finished, "all", "-n", scale="laptop")
    assert not planned(run) and "results/smoke" not in run.stdout and "results/laptop/toy/report.md" in run.stdout


def test_a_killed_run_goes_on_to_the_same_records(finished, tmp_path):
    long = PAPER.replace("budget: 3ep", "budget: 60ep").replace(SECOND, OWN)
    whole, killed = make_project(tmp_path / "whole", long), make_project(tmp_path / "killed", long)
    assert snakemake(whole, "all", checkpoint_seconds=0).returncode == 0
    process = subprocess.Popen(command("all", checkpoint_seconds=0), cwd=killed, env=environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(killed.glob("state/**/checkpoint.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(killed.glob("state/**/checkpoint.pt")), "the run ended before it could be killed"
    again = snakemake(killed, "all", "--profile", "workflow/profiles/default", checkpoint_seconds=0)
    assert again.returncode == 0, again.stdout
    assert records(killed) == records(whole)


@pytest.mark.parametrize(("mistake", "message"), [
    (("hidden: [20]", "hiden: [20]"),
     ("protocol.yaml", "experiments.first.model.hiden: unknown key", "did you mean 'hidden'")),
    (("{linear: 0.5}", "{linear: 1.2}"), ("protocol.yaml", "experiments.first.prune", "1.2")),
    (("template: small", "template: smal"), ("protocol.yaml", "first.template: 'smal' is not a template", "'small'")),
    (("from: winning", "from: wining"),
     ("protocol.yaml", "experiments.first.arms.reinit.from: 'wining'", "did you mean 'winning'")),
    (('"reinit": first["reinit"]', '"reinit": first["rinit"]'), ("figures.py: fig1: arm 'rinit'", "'reinit'")),
    (('["winning"]\nCLAIMS', '["losing"]\nCLAIMS'), ("claims.py: C1: arm 'losing'", "winning")),
    (('"fig1", title="Toy"', '"fig1", colour="red", title="Toy"'), ("figures.py, line 6: colour", "'red'")),
    (('rules=[\n', 'rules=[,\n'), ("claims.py, line 4: invalid syntax",)),
    (("percent(30)", "per_cent(30)"), ("claims.py, line 5: NameError", "per_cent")),
])
def test_bad_papers_end_with_one_message_and_lose_nothing(project, mistake, message):
    before = records(project)
    edit(project, *mistake)
    run = snakemake(project, "all")
    assert run.returncode != 0
    assert "Traceback" not in run.stdout
    for part in ("replications/toy/", *message):
        assert part in run.stdout
    assert records(project) == before


def test_a_misspelt_workflow_setting_is_refused(finished):
    run = snakemake(finished, "all", "-n", scal="smoke")
    assert run.returncode != 0
    assert "scal" in run.stdout


def test_a_failing_job_says_why_and_takes_no_finished_run_with_it(project):
    """A data range beyond the data shows only when the data are there. A run of the same job, made before the one that
    fails, stays, though Snakemake takes the stamps of both away.
    """
    edit(project, SECOND, "    data:\n      name: digits\n      mean: 0.3\n      std: 0.38\n      subsets:\n"
         "        full: {train: [0, 1200], validation: [1200, 1437]}\n"
         "        far: {train: [90000, 99999], validation: [0, 1]}\n"
         "    seeds: [7]\n    arms:\n      winning: {about: iterative}\n      far: {about: too far, data: far}")
    before = records(project)
    run = snakemake(project, "all")
    assert run.returncode != 0 and "[90000, 99999)" in run.stdout
    after = records(project)
    assert after.items() > before.items() and len(after) == len(before) + 1
    [fresh] = after.keys() - before.keys()
    made = json.loads((project / RUNS / fresh / "run.json").read_text())
    edit(project, "      far: {about: too far, data: far}", "")
    run = snakemake(project, "all")
    log = (project / "logs/smoke/train_toy_second_as_stated.log").read_text()
    assert run.returncode == 0 and "finished before" in log
    assert json.loads((project / RUNS / fresh / "run.json").read_text()) == made
