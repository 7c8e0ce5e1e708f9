"""Which chains' tickets figures, tables and verdicts need, and what a scale leaves of a figure."""

import json
import subprocess
import sys

import pytest

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT, resolve
from lth_common.runs.items import outputs_of, plan_path, write_plan
from lth_common.runs.needs import figure_at, tickets_drawn, tickets_for
from lth_common.runs.plan import plan_of

NAME = "data_subsets"
FIGURE = """
from lth_common import expressions as x

subsets = x.run("lenet_subsets", "as_released")
FIGURES.insert(0, x.histograms("weights", "Weights", "Weights.", y_label="density", panels=[
    x.panel("one", {"early": subsets["search_s10"].at(1), "dense": subsets["search_s10"].at(0),
                    "late": subsets["ARM"].at(15)}),
    x.panel("two", {"late": subsets["search_s10"].at(15)}),
]))
TABLES"""


@pytest.fixture
def paper(edited):
    return edited("TABLES", FIGURE.replace("ARM", "search_s10"), "figures.py")


def scale_levels(paper, scale):
    return resolve(NAME, paper, "lenet_subsets", "as_released", scale).prune.levels


def test_histograms_need_the_tickets_of_their_chains_at_their_levels(paper):
    plan = plan_of(NAME, "paper", paper)
    runs = tickets_drawn(plan, list(plan.runs))
    seeds = resolve(NAME, paper, "lenet_subsets", "as_released", "paper").seeds
    assert [(run.experiment, run.variant, run.arm, run.seed) for run, _ in runs] == [
        ("lenet_subsets", "as_released", "search_s10", seed) for seed in seeds]
    assert all(levels == [0, 1, 15] for _, levels in runs)
    assert tickets_drawn(plan, [("lenet_split", "as_released")]) == []


def test_only_what_uses_tickets_waits_for_them(paper):
    plan = plan_of(NAME, "paper", paper)
    assert tickets_for(plan, "figures", "weights")
    assert tickets_for(plan, "figures", "fig2_lenet") == []
    before = paper.figures["fig2_lenet"]
    peaks = [panel.model_copy(update={"metric": "survivors_peaks"}) for panel in before.panels]
    figure = before.model_copy(update={"panels": peaks})
    changed = paper.model_copy(update={"figures": paper.figures | {"fig2_lenet": figure}})
    assert tickets_for(plan_of(NAME, "paper", changed), "figures", "fig2_lenet")


def test_a_branch_has_no_tickets_to_show(edited):
    paper = edited("TABLES", FIGURE.replace("ARM", "ticket_s10"), "figures.py")
    with pytest.raises(LTHError, match="figures.py: weights: arm 'ticket_s10' starts from the tickets of 'search_s10'"):
        tickets_for(plan_of(NAME, "paper", paper), "figures", "weights")


def test_levels_that_a_scale_does_not_run_leave_the_figure(paper):
    assert scale_levels(paper, "smoke") < 15
    figure = figure_at(plan_of(NAME, "smoke", paper), "weights")
    assert [panel.title for panel in figure.panels] == ["one"]
    assert [series.label for series in figure.panels[0].series] == ["early", "dense"]
    assert figure.caption == "Weights. Not run at this scale: late (one); two."
    runs = tickets_for(plan_of(NAME, "smoke", paper), "figures", "weights")
    assert runs and all(levels == [0, 1] for _, levels in runs)
    only = paper.figures["weights"].model_copy(update={"panels": paper.figures["weights"].panels[1:]})
    with pytest.raises(LTHError, match="figure 'weights': nothing of it is run at scale 'smoke'"):
        figure_at(plan_of(NAME, "smoke", paper.model_copy(update={"figures": {"weights": only}})), "weights")


def test_a_branch_is_run_at_its_own_levels(paper):
    plan, pair = plan_of(NAME, "laptop", paper), ("lenet_split", "as_released")
    assert plan.is_run(pair, "s2_reinit", 3) and not plan.is_run(pair, "s2_reinit", 4)
    assert plan.is_run(pair, "s2", 4) and not plan.is_run(pair, "s2", 17)
    assert plan.is_run(pair, "s2_reinit") and not plan.is_run(pair, "nobody")


def test_a_count_that_somebody_edited_begins_anew(paper, tmp_path):
    plan = plan_of(NAME, "smoke", paper)
    for name in (plan_path(plan, "report"), *outputs_of(plan, "report", "report")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"made_again": "often"}')
    write_plan(plan, "report", "report", tmp_path)
    assert json.loads((tmp_path / plan_path(plan, "report")).read_text())["made_again"] == 1


def test_neither_what_plans_nor_what_draws_imports_torch():
    code = ("import sys; import lth_common.runs.jobs, lth_common.runs.items, lth_common.analysis.__main__; "
            "print({'torch', 'scipy.signal'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr
