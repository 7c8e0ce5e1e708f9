"""A checkpoint is whole or not there, belongs to one specification, and is written only so often."""

import pytest
import torch
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.training import checkpoint as module
from lth_common.training.checkpoint import Checkpoint

STATE = {"level": 2, "rows": [{"step": 1, "value": 0.1 + 0.2}], "weights": {"w": torch.arange(50.0)}, "training": None}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "checkpoint.pt"


def at_once(path, key="abc"):
    return Checkpoint(path, key, seconds=0)


def test_a_state_comes_back_exactly_and_unshared(path):
    at_once(path).save(STATE)
    back = at_once(path).load()
    assert same(back.pop("weights"), STATE["weights"])
    assert back == {name: value for name, value in STATE.items() if name != "weights"}


def test_there_is_no_state_before_the_first_save_and_after_clearing(path):
    checkpoint = at_once(path)
    assert checkpoint.load() is None
    checkpoint.clear()
    checkpoint.save(STATE)
    assert checkpoint.load() is not None
    checkpoint.clear()
    assert checkpoint.load() is None and list(path.parent.iterdir()) == []


def test_a_checkpoint_of_another_specification_is_refused(path):
    at_once(path, "abc").save(STATE)
    with pytest.raises(LTHError, match=rf"{path}: .*another specification \(key abc, this run is xyz\)"):
        at_once(path, "xyz").load()


def test_a_truncated_file_is_refused_at_every_length(path):
    at_once(path).save(STATE)
    whole = path.read_bytes()
    for length in [*range(0, 40), *range(40, len(whole), 53), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(LTHError, match=f"{path}: damaged checkpoint .*; delete it"):
            at_once(path).load()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_garbage_is_refused(tmp_path, garbage):
    (tmp_path / "c.pt").write_bytes(garbage)
    with pytest.raises(LTHError, match="damaged checkpoint"):
        at_once(tmp_path / "c.pt").load()


@pytest.mark.parametrize("content", [[1, 2], 5, {"key": "abc"}, {"state": {}}])
def test_what_torch_can_read_but_is_no_checkpoint_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "c.pt")
    with pytest.raises(LTHError, match="damaged checkpoint"):
        at_once(tmp_path / "c.pt").load()


def test_a_checkpoint_runs_no_code_when_it_is_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    torch.save({"key": "abc", "state": Bomb()}, tmp_path / "c.pt")
    with pytest.raises(LTHError, match="damaged checkpoint"):
        at_once(tmp_path / "c.pt").load()
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_a_failed_write_leaves_the_old_state_whole(path, monkeypatch, function):
    checkpoint = at_once(path)
    checkpoint.save(STATE)

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"os.{function}", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoint.save(STATE | {"level": 3})
    assert checkpoint.load()["level"] == 2 and [p.name for p in path.parent.iterdir()] == ["checkpoint.pt"]
    checkpoint.save(STATE | {"level": 3})
    assert checkpoint.load()["level"] == 3


def test_states_are_written_at_most_every_so_many_seconds(path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    checkpoint = Checkpoint(path, "abc", seconds=30)
    for seconds, level, expected in [(29, 1, None), (1, 2, 2), (29, 3, 2), (1, 4, 4), (100, 5, 5)]:
        clock[0] += seconds
        checkpoint.save({"level": level})
        assert (checkpoint.load() or {"level": None})["level"] == expected
