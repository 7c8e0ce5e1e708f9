"""A run is named by what moves its numbers, and by nothing else."""

import shutil
from dataclasses import replace

import pytest
import yaml
from conftest import EDITED as NAME

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol import task_names
from lth_common.protocol.resolve import ROOT
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs.code import _closure, code_digest
from lth_common.runs.items import DRAWING
from lth_common.runs.making import arm_of, levels_of, rules_of, task_of
from lth_common.runs.plan import plan_of, plans

BRANCH = 's2: {about: "S1\'s tickets trained on S2", from: s1'


def name_of(paper):
    """The name of one run: the branch s2 of the first seed."""
    runs = plan_of(NAME, "paper", paper).runs["lenet_split", "as_stated"]
    return next(run.digest for run in runs if (run.arm, run.seed) == ("s2", 0))


@pytest.fixture(scope="module")
def real_name():
    return name_of(load_paper(NAME))


@pytest.mark.parametrize(("old", "new"), [
    ("lr: 0.001}", "lr: 0.002}"), ("budget: 30000it", "budget: 30001it"), ("batch_size: 100", "batch_size: 50"),
    ("mean: 0.1307", "mean: 0.13"), ("hidden: [300, 100]", "hidden: [300]"), ("normal, std: 0.001", "normal, std: 0.1"),
    ("best_validation}", "last}"), ("linear: 0.2, output", "linear: 0.3, output"),
    ("scope: layerwise", "scope: global"),
    ("      levels: 27", "      levels: 28"), ("      levels: 27", "      levels: 27\n      rewind: {to: 5it}"),
    ("      levels: 27", "      levels: 27\n      criterion: random"),
    ("s1: {train: [0, 27500]", "s1: {train: [0, 27000]"),
    ("s2: {train: [30000, 57500]", "s2: {train: [30001, 57500]"), (BRANCH, BRANCH + ", mask: one_shot"),
    (BRANCH, BRANCH + ", weights: reinit_same_sign"),
    (BRANCH, BRANCH + ", train: {clip_norm: 1}"), (BRANCH, BRANCH + ", validation: s1"),
    ("data: s1}", "data: s1, train: {clip_norm: 1}}"),
    (BRANCH, BRANCH + ", levels: [1]"),
])
def test_every_setting_that_moves_a_number_moves_the_name(edited, real_name, old, new):
    assert name_of(edited(old, new)) != real_name


@pytest.mark.parametrize(("old", "new"), [
    ("about: Tickets found on one half", "about: A half"), ("S1's tickets trained on S2", "other words"),
    ("seeds: [0, 1, 2]", "seeds: [0, 5]"),
    ("s2_reinit: {about", "s2_more: {about: x, from: s1}\n      s2_reinit: {about"),
    ("weights: reinit}", "weights: reinit_same_sign}"), ("title: Exp", "title: exp"),
    ("variants: [as_released, as_stated]", "variants: [as_stated, as_released]"),
])
def test_words_seeds_and_other_arms_do_not_move_the_name(edited, real_name, old, new):
    assert name_of(edited(old, new)) == real_name


def test_names_are_no_part_of_a_run():
    plan = plan_of(NAME, "paper")
    raw = yaml.safe_load((ROOT / "replications" / NAME / "protocol.yaml").read_text(encoding="utf-8"))
    own = raw["experiments"]["lenet_split"]
    own["arms"]["elsewhere"] = own["arms"].pop("s2")
    own["data"]["subsets"]["half"] = own["data"]["subsets"].pop("s2")
    for arm in own["arms"].values():
        if arm.get("data") == "s2":
            arm["data"] = "half"
    paper = plan.paper.model_copy(update={"experiments": plan.paper.experiments | {"halves": own}})
    other = plan_of("another_paper", "paper", paper)
    before = {(run.arm, run.seed): run.digest for run in plan.runs["lenet_split", "as_stated"]}
    after = {(run.arm.replace("elsewhere", "s2"), run.seed): run.digest for run in other.runs["halves", "as_stated"]}
    assert before == after


def test_different_runs_have_different_names_and_equal_ones_are_shared():
    found = {}
    for scale in SCALES:
        for plan in plans(scale).values():
            for run in plan.all_runs():
                assert found.setdefault(run.digest, run.spec) == run.spec
    once = [run.digest for run in plan_of(NAME, "laptop").all_runs()]
    assert len(set(once)) > len(once) / 2 and all(len(digest) == 20 for digest in found)


def test_a_specification_is_all_that_a_run_is_made_of():
    plan = plan_of(NAME, "smoke")
    pair = ("lenet_split", "as_stated")
    for run in plan.runs[pair]:
        resolved = plan.resolved[pair]
        assert rules_of(run) == resolved.prune and levels_of(run)[0] == 0
        assert (arm_of(run).mask, arm_of(run).weights) == (resolved.arms[run.arm].mask, resolved.arms[run.arm].weights)
    branch = next(run for run in plan.runs[pair] if run.arm == "s2")
    task, subsets = task_of(branch), plan.resolved[pair].data["subsets"]
    assert len(task.data.y) == subsets["s2"]["train"][1] - subsets["s2"]["train"][0]


@pytest.mark.parametrize(("what", "change"), [
    ("version", {"versions": {"mlp": 99}}),
    ("edition", {"edition": "test_identity:another_edition"}),
])
def test_versions_and_editions_are_part_of_the_name(monkeypatch, real_name, what, change):
    entry = task_names.TASKS["images"]
    monkeypatch.setattr(task_names, "tasks", lambda: {"images": entry | change})
    assert name_of(load_paper(NAME)) != real_name


def another_edition(data):
    return {data.name: "of another year"}


def test_a_branch_follows_its_chain():
    chain = plan_of(NAME, "paper").runs["lenet_split", "as_stated"][0]
    assert replace(chain, spec=chain.spec | {"seed": 99}).digest != chain.digest
    branch = next(run for run in plan_of(NAME, "paper").runs["lenet_split", "as_stated"] if run.chain is not None)
    assert branch.spec["chain"] == branch.chain.digest and branch.chain.seed == branch.seed


@pytest.mark.parametrize(("file", "old", "new", "moves"), [
    ("control/games.py", "import numpy as np\n", "# a remark\n\nimport numpy as np\n", False),
    ("control/games.py", '"""Many games of one kind at once', '"""Another text', False),
    ("control/games.py", "self.elapsed += 1", "self.elapsed += 2", True),
    ("control/schema.py", "Field(ge=1, description=\"games", "Field(ge=2, description=\"games", True),
    ("atari/games.py", "noop_max=30", "noop_max=31", False),  # another task's
])
def test_a_papers_own_code_counts_for_the_tasks_that_stand_on_it(tmp_path, file, old, new, moves):
    root = tmp_path / "project"
    shutil.copytree(ROOT / "replications", root / "replications", ignore=shutil.ignore_patterns("__pycache__"))
    modules = task_names.own_modules("control")
    before = code_digest(modules, ("replications",), root)
    path = root / "replications/rl_nlp_tickets" / file
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    again = shutil.copytree(root, tmp_path / "again")  # read afresh: what was read is remembered by its path
    assert (code_digest(modules, ("replications",), again) != before) == moves


def test_what_a_task_loads_without_importing_it_counts_too():
    modules = task_names.own_modules("translation")
    assert "replications.rl_nlp_tickets.translation.fairseq_plugin" in modules
    assert task_names.own_modules("images") is None


def test_a_plan_stands_on_all_code_that_draws_and_judges():
    closure = _closure(("lth_common.analysis.__main__",), DRAWING, ROOT)
    rooms = {path.stem for path in (ROOT / "lth_common/analysis").glob("*.py")} - {"__init__", "release", "drawing"}
    assert {f"lth_common.analysis.{name}" for name in rooms} <= closure
    assert {"lth_common.expressions.published_numbers", "lth_common.runs.needs"} <= closure


def test_a_module_that_is_not_there_and_code_that_is_no_python_are_named(tmp_path):
    with pytest.raises(LTHError, match="replications.toy.gone: there is no such module"):
        code_digest(("replications.toy.gone",), ("replications",), tmp_path)
    (tmp_path / "replications").mkdir()
    (tmp_path / "replications/bad.py").write_text("def f(:\n")
    with pytest.raises(LTHError, match="bad.py: not readable as Python"):
        code_digest(("replications.bad",), ("replications",), tmp_path)
