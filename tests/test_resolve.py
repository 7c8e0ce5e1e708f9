"""Mistakes in a protocol.yaml are named with file, key, value and legal choices; changes go in in order."""

import pytest
from conftest import EDITED

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import (
    arm_prune,
    arm_settings,
    levels_of,
    load_protocol,
    merge,
    paper_names,
    resolve,
)
from lth_common.protocol.schema.paper import SCALES, Protocol
from lth_common.protocol.strict_yaml import read_yaml
from lth_common.runs.plan import plan_of

NAME = EDITED
S2 = 's2: {about: "S1\'s tickets trained on S2", from: s1'


def all_runs(paper):
    return [run for scale in reversed(SCALES) for run in plan_of(NAME, scale, paper).all_runs()]


# what is replaced, by what, and what the message must contain
MISTAKES = {
    "unknown key": ("title: Exp", "titel: x\ntitle: Exp", ["titel: unknown key", "did you mean 'title'?", "authors"]),
    "unknown key inside an experiment": (
        "    task: images", "    task: images\n    tsak: x",
        ["experiments.lenet_split.tsak", "did you mean 'task'?", "prune"]),
    "unknown key deep down": (
        "lr: 0.001}", "lr: 0.001, rate: 1}",
        ["experiments.lenet_split.train.optimizer.rate: unknown key", "weight_decay"]),
    "unknown key in a rule of pruning": (
        "levels: 27}", "levels: 27, scoop: x}", ["prune.scoop: unknown key", "did you mean 'scope'?"]),
    "missing key": ("      batch_size: 100\n", "", ["experiments.lenet_split.train.batch_size: this key is required"]),
    "missing title": ("title: Exp", "url: Exp", ["title: this key is required"]),
    "no variants": ("    variants: [as_released, as_stated]\n", "", ["experiments.lenet_split.variants", "required"]),
    "misspelt chain": (
        S2, S2 + "x", ["lenet_split.arms.s2.from", "'s1x' is not a chain", "did you mean 's1'?", "legal: s1"]),
    "branch of a branch": (
        S2, S2.replace("from: s1", "from: s2_reinit"), ["arms.s2.from", "'s2_reinit' is not a chain"]),
    "misspelt arm in a change": ("ticket_s80: &tickets", "ticket_s8O: &tickets", ["lenet_subsets.arms.ticket_s8O"]),
    "misspelt arm of a change": (
        "ticket_s80: &tickets", "ticket_s8: &tickets", ["arms.ticket_s8.about: this key is req"]),
    "misspelt arm that is removed": (
        "search_s80: null", "serch_s80: null",
        ["arms.serch_s80: nothing for null to remove", "'search_s80'?", "legal:"]),
    "rate above 1": ("linear: 0.2, output", "linear: 1.2, output", ["prune", "rates.linear: 1.2", "between 0 and 1"]),
    "rate of 0": ("output: 0.1}", "output: 0}", ["rates.output: 0", "between 0 and 1"]),
    "rate of an unknown kind": ("{linear: 0.2", "{liner: 0.2", ["prune.rates.liner", "'linear'", "'embedding'"]),
    "key given twice": ("levels: 27}", "levels: 27, levels: 2}", ["duplicate key 'levels'", "line"]),
    "unknown experiment in changes": (
        "lenet_early_stop:\n        prune: {levels: 10}", "lenet_early_stp: {}",
        ["scales.laptop.set", "'lenet_early_stp'", "did you mean 'lenet_early_stop'?", "legal: *"]),
    "unknown variant in changes": (
        "lenet_split/as_stated:", "lenet_split/as_state:",
        ["scales.laptop.set", "'lenet_split/as_state'", "did you mean 'lenet_split/as_stated'?"]),
    "variant that the experiment is not run in": (
        "lenet_early_stop:\n        prune: {levels: 10}", "lenet_early_stop/as_stated: {}",
        ["scales.laptop.set", "'lenet_early_stop/as_stated'", "legal:"]),
    "all experiments of a variant": (
        "lenet_split/as_stated:", '"*/as_stated":', ["scales.laptop.set", "'*/as_stated'"]),
    "half a target": ("lenet_split/as_stated:", "lenet_split/:", ["scales.laptop.set", "'lenet_split/'", "legal:"]),
    "unknown variant": (
        "variants: [as_released, as_stated]", "variants: [as_release]",
        ["experiments.lenet_split.variants", "'as_release' is not a variant", "did you mean 'as_released'?"]),
    "wrong budget": ("budget: 30000it", "budget: 30k", ["train.budget: '30k'", "'10ep' or '30000it'"]),
    "wrong rewind point": ("levels: 27}", "levels: 27, rewind: {to: 1}}", ["prune.rewind.to: 1"]),
    "level out of range": (
        "{levels: [1, 2, 3, 4,", "{levels: [1, 2, 3, 40,", ["arms.ticket_s80.levels: [40]", "0 to 15"]),
    "unknown task": ("task: images", "task: image", ["lenet_split.task: 'image' is not a task", "legal: atari, contr"]),
    "unknown subset": (S2 + ", data: s2", S2 + ", data: s3", ["arms.s2.data: 's3'", "legal: full, s1, s2"]),
    "misspelt key that an arm removes": (
        "lr_decay: null}}\n      warm_up", "lr_decays: null}}\n      warm_up",
        ["shufflenet.arms.constant_lr.train.lr_decays: nothing for null to remove", "did you mean 'lr_decay'?"]),
    "unknown key of an arm's training": (
        "constant learning rate\", train: {optimizer", "constant learning rate\", train: {optimiser",
        ["experiments.shufflenet (arm constant_lr).train.optimiser: unknown key", "did you mean 'optimizer'?"]),
    "unknown choice": ("{name: adam,", "{name: adm,", ["train.optimizer.name: 'adm'", "'sgd', 'adam' or 'adamw'"]),
    "std without normal": (
        "{scheme: normal,", "{scheme: xavier_normal,", ["model.init", "'std' belongs to scheme 'normal'"]),
    "normal without std": ("normal, std: 0.001}", "normal}", ["model.init", "'std' belongs to scheme 'normal'"]),
    "momentum of adam": ("lr: 0.001}", "lr: 0.001, momentum: 0.9}", ["train.optimizer", "'momentum' belongs to 'sgd'"]),
    "trained weights that are not kept": (
        S2, S2 + ", weights: trained", ["arms.s2: this arm needs prune.keep_trained: all"]),
    "chain with a branch's key": (
        "data: s1}", "data: s1, mask: permuted}", ["arms.s1", "name their chain with 'from'"]),
    "branch with pruning of its own": (
        S2, S2 + ", prune: {levels: 3}", ["arms.s2", "'prune' and 'model' are for chains"]),
    "misspelt key in a chain's pruning": (
        "data: s1}", "data: s1, prune: {level: 3}}", ["lenet_split.arms.s1.prune.level", "did you mean 'levels'?"]),
    "level beyond the chain's own": (
        "data: s1}", "data: s1, prune: {levels: 3}}", ["arms.s2_reinit.levels: [5, 7, 9, 11, 13, 16]; legal: 0 to 3"]),
    "not YAML": ("year: 2019", "year: [2019", ["not readable as YAML"]),
}


@pytest.mark.parametrize(("old", "new", "parts"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(edited, old, new, parts):
    with pytest.raises(LTHError) as error:
        all_runs(edited(old, new))
    for part in (f"replications/{NAME}/protocol.yaml", *parts):
        assert part in str(error.value)


@pytest.mark.parametrize(("experiment", "variant", "scale", "message"), [
    ("lenet_splt", "as_stated", "smoke", "experiments: 'lenet_splt' is not an experiment; did you mean 'lenet_split'"),
    ("lenet_split", "as_sttd", "smoke", "variants: 'as_sttd' is not a variant; did you mean 'as_stated'"),
    ("lenet_split", "as_stated", "smok", "scales: 'smok' is not a scale; did you mean 'smoke'"),
])
def test_names_from_outside_are_checked_too(experiment, variant, scale, message):
    with pytest.raises(LTHError, match=message):
        resolve(NAME, load_paper(NAME), experiment, variant, scale)


def test_an_unknown_paper_is_refused():
    with pytest.raises(LTHError, match=f"'data_subset' is not a paper; did you mean '{NAME}'"):
        load_paper("data_subset")
    assert NAME in paper_names()


def test_a_merge_of_a_merge_repeats_no_key(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("x: {deep: &d {<<: {k: 1, m: 1}, k: 2}}\ny: {<<: *d, z: 3}\n")
    assert read_yaml(file, "a.yaml") == {"x": {"deep": {"k": 2, "m": 1}}, "y": {"k": 2, "m": 1, "z": 3}}


def test_changes_go_in_key_by_key_and_null_removes():
    base = {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2], "f": 3}
    changes = {"a": {"c": {"d": 5, "x": 6}}, "e": [9], "f": None}
    assert merge(base, changes) == {"a": {"b": 1, "c": {"d": 5, "x": 6}}, "e": [9]}
    assert base == {"a": {"b": 1, "c": {"d": 2}}, "e": [1, 2], "f": 3}
    assert merge(base, {"a": None, "g": None}) == {"e": [1, 2], "f": 3} and merge(base, {}) == base
    with pytest.raises(LTHError, match="here.a.c.dd: nothing for null to remove; did you mean 'd'"):
        merge(base, {"a": {"c": {"dd": None}}}, "here")


def test_variant_before_scale_and_all_before_experiment_before_experiment_in_a_variant():
    raw = load_protocol(NAME).model_dump(by_alias=True)

    def batch_size(**blocks):
        changed = {}
        for place, sizes in blocks.items():
            kind, block = place.split("__")
            targets = {target: {"train": {"batch_size": size}} for target, size in sizes.items()}
            changed[kind] = changed.get(kind, raw[kind]) | {block: {"about": "", "set": targets}}
        protocol = Protocol.model_validate(raw | changed)
        return resolve(NAME, protocol, "lenet_split", "as_stated", "laptop").train["batch_size"]

    anywhere, here, exactly = "*", "lenet_split", "lenet_split/as_stated"
    assert batch_size(variants__as_stated={anywhere: 1}) == 1
    assert batch_size(variants__as_released={anywhere: 1}, scales__smoke={exactly: 2}) == 100
    assert batch_size(variants__as_stated={here: 2, anywhere: 1}) == 2
    assert batch_size(scales__laptop={exactly: 3, here: 2, anywhere: 1}) == 3
    assert batch_size(variants__as_stated={exactly: 3}, scales__laptop={anywhere: 4}) == 4
    assert batch_size(scales__laptop={"lenet_subsets": 5, "lenet_split/as_released": 6}) == 100


def test_an_arm_changes_its_own_training_only(edited):
    resolved = resolve(NAME, edited(S2, S2 + ", train: {optimizer: {lr: 7}}"), "lenet_split", "as_stated", "paper")
    assert arm_settings(resolved, "s2").train.optimizer.lr == 7
    assert arm_settings(resolved, "s2").train.optimizer.name == arm_settings(resolved, "s1").train.optimizer.name
    assert arm_settings(resolved, "s1").train.optimizer.lr != 7


def test_a_chain_changes_its_own_pruning_and_its_branches_follow(edited):
    rates = {"linear": 0.3, "output": 0.1, "norm": 0.2}
    paper = edited("data: s1}", "data: s1, prune: {levels: 29, rates: {linear: 0.3, norm: 0.2}}}")
    resolved = resolve(NAME, paper, "lenet_split", "as_stated", "paper")
    for arm in ("s1", "s2"):
        assert arm_prune(resolved, arm).rates == rates and levels_of(resolved, arm) == list(range(30))
        assert arm_prune(resolved, arm).scope == resolved.prune.scope
    assert resolved.prune.levels == 27 and "norm" not in resolved.prune.rates
    changed = {run.arm: run for run in plan_of(NAME, "paper", paper).runs["lenet_split", "as_stated"]}
    assert changed["s1"].spec["prune"]["rates"] == changed["s2"].chain.spec["prune"]["rates"] == rates


def test_an_arm_without_pruning_of_its_own_has_the_experiments(edited):
    resolved = resolve(NAME, load_paper(NAME), "lenet_split", "as_stated", "paper")
    assert all(arm_prune(resolved, arm) == resolved.prune for arm in resolved.arms)
