"""Released results: whole or not at all, never from smoke, and shown in the README as they are."""

import re
import shutil
import textwrap

import pytest

from lth_common.analysis.release import BEGIN, END, PUBLISHED, readme_verdicts, release
from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT, paper_names

RELEASED = [name for name in paper_names() if (ROOT / "results" / "released" / name).exists()]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "results" / "laptop" / "toy"
    (folder / "figures").mkdir(parents=True)
    (folder / "tables").mkdir()
    for name in PUBLISHED:
        path = folder / name if "." in name else folder / name / "item.csv"
        path.write_text(f"new {name}")
    return tmp_path


def test_a_release_replaces_the_old_one_whole(root):
    old = root / "results" / "released" / "toy"
    old.mkdir(parents=True)
    (old / "gone.csv").write_text("old")
    target = release("toy", "laptop", "Small.", root)
    assert target == old and not (old / "gone.csv").exists()
    assert (old / "SCALE").read_text() == "laptop\nSmall.\n"
    assert (old / "figures" / "item.csv").read_text() == "new figures"


def test_smoke_is_never_released(root):
    with pytest.raises(LTHError, match="'smoke' has no results to release; legal: laptop, paper"):
        release("toy", "smoke", "Small.", root)


@pytest.mark.parametrize("lost", PUBLISHED)
def test_incomplete_results_leave_the_released_ones_alone(root, lost):
    release("toy", "laptop", "Small.", root)
    path = root / "results" / "laptop" / "toy" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(LTHError, match=f"{lost} missing"):
        release("toy", "laptop", "Small.", root)
    assert (root / "results" / "released" / "toy" / lost).exists()


def test_the_readme_shows_the_released_verdicts():
    page = (ROOT / "README.md").read_text()
    assert page.count(BEGIN) == page.count(END) == 1
    assert page.partition(BEGIN)[2].partition(END)[0].strip() == readme_verdicts().strip()


def test_the_readme_s_plot_of_records_runs_and_shows_every_arm(tmp_path, monkeypatch):
    block = re.search(r"^    import pandas as pd\n(?:    .*\n)+", (ROOT / "README.md").read_text(), re.M).group()
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(textwrap.dedent(block), names)
    records = names["records"]
    arms = set(records.loc[records["experiment"] == "cartpole", "arm"])
    assert {text.get_text() for text in names["grid"].legend.get_texts()} == arms != set()
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("name", RELEASED)
def test_released_results_are_complete(name):
    folder = ROOT / "results" / "released" / name
    assert [item for item in PUBLISHED if not (folder / item).exists()] == []
