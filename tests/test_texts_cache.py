"""Texts are read once; a file that holds what became of them is used again only if it is whole."""

import multiprocessing
import subprocess
import sys

import pytest
import torch
from conftest import same
from text_fixtures import seal, settings

from lth_common.datasets import locate, text_cache
from lth_common.datasets.text_cache import EncodedTexts, cached
from lth_common.datasets.text_sets import load_texts
from lth_common.protocol.resolve import ROOT

ENCODED = EncodedTexts({"train_ids": torch.arange(50, dtype=torch.int32), "vectors": torch.rand(9, 4)}, {"a": ["b"]})


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    seal(monkeypatch, tmp_path)


def never():
    raise AssertionError("built, though the file was there")


def the_file():
    [path] = (locate.DATA_FOLDER / "cache").glob("*.safetensors")
    return path


def test_the_second_time_nothing_is_built():
    for build in (lambda: ENCODED, never):
        found = cached({"name": "x"}, build)
        assert same(found.tensors, ENCODED.tensors) and found.about == ENCODED.about


@pytest.mark.parametrize("change", [{"name": "y"}, {"name": "x", "more": 1}])
def test_another_recipe_is_another_file(change):
    cached({"name": "x"}, lambda: ENCODED)
    other = EncodedTexts(ENCODED.tensors, {"a": ["c"]})
    assert cached(change, lambda: other).about == other.about
    assert cached({"name": "x"}, never).about == ENCODED.about


@pytest.mark.parametrize("constant", ["version of a library", "FORMAT"])
def test_other_libraries_or_another_format_are_another_file(monkeypatch, constant):
    cached({"name": "x"}, lambda: ENCODED)
    if constant == "FORMAT":
        monkeypatch.setattr(text_cache, "FORMAT", text_cache.FORMAT + 1)
    else:
        monkeypatch.setattr(text_cache.metadata, "version", lambda name: "0")
    cached({"name": "x"}, lambda: ENCODED)
    assert len(list((locate.DATA_FOLDER / "cache").glob("*.safetensors"))) == 2


def flipped(blob, place):
    return blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1:]


DAMAGES = {
    "empty": lambda blob: b"",
    "cut": lambda blob: blob[:-1],
    "other": lambda blob: b"not safetensors",
    "last bit": lambda blob: flipped(blob, len(blob) - 1),
    "a bit inside": lambda blob: flipped(blob, len(blob) - 100),
    "about": lambda blob: blob.replace(b'\\"b\\"', b'\\"x\\"'),
    "header": lambda blob: blob.replace(b"sha256", b"sha255"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_made_anew(damage, caplog):
    cached({"name": "x"}, lambda: ENCODED)
    assert not caplog.records
    damaged = damage(the_file().read_bytes())
    assert damaged != the_file().read_bytes()
    the_file().write_bytes(damaged)
    assert same(cached({"name": "x"}, lambda: ENCODED).tensors, ENCODED.tensors)
    assert [record.getMessage() for record in caplog.records] == [f"{the_file()} is damaged and is made anew"]
    assert same(cached({"name": "x"}, never).tensors, ENCODED.tensors)


def test_a_build_that_fails_leaves_no_file():
    with pytest.raises(AssertionError):
        cached({"name": "x"}, never)
    assert not list((locate.DATA_FOLDER / "cache").glob("*.safetensors"))
    cached({"name": "x"}, lambda: ENCODED)


def load_at_once(barrier, built, results):
    def build():
        built.put("built")
        return ENCODED

    barrier.wait()
    results.put(cached({"name": "x"}, build).about)


def test_of_several_processes_one_builds():
    fork = multiprocessing.get_context("fork")
    built, results, barrier = fork.SimpleQueue(), fork.SimpleQueue(), fork.Barrier(3)
    jobs = [fork.Process(target=load_at_once, args=(barrier, built, results)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [results.get() for _ in jobs] == [ENCODED.about] * 3
    assert built.get() == "built" and built.empty()


def test_labels_positions_and_markers_need_no_reading_anew(monkeypatch):
    load_texts(settings())
    monkeypatch.setitem(sys.modules, "lth_common.datasets.text_encoding", None)  # what reads cannot be imported
    load_texts(settings(positions=30, markers=False, labels={"*": 0}, subsets={"half": {"train": [0, 600]}}))
    with pytest.raises(ImportError):
        load_texts(settings(clean=["lower"]))


def test_a_second_load_imports_no_slow_library():
    load_texts(settings())
    code = ("import sys; from pathlib import Path; from lth_common.datasets import locate; "
            "from lth_common.datasets.text_sets import load_texts; "
            "from lth_common.protocol.schema.text_settings import TextData; locate.DATA_FOLDER = Path(sys.argv[1]); "
            "load_texts(TextData.model_validate_json(sys.argv[2])); "
            "print({'gensim', 'nltk', 'torchtext', 'torchvision', 'scipy', 'pandas'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code, locate.DATA_FOLDER, settings().model_dump_json()], cwd=ROOT,
                         capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr
