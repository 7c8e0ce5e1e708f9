"""Several runs in one process: what one that cannot be made costs, and what a job may make beside its own."""

import os
import shutil
import signal
import subprocess
import time

import pytest
from workflow_project import PAPER, command, edit, environment, make_project, snakemake

from lth_common.errors import LTHError
from lth_common.runs import shared
from lth_common.runs.jobs import jobs
from lth_common.runs.plan import plan_of
from lth_common.runs.store import folder, write_run

NAME = "data_subsets"
FAR = """    arms:
      winning: {about: iterative}
      far: {about: too far, data: far}
      branch: {about: control, from: far, weights: reinit}"""
FAILING = PAPER.replace("    arms: {winning: {about: iterative}}", """    seeds: [7]
    data: {subsets: {far: {train: [90000, 99999], validation: [0, 1]}}}
""" + FAR)


@pytest.fixture(scope="module")
def plan():
    return plan_of(NAME, "smoke")


@pytest.fixture
def planned(tmp_path, plan):
    """What a call of the workflow trains: two jobs of the paper; and their runs."""
    own = jobs({NAME: plan}, "experiment", root=tmp_path)[:2]
    shared.write(jobs({NAME: plan}, "experiment", root=tmp_path), {job.name for job in own}, "state/s.json", tmp_path)
    digests = {part for job in own for path in job.outputs for part in [path.split("/")[-2]]}
    return tmp_path / "state/s.json", [run for run in plan.all_runs() if run.digest in digests]


def finish(run, root):
    made = {"tickets.safetensors": b"t"} if run.chain is None else {}
    write_run(run, {}, {"records.csv": b"x\n"} | made, root)


@pytest.fixture(autouse=True)
def papers_here(monkeypatch, plan):
    """The plan of the real paper, though runs lie in a folder of the test's."""
    monkeypatch.setattr(shared, "plan_of", lambda name, scale, root: plan)


def test_all_runs_of_this_call_and_no_other_are_made_once_each_after_its_chain(tmp_path, planned):
    path, runs = planned
    made = []
    for run in shared.left(path, NAME, "smoke", tmp_path):
        assert run.chain is None or run.chain.digest in made
        finish(run, tmp_path)
        made.append(run.digest)
    assert sorted(made) == sorted(run.digest for run in runs) and any(run.chain for run in runs)


def test_two_jobs_never_get_the_same_run(tmp_path, planned):
    path, runs = planned
    one, two = (shared.left(path, NAME, "smoke", tmp_path) for _ in range(2))
    got = [run.digest for pair in zip(one, two, strict=False) for run in pair]
    assert len(set(got)) == len(got) >= 2


def test_what_was_begun_is_left_to_its_own_job_and_a_branch_waits_for_whole_tickets(tmp_path, planned):
    path, runs = planned
    chain = next(run.chain for run in runs if run.chain is not None)
    (tmp_path / "state" / chain.digest).mkdir(parents=True)
    found = {run.digest for run in shared.left(path, NAME, "smoke", tmp_path)}
    assert chain.digest not in found and not any(
        run.chain and run.chain.digest == chain.digest and run.digest in found for run in runs)
    finish(chain, tmp_path)
    (folder(chain.digest, tmp_path) / "tickets.safetensors").unlink()
    assert not list(shared.left(path, NAME, "smoke", tmp_path))  # all others are the first call's
    assert not list(shared.left(tmp_path / "none", NAME, "smoke", tmp_path))


def test_one_that_cannot_be_made_costs_itself_and_its_branches(plan, caplog):
    runs = plan.all_runs()
    bad = next(run.chain for run in runs if run.chain is not None)
    made = []

    def make(run):
        if run is bad:
            raise LTHError("no such data")
        made.append(run)

    assert not shared.make_all(runs, make)
    hit = [run for run in runs if run is bad or (run.chain is not None and run.chain.digest == bad.digest)]
    assert len(hit) > 1 and made == [run for run in runs if run not in hit]
    assert "no such data" in caplog.text and all(run.name in caplog.text for run in hit)
    assert shared.make_all([run for run in runs if run not in hit], make)


def test_whatever_goes_wrong_in_another_jobs_run_does_not_end_this_one(plan, caplog):
    def make(run):
        raise ZeroDivisionError("its code")

    shared.make_along(plan.all_runs()[0], make)
    assert "is left to its own job: ZeroDivisionError: its code" in caplog.text


def test_a_run_that_fails_at_smoke_fails_its_own_job_alone(tmp_path):
    root = make_project(tmp_path, FAILING)
    run = snakemake(root, "all", "--keep-going")
    assert run.returncode != 0 and "Error in rule train_toy_second_as_stated" in run.stdout
    assert "Error in rule train_toy_first" not in run.stdout and "[90000, 99999)" in run.stdout
    assert "branch/seed7: not begun" in run.stdout
    out = root / "results/smoke/toy"
    assert (out / "figures/fig1.svg").exists() and (out / "figures/weights.svg").exists()  # all of the first alone
    assert not (out / "verdicts.md").exists() and not (out / "report.md").exists()
    files = list((root / "results/runs").glob("*/run.json"))
    before = {path: path.read_bytes() for path in files}
    assert len(before) == 5  # the first's four, and the second's own that can be made
    edit(root, FAR, "    arms: {winning: {about: iterative}}")
    again = snakemake(root, "all")
    assert again.returncode == 0 and (out / "report.md").exists(), again.stdout
    assert {path: path.read_bytes() for path in files} == before


def test_a_kill_in_the_middle_costs_nothing_that_is_finished_and_is_made_good(tmp_path):
    root = make_project(tmp_path, PAPER.replace("seeds: [0, 1]", "seeds: [0, 1, 2, 3, 4, 5]"))
    process = subprocess.Popen(command("all", "--nolock"), cwd=root, env=environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(root.glob("results/runs/*/ok")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path: path.read_bytes() for path in root.glob("results/runs/*/run.json")}
    assert before and not (root / "results/smoke/toy/report.md").exists()
    again = snakemake(root, "all", "--profile", "workflow/profiles/default")
    assert again.returncode == 0 and (root / "results/smoke/toy/report.md").exists(), again.stdout
    assert {path: path.read_bytes() for path in before} == before
    assert "Nothing to be done" in snakemake(root, "all", "-n").stdout
    shutil.rmtree(root)
