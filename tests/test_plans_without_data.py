"""What plans are without the data sets that could not be fetched: every paper can still be planned and reported."""

import json
import subprocess
import sys

import pytest
from lacking_project import lacking_project
from workflow_project import environment

from lth_common.analysis.claims import judge
from lth_common.analysis.published import read_published
from lth_common.analysis.release import check_release
from lth_common.datasets.sets import SETS
from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import ROOT, paper_names
from lth_common.runs import data, items, needs
from lth_common.runs.plan import plan_of
from lth_common.runs.records import frame


@pytest.fixture(autouse=True)
def no_data(monkeypatch, tmp_path):
    monkeypatch.delenv("LTH_DATA", raising=False)
    monkeypatch.setattr("lth_common.datasets.locate.DATA_FOLDER", tmp_path / "data")


def say_missing(root, name):
    path = root / data.status_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"status": data.MISSING}))


@pytest.mark.parametrize("name", paper_names(ROOT))
def test_a_paper_none_of_whose_data_are_here_is_planned_and_judged(name, tmp_path):
    whole = plan_of(name, "laptop")
    waits = data.waiting([whole], root=tmp_path)
    assert waits and all(set(sets) <= SETS.keys() for sets in waits.values())
    for lacking in {name for sets in waits.values() for name in sets}:
        say_missing(tmp_path, lacking)
    plan = data.at_hand(whole, tmp_path)
    assert {run.digest for run, _ in plan.unmade} == waits.keys()
    assert {run.digest for run in plan.all_runs()} == {run.digest for run in whole.all_runs()} - waits.keys()
    for kind, item in items.items_of(plan, tmp_path):
        assert items.content_of(plan, kind, item, tmp_path)
        assert not waits.keys() & {run.digest for run in items.runs_of_item(plan, kind, item)}
    absent = needs.left_out(plan)
    assert {why for arm, why in absent.items() if arm in plan.lacking} and not any(
        "this scale" in absent[arm] for arm in plan.lacking)
    if not plan.all_runs():
        published = read_published(ROOT / "replications" / name / "published.csv")
        for key, claim in plan.paper.claims.items():
            for rule in judge(key, claim, frame([]), published, absent).rules:
                assert (rule.verdict, rule.n) == ("undecided", 0) and "not run" in rule.note


def test_what_the_scale_leaves_out_and_what_lacks_data_are_told_apart(tmp_path):
    root = lacking_project(tmp_path / "project")
    paper = root / "replications/toy/protocol.yaml"
    paper.write_text(paper.read_text().replace("  laptop: {about: in full}",
                                               "  laptop: {about: less, set: {first: {arms: {reinit: null}}}}"))
    plan = plan_of("toy", "laptop", load_paper("toy", root))
    say_missing(root, "mnist")
    here = data.at_hand(plan, root)
    assert needs.figure_at(here, "fig1").caption == "Toy. Not run at this scale: reinit (toy)."
    assert needs.figure_at(here, "mixed").caption == "Toy. Not run for want of data (mnist): drawn digits."
    assert needs.left_out(here) == {("first", "as_stated", "reinit"): "not run at this scale",
                                    ("second", "as_stated", "winning"): "not run: data (mnist)"}
    with pytest.raises(LTHError, match="figure 'alone': nothing of it is run at scale 'laptop'; 2 runs of it lack "
                                       "data: mnist: Get it"):
        needs.figure_at(here, "alone")
    with pytest.raises(LTHError, match="toy: not all of it is run, for want of data: mnist: Get it"):
        check_release(plan, root)


@pytest.mark.parametrize("content", ["", "[]", '{"status": "there"}', '{"status"'])
def test_only_a_status_that_says_so_makes_a_set_missing(content, tmp_path):
    say_missing(tmp_path, "mnist")
    assert data.missing(tmp_path) == {"mnist"}
    (tmp_path / data.status_path("mnist")).write_text(content)
    assert data.missing(tmp_path) == set() and data.at_hand(plan := plan_of("data_subsets", "laptop"), tmp_path) is plan


def test_a_status_of_a_set_that_the_table_no_longer_has_is_nothing(tmp_path):
    say_missing(tmp_path, "gone")
    assert data.missing(tmp_path) == set()
    data.forget_present(tmp_path)


def test_a_run_made_by_hand_says_what_is_missing(tmp_path):
    root = lacking_project(tmp_path / "project")
    run = subprocess.run([sys.executable, "-m", "lth_common.runs.train", "toy", "second", "as_stated", "winning:0",
                          "--scale", "smoke", "--device", "cpu"], cwd=root, env=environment(), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert run.returncode == 1
    assert "error: second/as_stated/winning/seed0: data set mnist: no MNIST/raw in" in run.stdout
    assert "Traceback" not in run.stdout and not (root / "results").exists()
