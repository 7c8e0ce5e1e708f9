"""The real workflow, end to end: what runs, what runs again, and what survives."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
from workflow_project import PAPER, command, environment, make_project, snakemake

from lth_common.tickets.ticket import load_book, save_book

CELLS = "results/smoke/toy/cells"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The toy paper, run once."""
    root = make_project(tmp_path_factory.mktemp("project"))
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
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted((root / CELLS).rglob("records.csv"))}


def test_a_folder_is_all_that_a_paper_needs(finished):
    out = finished / "results/smoke/toy"
    for name in ("report.md", "verdicts.csv", "verdicts.md", "records.csv.gz", "runs.json", "tables/table1.md",
                 "figures/fig1.svg", "figures/fig1.png", "figures/fig1.csv", "figures/weights.svg"):
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


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in snakemake(finished, "all", "-n").stdout


def test_descriptions_rerun_nothing(project):
    paper = project / "replications/toy/paper.yaml"
    paper.write_text(PAPER.replace("tickets of a small network", "other words"))
    assert not planned(snakemake(project, "all", "-n"))


def test_another_batch_layout_trains_nothing_anew(project):
    before = {path: path.read_bytes() for path in (project / CELLS).rglob("run.json")}  # they hold the wall time
    run = snakemake(project, "all", cells_per_job=1)
    assert run.returncode == 0, run.stdout
    assert {path: path.read_bytes() for path in (project / CELLS).rglob("run.json")} == before


def test_editing_one_experiment_reruns_that_experiment_only(project):
    edited = PAPER.replace("    arms: {winning: {about: iterative}}", "    prune: {scope: global, rates: "
                           "{linear: 0.4}, levels: 2}\n    arms: {winning: {about: iterative}}")
    assert edited != PAPER
    (project / "replications/toy/paper.yaml").write_text(edited)
    assert planned(snakemake(project, "all", "-n")) == {"train_toy_second_as_stated_0"}


def test_one_figure_needs_its_own_experiments_only(tmp_path):
    run = snakemake(make_project(tmp_path), "toy_fig1", "-n")
    assert planned(run) == {"train_toy_first_as_stated_0"}


def test_scales_do_not_mix(finished):
    run = snakemake(finished, "all", "-n", scale="laptop")
    assert len(planned(run)) == 3  # three runs a job: chains of both experiments, branches of one
    assert "results/smoke" not in run.stdout


def test_a_killed_run_goes_on_to_the_same_records(finished, tmp_path):
    long = PAPER.replace("budget: 3ep", "budget: 60ep")
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


@pytest.mark.parametrize(("edit", "message"), [
    (("hidden: [20]", "hiden: [20]"), ("experiments.first.model.hiden: unknown key", "did you mean 'hidden'")),
    (("{linear: 0.5}", "{linear: 1.2}"), ("experiments.first.prune", "1.2")),
    (("from: winning", "from: wining"), ("experiments.first.arms.reinit.from: 'wining'", "did you mean 'winning'")),
    (("{label: reinit, arm: reinit}", "{label: reinit, arm: rinit}"), ("figures.fig1: arm 'rinit'", "'reinit'")),
    (("variant: as_stated, arm: winning}", "variant: as_stated, arm: losing}"), ("claims.C1: arm 'losing'", "winning")),
    (("  fig1:", "  fig1:\n    colour: red"), ("figures.fig1.colour: unknown key",)),
])
def test_bad_papers_end_with_one_message_and_lose_nothing(project, edit, message):
    before = records(project)
    paper = project / "replications/toy/paper.yaml"
    assert edit[0] in PAPER
    paper.write_text(PAPER.replace(*edit))
    run = snakemake(project, "all")
    assert run.returncode != 0
    assert "Traceback" not in run.stdout
    for part in ("replications/toy/paper.yaml", *message):
        assert part in run.stdout
    assert records(project) == before


def test_a_misspelt_workflow_setting_is_refused(finished):
    run = snakemake(finished, "all", "-n", scal="smoke")
    assert run.returncode != 0
    assert "scal" in run.stdout


def test_a_failing_job_says_why_and_keeps_what_is_finished(project):
    """A data range beyond the data shows only when the data are there; the other experiment's results stay."""
    paper = project / "replications/toy/paper.yaml"
    paper.write_text(PAPER.replace("    arms: {winning: {about: iterative}}",
                                   "    data:\n      name: digits\n      mean: 0.3\n      std: 0.38\n"
                                   "      subsets: {full: {train: [0, 99999], validation: [0, 10]}}\n"
                                   "    arms: {winning: {about: iterative}}"))
    before = {k: v for k, v in records(project).items() if "/first/" in k}
    run = snakemake(project, "all")
    assert run.returncode != 0
    assert "data.subsets.full: [0, 99999)" in run.stdout
    assert {k: v for k, v in records(project).items() if "/first/" in k} == before


def test_a_truncated_checkpoint_is_named_and_not_used(project):
    shutil.rmtree(project / "results")
    for done in project.glob("state/smoke/toy/cells/second/**/run.json"):
        done.unlink()
        (done.parent / "checkpoint.pt").write_bytes(b"PK\x03\x04 cut short")
    run = snakemake(project, "all")
    assert run.returncode != 0
    assert "damaged checkpoint" in run.stdout and "delete it" in run.stdout


def test_tickets_of_another_model_are_named_and_not_used(project):
    """Somebody copies a chain's file over another's, or keeps one from before an edit."""
    tickets = project / CELLS / "first/as_stated/winning/seed0/tickets.safetensors"
    shutil.copyfile(project / CELLS / "second/as_stated/winning/seed0/tickets.safetensors", tickets)
    shutil.rmtree(project / "state")
    run = subprocess.run([sys.executable, "-m", "lth_common.runs.train", "toy", "first", "as_stated", "reinit:0",
                          "--scale", "smoke"], cwd=project, env=environment(), text=True, capture_output=True,
                         check=False)
    assert run.returncode == 1
    assert str(tickets) in run.stderr and "other settings" in run.stderr


def test_tickets_of_other_data_are_named_and_not_used(project):
    """Word vectors come from another file, say, or a data set is replaced after its chains were run."""
    folder = project / CELLS / "first/as_stated/winning/seed0"
    book = load_book(folder / "tickets.safetensors")
    other = replace(book, provenance=book.provenance | {"data": "digits 0123456789ab"})
    save_book(other, folder / "tickets.safetensors")
    shutil.rmtree(project / "state")
    run = subprocess.run([sys.executable, "-m", "lth_common.runs.train", "toy", "first", "as_stated", "reinit:0",
                          "--scale", "smoke"], cwd=project, env=environment(), text=True, capture_output=True,
                         check=False)
    assert run.returncode == 1
    assert "found with other data (digits 0123456789ab) than there are now (" in run.stderr
    assert f"delete {folder}" in run.stderr
