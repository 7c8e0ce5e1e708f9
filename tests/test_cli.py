"""`lth` finds what is there and says what else could be meant; CONTRIBUTING.md points at what exists."""

import re
import subprocess
import sys

import pytest
from workflow_project import make_project

from lth_common.cli import listing, show
from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import ROOT, paper_names

SAID = re.findall(r"\| `([\w./]+)` \| `([^`]+)` \|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M)


def lth(*words):
    return subprocess.run([sys.executable, "-m", "lth_common.cli", *words], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(("path", "symbol"), SAID)
def test_what_contributing_points_at_is_there(path, symbol):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert symbol in text if not symbol.isidentifier() or symbol.isupper() else re.search(
        rf"^(def|class) {symbol}\b", text, re.M)


def test_contributing_answers_every_question():
    assert len(SAID) == 13


def test_the_list_names_all_that_show_knows():
    for name in paper_names():
        assert name in listing(None)
        paper, text = load_paper(name), listing(name)
        for item in (*paper.experiments, *paper.figures, *paper.tables, *paper.claims):
            assert f"  {item}: " in text


def test_what_is_released_is_shown_with_numbers_and_files(tmp_path):
    for name in paper_names():
        paper = load_paper(name)
        for item in (next(iter(paper.figures)), next(iter(paper.tables)), next(iter(paper.claims))):
            text = show(name, item, "laptop")
            assert all((ROOT / path).exists() for path in re.findall(r"^/\S+$", text, re.M))
            assert re.search(r"\d", text)


def test_what_is_not_made_says_how_to_make_it(tmp_path):
    root = make_project(tmp_path)
    with pytest.raises(LTHError, match="'fig1' is neither made at scale 'smoke' nor released; `snakemake toy --config"):
        show("toy", "fig1", "smoke", root)
    with pytest.raises(LTHError, match="toy has no figure, table or claim 'fig2'; did you mean 'fig1'"):
        show("toy", "fig2", "smoke", root)


@pytest.mark.parametrize(("words", "message"), [
    (("show", "data_subset", "C1"), "did you mean 'data_subsets'"), (("gc", "--delet"), "unrecognized arguments"),
    (("retrain", "data_subsets", "lenet_splt"), "'lenet_splt' is no run"), (("shw",), "invalid choice"),
    ((), "required"),
])
def test_a_wrong_word_is_one_message(words, message):
    run = lth(*words)
    assert run.returncode != 0 and message in run.stderr and "Traceback" not in run.stderr
