"""Restored runs: the released records, bit for bit, never over something that is there."""

import json
import shutil

import pandas as pd
import pytest

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT, paper_names
from lth_common.runs.plan import plan_of
from lth_common.runs.records import collect, frame, named, read_records, write_records
from lth_common.runs.released import present_spec
from lth_common.runs.restore import restore
from lth_common.runs.rows import NAMES, OWN
from lth_common.runs.store import RECORDS, folder, is_stamped, read_about, read_whole
from lth_common.runs.sums import SUMS, write_sums

PAPER = "rl_nlp_tickets"


@pytest.fixture
def root(tmp_path):
    """A release of three runs of CartPole, with made-up records."""
    (tmp_path / "replications" / PAPER).mkdir(parents=True)
    shutil.copy(ROOT / "replications" / PAPER / "protocol.yaml", tmp_path / "replications" / PAPER)
    chosen = runs_of(tmp_path)[:3]
    rows = [{name: getattr(run, name) for name in NAMES} | {
             "level": 0, "weights_remaining": 1.0, "step": 3, "split": "test", "metric": metric, "value": value}
            for run in chosen for metric, value in (("reward", 0.1 + run.seed), ("other", float("nan")))]
    released(tmp_path).mkdir(parents=True)
    (released(tmp_path) / "SCALE").write_text("laptop\nSmall.\n")
    write_runs(tmp_path, {run.name: {"spec": run.spec, "digest": run.digest, "commit": "abc"} for run in chosen})
    write_records(frame(rows), released(tmp_path) / "records.csv.gz")
    write_sums(released(tmp_path))
    return tmp_path


def runs_of(root):
    return plan_of(PAPER, "laptop", root=root).runs["cartpole", "as_stated"]


def released(root):
    return root / "results" / "released" / PAPER


def released_runs(root):
    return json.loads((released(root) / "runs.json").read_text())


def write_runs(root, runs):
    (released(root) / "runs.json").write_text(json.dumps(runs))
    if (released(root) / SUMS).exists():
        write_sums(released(root))


def records_of(root, run):
    own = read_records(folder(run.digest, root) / RECORDS, OWN)
    return named(own, **{name: getattr(run, name) for name in NAMES})


def test_all_records_come_back_and_a_second_time_nothing_is_touched(root):
    assert restore(PAPER, root).restored == sorted(released_runs(root))
    runs = runs_of(root)[:3]
    wanted = collect([read_records(released(root) / "records.csv.gz")])
    pd.testing.assert_frame_equal(collect([records_of(root, run) for run in runs]), wanted)
    assert len(wanted) == 6 and all(is_stamped(run.digest, root) for run in runs)
    assert all(read_whole(run, root)["commit"] == "abc" for run in runs)
    before = {path: path.stat().st_mtime_ns for path in (root / "results/runs").rglob("*")}
    assert restore(PAPER, root).there == sorted(released_runs(root))
    assert {path: path.stat().st_mtime_ns for path in (root / "results/runs").rglob("*")} == before


def test_a_damaged_run_of_ones_own_is_set_aside_and_restored(root):
    restore(PAPER, root)
    run = runs_of(root)[0]
    (folder(run.digest, root) / RECORDS).write_text("mine")
    assert restore(PAPER, root).restored == [run.name]
    assert read_about(run.digest, root)["restored"]
    assert [path.read_text() for path in (root / "results/set_aside").glob(f"*/{RECORDS}")] == ["mine"]


def test_an_interrupted_restoration_is_finished(root):
    restore(PAPER, root)
    run = runs_of(root)[1]
    for name in ("ok", "run.json"):
        (folder(run.digest, root) / name).unlink()
    assert restore(PAPER, root).restored == [run.name] and is_stamped(run.digest, root)


@pytest.mark.parametrize(("part", "key", "value", "what"), [
    ("settings", "train", {"budget": "1ep"}, "changed"), ("prune", "levels", 3, "changed"),
    ("version", None, 0, "earlier"), ("code", None, "of another day", "earlier"), ("task", None, "nothing", "changed"),
])
def test_what_is_not_todays_run_stays_away_and_is_named(root, part, key, value, what):
    runs = released_runs(root)
    other = min(runs)
    spec = runs[other]["spec"]
    if key is None:
        spec[part] = value
    else:
        spec[part][key] = spec[part][key] | value if isinstance(value, dict) else value
    write_runs(root, runs)
    assert getattr(restore(PAPER, root), what) == [other]
    assert len(list((root / "results/runs").iterdir())) == 2


def test_a_run_that_the_paper_has_no_more_stays_away(root):
    file = root / "replications" / PAPER / "protocol.yaml"
    text = file.read_text()
    head = "    set:\n      acrobot, lunar_lander:\n"
    assert head in text
    file.write_text(text.replace(head, head.replace("acrobot,", "cartpole: {seeds: [0]}\n      acrobot,"), 1))
    gone = restore(PAPER, root).gone
    assert gone and all(not name.endswith("/seed0") for name in gone)


def test_a_run_under_another_name_is_found_by_what_it_is(root):
    runs = released_runs(root)
    records = read_records(released(root) / "records.csv.gz").assign(arm="of_old")
    write_records(records, released(root) / "records.csv.gz")
    write_runs(root, {name.replace("/winning/", "/of_old/"): about for name, about in runs.items()})
    assert len(restore(PAPER, root).restored) == 3 and all(is_stamped(run.digest, root) for run in runs_of(root)[:3])


@pytest.mark.parametrize("name", ["SCALE", "runs.json", "records.csv.gz"])
@pytest.mark.parametrize("cut", [None, 0, 7])
@pytest.mark.parametrize("sums", [True, False])
def test_half_a_release_is_refused_whole(root, name, cut, sums):
    path = released(root) / name
    data = path.read_bytes()
    path.unlink()
    if not sums:
        (released(root) / SUMS).unlink()
    if cut is not None:
        path.write_bytes(data[:cut] if name != "SCALE" else data[:cut // 2])
    with pytest.raises(LTHError, match=f"{name}|no whole release"):
        restore(PAPER, root)
    assert not (root / "results/runs").exists()


@pytest.mark.parametrize("runs", [None, [], {"a": None}, {"a": {"scale": "laptop"}}])
def test_a_damaged_list_of_runs_is_refused(root, runs):
    write_runs(root, runs)
    with pytest.raises(LTHError, match="runs.json.*git checkout"):
        restore(PAPER, root)


def test_records_of_other_runs_are_refused(root):
    path = released(root) / "records.csv.gz"
    records = read_records(path)
    write_records(records[records["seed"] != 2], path)
    write_sums(released(root))
    with pytest.raises(LTHError, match="different runs: .*/seed2"):
        restore(PAPER, root)
    assert not (root / "results/runs").exists()


@pytest.mark.parametrize("name", paper_names())
def test_todays_runs_are_todays(name):
    for run in plan_of(name, "laptop").all_runs():
        assert present_spec({"spec": run.spec, "digest": run.digest}) == run.spec


def test_an_unknown_paper_is_named(root):
    with pytest.raises(LTHError, match="nosuch.*rl_nlp_tickets"):
        restore("nosuch", root)


@pytest.mark.parametrize("name", [name for name in paper_names() if (ROOT / "results/released" / name).exists()])
def test_the_releases_are_runs_of_today_or_say_why_not(name, tmp_path):
    for part in (f"replications/{name}", f"results/released/{name}"):
        shutil.copytree(ROOT / part, tmp_path / part)
    result = restore(name, tmp_path)
    assert result.gone == result.changed == [] and result.restored + result.earlier
