"""Every folder of `replications/` keeps the contract: whatever it names is there, at every scale."""

from typing import get_args

import pytest

from lth_common.analysis.published import read_published
from lth_common.expressions.leaves import leaves
from lth_common.expressions.paper import load_paper
from lth_common.expressions.published_checks import check_published, published_checks
from lth_common.protocol.resolve import ROOT, arm_settings, experiments_of, levels_of, paper_names, resolve
from lth_common.protocol.schema.paper import SCALES, Prune
from lth_common.protocol.task_names import task_class
from lth_common.runs.needs import needed_by, tickets_drawn
from lth_common.runs.plan import plan_of
from replications.rl_nlp_tickets.atari.schema import Data as AtariData

FOLDERS = sorted(p.name for p in (ROOT / "replications").iterdir() if p.is_dir() and p.name[0] not in "._")
every_paper = pytest.mark.parametrize("name", FOLDERS)
every_scale = pytest.mark.parametrize("scale", SCALES)
# Data that come with the packages or are drawn, and games.
OFFLINE = ("digits", "generated", "cartpole", "acrobot", "lunar_lander",
           *get_args(AtariData.model_fields["name"].annotation))


def test_there_are_papers_and_every_folder_is_one():
    assert FOLDERS and paper_names() == FOLDERS


@every_paper
@pytest.mark.parametrize("file", ["protocol.yaml", "claims.py", "figures.py", "published.csv", "README.md"])
def test_the_folder_has_its_files(name, file):
    assert (ROOT / "replications" / name / file).is_file()


@every_paper
def test_the_readme_names_every_variant(name):
    text = (ROOT / "replications" / name / "README.md").read_text(encoding="utf-8")
    assert [variant for variant in load_paper(name).variants if variant not in text] == []


@every_paper
def test_the_stated_protocol_is_declared_and_every_variant_is_run(name):
    paper = load_paper(name)
    assert "as_stated" in paper.variants
    assert {variant for _, variant in experiments_of(name, paper)} == paper.variants.keys()


@every_paper
@every_scale
def test_every_experiment_resolves_at_every_scale(name, scale):
    plan = plan_of(name, scale)
    paper = plan.paper
    assert paper.scales.keys() == set(SCALES)
    for experiment, variant in experiments_of(name, paper):
        assert plan.runs[experiment, variant] or scale == "laptop"  # paper and smoke run everything


@every_paper
def test_the_scale_paper_changes_nothing(name):
    assert load_paper(name).scales["paper"].set == {}


@every_paper
def test_smaller_scales_say_what_they_change(name):
    scales = load_paper(name).scales
    assert scales["smoke"].set and all(scale.about.strip() for scale in scales.values())


@every_paper
def test_smoke_needs_no_network_and_its_tasks_can_be_built(name):
    paper = load_paper(name)
    for experiment, variant in experiments_of(name, paper):
        small = resolve(name, paper, experiment, variant, "smoke")
        assert small.data["name"] in OFFLINE or (ROOT / small.data["name"]).is_file()  # of the paper's folder
        for arm in {(a.data, a.validation): n for n, a in small.arms.items()}.values():
            task = task_class(small.task)(arm_settings(small, arm), small.arms[arm], small.prune, "cpu")
            assert any(parameter.prunable for parameter in task.parameters)


@every_paper
def test_smoke_runs_every_arm_of_the_paper(name):
    paper = load_paper(name)
    for experiment, variant in experiments_of(name, paper):
        full, smoke = (resolve(name, paper, experiment, variant, scale).arms for scale in ("paper", "smoke"))
        assert smoke.keys() == full.keys()


@every_paper
def test_whatever_is_drawn_or_judged_is_run(name):
    paper = load_paper(name)
    arms = {pair: resolve(name, paper, *pair, "paper").arms for pair in experiments_of(name, paper)}
    for where, experiment, variant, arm, *_ in leaves(paper):
        assert (experiment, variant) in arms, f"{where}: {experiment} is not run {variant}"
        assert arm is None or arm in arms[experiment, variant], f"{where}: {experiment}/{variant} has no arm {arm}"
    for kind in ("figures", "tables"):
        for item in getattr(paper, kind):
            assert needed_by(paper, kind, item)


@every_paper
@every_scale
def test_weights_that_histograms_show_are_kept(name, scale):
    plan = plan_of(name, scale)
    for chain, levels in tickets_drawn(plan, list(plan.runs)):
        rules = Prune.model_validate(chain.spec["prune"])
        assert levels == [0] or rules.keep_trained == "all", f"{chain.name}: the threshold of pruning is lost"


@every_paper
def test_settings_that_tables_show_are_there(name):
    paper = load_paper(name)
    for table in paper.tables.values():
        for row in (row for row in table.rows if row.setting):
            for variant in table.variants:
                value = resolve(name, paper, row.experiment, variant, "paper").model_dump(mode="json")
                for part in row.setting.split("."):
                    assert part in value, f"{table.title}: {row.setting}"
                    value = value[part]


@every_paper
def test_levels_that_figures_tables_and_claims_name_are_reached(name):
    paper = load_paper(name)
    resolved = {pair: resolve(name, paper, *pair, "paper") for pair in experiments_of(name, paper)}
    for where, experiment, variant, arm, *_, level in (leaf for leaf in leaves(paper) if leaf.level is not None):
        levels = levels_of(resolved[experiment, variant], arm)
        assert level in levels, f"{where}: level {level} of {experiment}/{variant}/{arm}"


@every_paper
def test_every_published_number_that_is_shown_exists(name):
    paper = load_paper(name)
    check_published(name, paper, ROOT)
    published = read_published(ROOT / "replications" / name / "published.csv")
    assert bool(list(published_checks(paper))) == bool(len(published))  # an original study has none of either
