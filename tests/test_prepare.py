"""Data that take long to make are a step of the workflow: made once, before what trains on them."""

import json
import subprocess
import sys

import pytest

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.runs.jobs import jobs, preparations
from lth_common.runs.plan import plan_of
from lth_common.runs.prepare import prepare

PAPER = "rl_nlp_tickets"


@pytest.mark.parametrize("scale", ["smoke", "paper"])
def test_every_job_of_such_a_task_waits_for_its_data_and_no_other_does(tmp_path, scale):
    plan = plan_of(PAPER, scale)
    found = jobs({PAPER: plan}, "arm", root=tmp_path)
    made = {job.prepared: job for job in preparations(found)}
    waiting = {job.experiment for job in found if made.keys() & set(job.inputs)}
    assert waiting == {name for (name, _), own in plan.resolved.items() if own.task == "translation"}
    corpora = {plan.resolved[job.experiment, job.variant].data["name"] for job in made.values()}
    assert len(corpora) == len(made) == {"smoke": 1, "paper": 2}[scale]


def test_the_step_says_what_it_made(tmp_path):
    out = tmp_path / "deep" / "about.json"
    subprocess.run([sys.executable, "-m", "lth_common.runs.prepare", "rl_nlp_tickets", "multi30k", "as_stated",
                    "--scale", "smoke", "--out", out], cwd=ROOT, check=True)
    about = json.loads(out.read_text())
    assert about["corpus"] == "generated" and about["subwords"] > 50 and about["seconds"] >= 0


def test_a_failure_is_one_line_and_leaves_no_file(tmp_path):
    out = tmp_path / "about.json"
    run = subprocess.run([sys.executable, "-m", "lth_common.runs.prepare", "rl_nlp_tickets", "multi30k", "as_stated",
                          "--scale", "paper", "--out", out], cwd=ROOT, check=False, capture_output=True, text=True,
                         env={"PATH": "/usr/bin", "LTH_DATA": str(tmp_path / "nowhere")})
    assert run.returncode == 1 and "is no folder: correct it or unset it" in run.stderr and not out.exists()
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(("experiment", "message"), [
    ("cartpole", "task 'control' prepares no data"),
    ("transformer_big", "scale 'laptop' does not run this experiment"),  # days of a GPU
])
def test_there_must_be_something_to_prepare(experiment, message):
    with pytest.raises(LTHError, match=message):
        prepare("rl_nlp_tickets", experiment, "as_stated", "laptop")
