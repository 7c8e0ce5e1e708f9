"""A run says what trained each level, and one that was killed goes on with the same engine, bit for bit."""

import json

import numba
import pytest
import torch

from lth_common.protocol.task_names import family_of
from lth_common.runs import train as module
from lth_common.runs.making import levels_of, settings_in
from lth_common.runs.plan import plan_of
from lth_common.runs.progress import Progress
from lth_common.runs.store import RECORDS, folder
from lth_common.runs.train import make_run
from lth_common.training.engine import compiled


def first(family):
    """The first chain at scale smoke whose network is of a family."""
    return next(run for run in plan_of("data_subsets", "smoke").all_runs()
                if run.chain is None and family_of(run.spec["task"], settings_in(run)) == family)


def made(run, root, engine):
    make_run(run, "cpu", Progress([(run, len(levels_of(run)))], root=root), 0, root, engine)
    about = json.loads((folder(run.digest, root) / "run.json").read_text())
    return about, (folder(run.digest, root) / RECORDS).read_bytes()


@pytest.mark.parametrize("engine", ["torch", "sparse"])
def test_a_run_says_what_trained_and_goes_on_the_same_after_a_kill(tmp_path, monkeypatch, engine):
    run = first("mlp")
    levels = levels_of(run)
    about, records = made(run, tmp_path / "whole", engine)
    assert about["engines"] == {engine: levels} and not about["resumed"]
    assert about["engine"].split(", ")[0] == engine and ("numba " in about["engine"]) == (engine == "sparse")

    class KillError(BaseException):
        pass

    saved = 0

    def killing(self, state, save=module.Checkpoint.save):
        nonlocal saved
        save(self, state)
        saved += 1
        if saved == 4:
            raise KillError

    with monkeypatch.context() as patch:
        patch.setattr(module.Checkpoint, "save", killing)
        with pytest.raises(KillError):
            made(run, tmp_path / "killed", engine)
    again, same_records = made(run, tmp_path / "killed", engine)
    assert again["resumed"] and same_records == records and again["engines"] == {engine: levels}


def test_a_state_of_another_engine_is_not_gone_on_from(tmp_path, monkeypatch):
    run, saved = first("mlp"), []
    monkeypatch.setattr(module.Checkpoint, "save", lambda self, state: saved.append(self.path))
    for engine in ("torch", "sparse"):
        made(run, tmp_path / engine, engine)
    assert len({path.parent.name for path in saved}) == 2


def test_a_network_that_only_torch_can_train_says_why(tmp_path):
    about, _ = made(first("conv2"), tmp_path, "sparse")
    assert list(about["engines"]) == ["torch (the network is no stack of linear layers with ReLU)"]


def double(x):
    return 2 * x


def test_native_code_that_was_kept_and_is_damaged_is_compiled_anew(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(compiled, "_folder", lambda: tmp_path)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    assert compiled.call(numba.njit(cache=True)(double), 2) == 4
    kept = list(tmp_path.rglob("*.nb[ci]"))
    assert len(kept) == 2 and not caplog.records
    for path in kept:
        whole = path.read_bytes()
        for part in (b"", whole[: len(whole) // 2]):
            path.write_bytes(part)
            assert compiled.call(numba.njit(cache=True)(double), 3) == 6
            assert "compiling again" in caplog.text
            caplog.clear()
    assert compiled.call(numba.njit(cache=True)(double), 4) == 8 and not caplog.records, "it is whole again"


@pytest.fixture(autouse=True)
def as_a_job():
    torch.set_flush_denormal(True)
    yield
    torch.set_flush_denormal(False)
