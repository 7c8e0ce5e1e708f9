"""A checkpoint is whole or not there, belongs to one specification, and is written only so often."""

import io

import pytest
import torch
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def test_a_checkpoint_of_another_specification_is_set_aside_whole(path, caplog):
    at_once(path, "abc").save(STATE)
    assert at_once(path, "xyz").load() is None and not path.exists()
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert f"{path}: checkpoint of another specification (key abc, this run is xyz)" in record.getMessage()
    (path.parent / "checkpoint.pt.other").rename(path)
    assert at_once(path, "abc").load()["level"] == 2


def test_a_damaged_checkpoint_makes_room_and_the_last_one_set_aside_is_kept(path, caplog):
    for content in (b"first", b"second"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        assert at_once(path).load() is None and at_once(path).load() is None
    assert (path.parent / "checkpoint.pt.damaged").read_bytes() == b"second" and not path.exists()
    assert [str(path) in record.getMessage() for record in caplog.records] == [True, True]
    at_once(path).save(STATE)
    assert at_once(path).load()["level"] == 2


def test_one_of_an_earlier_version_without_a_checksum_is_set_aside(path, caplog):
    path.parent.mkdir()
    torch.save({"key": "abc", "state": STATE}, path)
    assert at_once(path).load() is None and "of an earlier version" in caplog.text


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.booleans())
def test_garbage_is_no_state(tmp_path, garbage, signed):
    """Even if its checksum is right."""
    (tmp_path / "c.pt").write_bytes((module._first_line(garbage) if signed else b"") + garbage)
    assert at_once(tmp_path / "c.pt").load() is None


@pytest.mark.parametrize("content", [[1, 2], 5, {"key": "abc"}, {"state": {}}])
def test_what_torch_can_read_but_is_no_checkpoint_is_set_aside(tmp_path, content, caplog):
    write_signed(tmp_path / "c.pt", content)
    assert at_once(tmp_path / "c.pt").load() is None and "c.pt: damaged checkpoint" in caplog.text


def write_signed(path, content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(module._first_line(buffer.getvalue()) + buffer.getvalue())


def test_a_checkpoint_runs_no_code_when_it_is_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    write_signed(tmp_path / "c.pt", {"key": "abc", "state": Bomb()})
    assert at_once(tmp_path / "c.pt").load() is None
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
