"""A run's key follows whatever moves its numbers, and nothing else."""

import shutil
from pathlib import Path

import pytest
from conftest import EDITED as NAME

from lth_common.protocol.resolve import experiments_of, load_paper
from lth_common.runs import fingerprint
from lth_common.runs.identity import runs_of

BRANCH = 's2: {about: "S1\'s tickets trained on S2", from: s1'


def key(paper):
    """The key of one run: the branch s2 of the first seed."""
    runs = runs_of(NAME, paper, "lenet_split", "as_stated", "paper")
    return next(c.key for c in runs if (c.arm, c.seed) == ("s2", 0))


@pytest.fixture(scope="module")
def real_key():
    return key(load_paper(NAME))


@pytest.mark.parametrize(("old", "new"), [
    ("lr: 0.001}", "lr: 0.002}"), ("budget: 30000it", "budget: 30001it"), ("batch_size: 100", "batch_size: 50"),
    ("mean: 0.1307", "mean: 0.13"), ("hidden: [300, 100]", "hidden: [300]"), ("normal, std: 0.001", "normal, std: 0.1"),
    ("best_validation}", "last}"), ("linear: 0.2, output", "linear: 0.3, output"),
    ("scope: layerwise", "scope: global"),
    ("      levels: 27", "      levels: 28"), ("      levels: 27", "      levels: 27\n      rewind: {to: 5it}"),
    ("      levels: 27", "      levels: 27\n      criterion: random"),
    ("s1: {train: [0, 27500]", "s1: {train: [0, 27000]"),
    (BRANCH + ", data: s2", BRANCH + ", data: full"), (BRANCH, BRANCH + ", mask: permuted"),
    (BRANCH, BRANCH + ", weights: reinit"),
    (BRANCH, BRANCH + ", train: {clip_norm: 1}"), (BRANCH, BRANCH + ", validation: s1"),
    ("data: s1}", "data: s1, train: {clip_norm: 1}}"),
    (BRANCH, BRANCH + ", levels: [1]"),
])
def test_every_setting_that_moves_a_number_moves_the_key(edited, real_key, old, new):
    assert key(edited(old, new)) != real_key


@pytest.mark.parametrize(("old", "new"), [
    ("about: Tickets found on one half", "about: A half"), ("S1's tickets trained on S2", "other words"),
    ("seeds: [0, 1, 2]", "seeds: [0, 5]"),
    ("s2_reinit: {about", "s2_more: {about: x, from: s1}\n      s2_reinit: {about"),
    ("weights: reinit}", "weights: reinit_same_sign}"), ("title: Exp", "title: exp"),
    ("variants: [as_released, as_stated]", "variants: [as_stated, as_released]"),
])
def test_words_seeds_and_other_arms_do_not_move_the_key(edited, real_key, old, new):
    assert key(edited(old, new)) == real_key


def test_runs_have_keys_and_places_of_their_own():
    paper = load_paper(NAME)
    runs = [c for pair in experiments_of(NAME, paper) for c in runs_of(NAME, paper, *pair, "paper")]
    assert len({c.key for c in runs}) == len({c.path for c in runs}) == len(runs)


@pytest.mark.parametrize(("old", "new", "moves"), [
    ("import torch\n", "# a remark\n\nimport torch\n", False),
    ('"""A CPU generator for one purpose', '"""Another text', False),
    ("digest[:8]", "(digest[:8])", False),
    ("digest[:8]", "digest[1:9]", True),
    ('"big"', '"little"', True),
])
def test_the_code_fingerprint_sees_code_and_no_comments(tmp_path, monkeypatch, old, new, moves):
    shutil.copytree(Path(fingerprint.__file__).parent, tmp_path / "p", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "__file__", str(tmp_path / "p" / "fingerprint.py"))
    before = fingerprint.code_fingerprint.__wrapped__()
    source = (tmp_path / "p" / "seeds.py").read_text()
    assert old in source
    (tmp_path / "p" / "seeds.py").write_text(source.replace(old, new, 1))
    assert (fingerprint.code_fingerprint.__wrapped__() != before) == moves
