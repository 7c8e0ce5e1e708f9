"""Restored runs: the released records, bit for bit, never over something that is there."""

import json
import shutil

import pandas as pd
import pytest

from lth_common.errors import LTHError
from lth_common.records import collect, read_records, write_records
from lth_common.resolve import ROOT
from lth_common.restore import restore

PAPER = "rl_nlp_tickets"


@pytest.fixture
def root(tmp_path):
    shutil.copytree(ROOT / "results" / "released" / PAPER, released(tmp_path))
    (tmp_path / "replications" / PAPER).mkdir(parents=True)
    shutil.copy(ROOT / "replications" / PAPER / "paper.yaml", tmp_path / "replications" / PAPER)
    return tmp_path


def released(root):
    return root / "results" / "released" / PAPER


def counts(result):
    return {what: len(paths) for what, paths in result.items() if paths}


def test_all_released_records_come_back_and_a_second_time_nothing_is_touched(root):
    runs = json.loads((released(root) / "runs.json").read_text())
    assert counts(restore(PAPER, root)) == {"restored": len(runs)}
    files = sorted(root.glob(f"results/laptop/{PAPER}/cells/*/*/*/*/records.csv"))
    pd.testing.assert_frame_equal(collect(files), read_records(released(root) / "records.csv.gz"))
    assert all(json.loads((root / "results/laptop" / path / "run.json").read_text()) == run
               for path, run in runs.items())
    files[0].write_text("mine")
    assert counts(restore(PAPER, root)) == {"there": len(runs)}
    assert files[0].read_text() == "mine"


def test_a_run_with_other_settings_stays_away(root):
    path = released(root) / "runs.json"
    runs = json.loads(path.read_text())
    other = min(runs)
    runs[other]["spec"]["settings"]["train"]["budget"] = "1ep"
    path.write_text(json.dumps(runs))
    result = restore(PAPER, root)
    assert result["changed"] == [other] and not (root / "results/laptop" / other).exists()


def test_a_run_that_the_paper_has_no_more_stays_away(root):
    file = root / "replications" / PAPER / "paper.yaml"
    text = file.read_text()
    file.write_text(text.replace("      acrobot:\n", "      acrobot:\n        seeds: [0, 1]\n", 1))
    gone = restore(PAPER, root)["gone"]
    assert gone and all(path.endswith("/seed2") and "/acrobot/" in path for path in gone)
    assert not any((root / "results/laptop" / path).exists() for path in gone)


@pytest.mark.parametrize("name", ["SCALE", "runs.json", "records.csv.gz"])
def test_half_a_release_is_refused_whole(root, name):
    (released(root) / name).unlink()
    with pytest.raises(LTHError, match=name):
        restore(PAPER, root)
    assert not (root / "results" / "laptop").exists()


def test_records_of_other_runs_are_refused(root):
    path = released(root) / "records.csv.gz"
    records = read_records(path)
    write_records(records[records["seed"] != 2], path)
    with pytest.raises(LTHError, match="different runs: .*/seed2"):
        restore(PAPER, root)
    assert not (root / "results" / "laptop").exists()
