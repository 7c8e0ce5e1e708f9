"""Experiments that a scale does not run: nothing of them is planned or drawn, and their rules stay undecided."""

import pytest
from workflow_project import FIGURES, PAPER, make_project, snakemake

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.runs.jobs import jobs
from lth_common.runs.needs import figure_at, left_out, shown
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


def test_published_points_stand_alone_and_short_panels_are_named(tmp_path):
    """An average is that of what is run of it, if that is two arms at least."""
    figures = FIGURES.replace("""        "reinit": first["reinit"],
    })]),""", """        "reinit": (first["reinit"], published("fig1", "winning")),
    }), panel("all", {"average": [first["winning"], first["reinit"], first["permuted"]]}),
        panel("short", {"second": run("second", "as_stated")["winning"]})]),""")
    text = PAPER.replace("      reinit:",
                         "      permuted: {about: control, from: winning, mask: permuted}\n      reinit:")
    less = "  laptop: {about: less, set: {first: {arms: {ARMS}}, second: {prune: {levels: 1}}}}"
    found = []
    for arms in ("permuted: null", "permuted: null, reinit: null"):
        here = text.replace("  laptop: {about: in full}", less.replace("ARMS", arms))
        found.append(figure_at(plan_at(tmp_path / arms[-12:-6], here, figures=figures), "fig1"))
    both, one = found
    short = "Not drawn, as only a level or two are run at this scale: short."
    assert both.caption == f"Toy. {short}" and one.caption == f"Toy. Not run at this scale: reinit (toy); all. {short}"
    assert [panel.title for panel in both.panels] == ["toy", "all"] and [panel.title for panel in one.panels] == ["toy"]
    assert both.panels[1].series[0].arms == ["winning", "reinit"]
    assert [(s.label, s.is_run) for s in one.panels[0].series] == [("winning", True), ("reinit", False)]
