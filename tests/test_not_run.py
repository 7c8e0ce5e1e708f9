"""Experiments that a scale does not run: nothing of them is planned or drawn, and their rules stay undecided."""

import pytest
from workflow_project import FIGURES, PAPER, make_project, snakemake

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.runs.jobs import jobs
from lth_common.runs.needs import left_out, shown
from lth_common.runs.plan import plan_of, plans

OFF = PAPER.replace("  laptop: {about: in full}", "  laptop: {about: less, set: {first: {arms: null}}}")


def plan_at(tmp_path, text, scale="laptop", figures=FIGURES):
    root = tmp_path / "project"
    paper = load_paper("toy", root if root.exists() else make_project(root, text, figures=figures))
    return plan_of("toy", scale, paper)


def test_nothing_of_them_is_planned_or_drawn(tmp_path):
    plan = plan_at(tmp_path, OFF)
    assert {job.experiment for job in jobs({"toy": plan}, "auto", root=tmp_path)} == {"second"}
    assert shown(plan, "figures") == shown(plan, "tables") == []
    assert shown(plan_at(tmp_path, OFF, "paper"), "figures") == ["fig1", "weights"]
    assert left_out(plan).keys() == {("first", "as_stated", "winning"), ("first", "as_stated", "reinit")}


def test_the_workflow_ends_with_a_report_that_says_so(tmp_path):
    text = PAPER.replace("  smoke: {about: in full}", "  smoke: {about: less, set: {first: {arms: null}}}")
    root = make_project(tmp_path / "project", text)
    run = snakemake(root, "toy")
    assert run.returncode == 0, run.stdout
    report = (root / "results/smoke/toy/report.md").read_text()
    assert "`first`: `arms` = `not run`" in report and "not run at this scale: first/as_stated/winning" in (
        root / "results/smoke/toy/verdicts.md").read_text()
    assert not (root / "results/smoke/toy/figures").exists()


def test_a_figure_whose_series_are_all_left_out_is_not_drawn(tmp_path):
    series = '        "winning": (first["winning"], published("fig1", "winning")),\n'
    assert series in FIGURES
    text = PAPER.replace("  laptop: {about: in full}", "  laptop: {about: less, set: {first: {arms: {reinit: null}}}}")
    assert shown(plan_at(tmp_path, text, figures=FIGURES.replace(series, "")), "figures") == ["weights"]


def test_settings_of_what_is_not_run_are_read_all_the_same(tmp_path):
    text = PAPER.replace("  laptop: {about: in full}",
                         "  laptop: {about: less, set: {first: {arms: null, train: {bugdet: 1ep}}}}")
    with pytest.raises(LTHError, match="first.train.bugdet: unknown key; did you mean 'budget'"):
        plan_at(tmp_path, text)


def test_at_scale_paper_every_experiment_has_arms(tmp_path):
    text = PAPER.replace("    arms: {winning: {about: iterative}}", "    arms: {}")
    root = make_project(tmp_path / "project", text)
    with pytest.raises(LTHError, match=r"second.arms \(variant as_stated\): at least one arm is required"):
        plans("laptop", root)
