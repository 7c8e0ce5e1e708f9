"""The prepared corpus: made once and whole, the published text, and made again where it is damaged."""

import multiprocessing
import shutil
from dataclasses import replace

import pytest

from lth_common.datasets import locate
from lth_common.datasets.sets import SETS
from lth_common.errors import LTHError
from replications.rl_nlp_tickets.translation import corpus
from replications.rl_nlp_tickets.translation.corpus import prepare
from replications.rl_nlp_tickets.translation.schema import Data
from tests.translation_fixtures import settings


def test_the_corpus_is_made_once_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    wanted = settings().data
    with monkeypatch.context() as breaking, pytest.raises(RuntimeError):
        breaking.setattr(corpus, "_binarise", lambda *a: (_ for _ in ()).throw(RuntimeError("killed")))
        prepare(wanted)
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    first = prepare(wanted)
    changed = first.binary.stat().st_mtime_ns
    assert prepare(wanted) == first and first.binary.stat().st_mtime_ns == changed
    assert len(first.reference) == len(first.reference_tokens) == 60
    assert {path.name for path in first.binary.iterdir()} >= {"dict.en.txt", "dict.de.txt", "train.en-de.en.bin"}
    assert (first.binary / "dict.en.txt").read_text() == (first.binary / "dict.de.txt").read_text()
    assert prepare(Data(name="generated", subwords=150)).binary != first.binary
    with pytest.raises(LTHError, match="data.subwords: 20 are not possible for generated"):
        prepare(Data(name="generated", subwords=20))


@pytest.mark.parametrize(("file", "text"), [
    ("about.json", None), ("about.json", '{"corp'), ("about.json", "{}"), ("about.json", "[]"),
    ("reference.tok.de", None), ("binary/dict.de.txt", "x 1\n"), ("binary", None),
])
def test_a_damaged_corpus_is_set_aside_and_made_again(tmp_path, monkeypatch, caplog, file, text):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    first = prepare(settings().data)
    folder = first.binary.parent
    for _ in range(2):  # the second makes the first one's damaged folder go
        damaged = folder / file
        if text is not None:
            damaged.write_text(text)
        elif damaged.is_dir():
            shutil.rmtree(damaged)
        else:
            damaged.unlink()
        caplog.clear()
        assert prepare(settings().data) == first
        assert f"{folder}: " in caplog.text and f"{folder.name}.damaged" in caplog.text
        assert prepare(settings().data) == first
    assert {path.name for path in folder.parent.iterdir() if path.is_dir()} == {folder.name, f"{folder.name}.damaged"}


def mend_at_once(barrier, wanted, made):
    make = corpus._make
    corpus._make = lambda *args: (made.put("made"), make(*args))
    barrier.wait()
    prepare(wanted)


def test_of_several_processes_one_mends_a_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    (prepare(settings().data).binary / "train.en-de.en.bin").write_bytes(b"")
    fork = multiprocessing.get_context("fork")
    made, barrier = fork.SimpleQueue(), fork.Barrier(3)
    jobs = [fork.Process(target=mend_at_once, args=(barrier, settings().data, made)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0] and made.get() == "made" and made.empty()
    corpus.check(prepare(settings().data).binary.parent)


def test_a_corpus_that_comes_in_subwords_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.setenv("LTH_DATA", str(tmp_path))
    (tmp_path / "wmt14").mkdir()
    files = dict.fromkeys(SETS["wmt14"].proofs, "das un@@ bekannte Haus\nein Haus\n")
    for name, text in files.items():
        (tmp_path / "wmt14" / name).write_text(text.replace("@@ ", "") if ".bpe" not in name else text)
    proofs = dict.fromkeys(files, "lines:2")
    monkeypatch.setitem(SETS, "wmt14", replace(SETS["wmt14"], proofs=proofs))
    made = prepare(Data(name="wmt14", subwords=100))
    assert made.subword_mark == "@@ " and made.reference == ["das unbekannte Haus", "ein Haus"]
    assert "un@@" in (made.binary / "dict.de.txt").read_text()
    (tmp_path / "wmt14" / "newstest2014.de").write_text("das unbekannte Haus\n")
    with pytest.raises(LTHError, match="newstest2014.de is damaged or another edition: lines 1, expected 2"):
        prepare(Data(name="wmt14", subwords=101))


def test_multi30k_is_the_published_one():
    if not any((place / "multi30k").exists() for place in locate.places_of()):
        pytest.skip("LTH_DATA names no folder with multi30k")
    pairs = corpus._sentences("multi30k")
    assert {part: (len(en), len(de)) for part, (en, de) in pairs.items()} == {
        "train": (29_000, 29_000), "valid": (1_014, 1_014), "test": (1_000, 1_000)}
