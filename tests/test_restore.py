"""Restored runs: the released records, bit for bit, never over something that is there."""

import json
import shutil

import pandas as pd
import pytest

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT, load_paper
from lth_common.runs.identity import runs_of
from lth_common.runs.jobs import result_path
from lth_common.runs.records import collect, frame, read_records, write_records
from lth_common.runs.restore import restore

PAPER = "rl_nlp_tickets"


@pytest.fixture
def root(tmp_path):
    """A release of three runs of CartPole, with made-up records."""
    (tmp_path / "replications" / PAPER).mkdir(parents=True)
    shutil.copy(ROOT / "replications" / PAPER / "paper.yaml", tmp_path / "replications" / PAPER)
    chosen = runs_of(PAPER, load_paper(PAPER), "cartpole", "as_stated", "laptop")[:3]
    rows = [{"paper": PAPER, "experiment": "cartpole", "variant": "as_stated", "arm": run.arm, "seed": run.seed,
             "level": 0, "weights_remaining": 1.0, "step": 3, "split": "test", "metric": metric, "value": value}
            for run in chosen for metric, value in (("reward", 0.1 + run.seed), ("other", float("nan")))]
    released(tmp_path).mkdir(parents=True)
    (released(tmp_path) / "SCALE").write_text("laptop\nSmall.\n")
    write_runs(tmp_path, {run.path: {"spec": run.spec, "scale": "laptop"} for run in chosen})
    write_records(frame(rows), released(tmp_path) / "records.csv.gz")
    return tmp_path


def released(root):
    return root / "results" / "released" / PAPER


def released_runs(root):
    return json.loads((released(root) / "runs.json").read_text())


def write_runs(root, runs):
    (released(root) / "runs.json").write_text(json.dumps(runs))


def place_of(root, path, name):
    return root / "results" / "laptop" / path / name


def test_all_records_come_back_and_a_second_time_nothing_is_touched(root):
    runs = released_runs(root)
    assert restore(PAPER, root).restored == sorted(runs)
    files = [place_of(root, path, "records.csv") for path in runs]
    wanted = collect([released(root) / "records.csv.gz"])
    pd.testing.assert_frame_equal(collect(files), wanted)
    assert len(wanted) == 6
    assert all(json.loads(place_of(root, path, "run.json").read_text()) == run for path, run in runs.items())
    files[0].write_text("mine")
    assert restore(PAPER, root).there == sorted(runs)
    assert files[0].read_text() == "mine"


def test_runs_are_restored_to_where_the_workflow_looks(root):
    restore(PAPER, root)
    run = runs_of(PAPER, load_paper(PAPER), "cartpole", "as_stated", "laptop")[0]
    assert (root / result_path(run, "laptop", "records.csv")).exists()


@pytest.mark.parametrize("name", ["run.json", "tickets.safetensors"])
def test_a_run_of_ones_own_is_left_alone_whatever_is_there_of_it(root, name):
    own = place_of(root, min(released_runs(root)), name)
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert restore(PAPER, root).there == [min(released_runs(root))]
    assert own.read_text() == "mine" and not (own.parent / "records.csv").exists()


def test_an_interrupted_restoration_is_finished(root):
    restore(PAPER, root)
    lost = place_of(root, min(released_runs(root)), "records.csv")
    lost.unlink()
    assert restore(PAPER, root).restored == [min(released_runs(root))] and lost.exists()


def test_a_run_with_other_settings_stays_away(root):
    runs = released_runs(root)
    other = min(runs)
    runs[other]["spec"]["settings"]["train"]["budget"] = "1ep"
    write_runs(root, runs)
    assert restore(PAPER, root).changed == [other] and not place_of(root, other, "").exists()


def test_a_run_that_the_paper_has_no_more_stays_away(root):
    file = root / "replications" / PAPER / "paper.yaml"
    text = file.read_text()
    head = "    set:\n      acrobot:\n"
    assert head in text
    file.write_text(text.replace(head, head.replace("acrobot", "cartpole: {seeds: [0]}\n      acrobot"), 1))
    gone = restore(PAPER, root).gone
    assert gone and all(not path.endswith("/seed0") and not place_of(root, path, "").exists() for path in gone)


@pytest.mark.parametrize("name", ["SCALE", "runs.json", "records.csv.gz"])
@pytest.mark.parametrize("cut", [None, 0, 7])
def test_half_a_release_is_refused_whole(root, name, cut):
    path = released(root) / name
    data = path.read_bytes()
    path.unlink()
    if cut is not None:
        path.write_bytes(data[:cut] if name != "SCALE" else data[:cut // 2])
    with pytest.raises(LTHError, match=f"{name}|no whole release"):
        restore(PAPER, root)
    assert not (root / "results" / "laptop").exists()


@pytest.mark.parametrize("runs", [None, [], {"a": None}, {"a": {"scale": "laptop"}},
                                  {"a": {"spec": {}, "scale": "paper"}}])
def test_a_damaged_list_of_runs_is_refused(root, runs):
    write_runs(root, runs)
    with pytest.raises(LTHError, match="runs.json.*git checkout"):
        restore(PAPER, root)


def test_records_of_other_runs_are_refused(root):
    path = released(root) / "records.csv.gz"
    records = read_records(path)
    write_records(records[records["seed"] != 2], path)
    with pytest.raises(LTHError, match="different runs: .*/seed2"):
        restore(PAPER, root)
    assert not (root / "results" / "laptop").exists()


def test_an_unknown_paper_is_named(root):
    with pytest.raises(LTHError, match="nosuch.*rl_nlp_tickets"):
        restore("nosuch", root)
