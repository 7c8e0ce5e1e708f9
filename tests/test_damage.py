"""Whatever bit of a file of ours changes, and wherever it is cut off: it is noticed, and the run goes on without it."""

import random
import shutil
from itertools import cycle

import pytest
import torch
from conftest import dense, half, same

from lth_common.datasets import locate
from lth_common.datasets.text_cache import EncodedTexts, cached
from lth_common.errors import DamagedFile
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.pruning.mask import Mask
from lth_common.seeds import stream
from lth_common.tickets.book import TicketBook, load_book, save_book
from lth_common.tickets.ticket import Ticket, load_ticket, save_ticket
from lth_common.training.checkpoint import Checkpoint
from replications.rl_nlp_tickets.translation import corpus, scratch
from replications.rl_nlp_tickets.translation.task import TranslationTask
from tests.translation_fixtures import settings

FLIPS, CUTS = 60, 20


def damages(whole: bytes):
    """Copies with one bit changed, half of them in the first kilobyte, where headers are, and copies cut short."""
    pick = random.Random(len(whole))
    for number in range(FLIPS):
        place = pick.randrange(min(len(whole), 1000) if number % 2 else len(whole))
        yield whole[:place] + bytes([whole[place] ^ 1 << pick.randrange(8)]) + whole[place + 1:]
    for _ in range(CUTS):
        yield whole[:pick.randrange(len(whole))]


def write_ticket(net, path):
    save_ticket(Ticket(half(net), net.get(), 7, 3, {"run": "p/e/v/a"}), path)
    return load_ticket


def write_book(net, path, left_out=False):
    weights = net.get()
    book = TicketBook(weights, 0, [dense(net), half(net)], {1: {"carried": torch.rand(3)}}, {0: weights},
                      {"run": "p/e/v/a"}, {2: "diverged"})
    save_book(book, path, weights if left_out else None)
    return lambda path: load_book(path, lambda: weights)


def write_small_book(net, path):
    return write_book(net, path, left_out=True)


@pytest.mark.parametrize("write", [write_ticket, write_book, write_small_book])
def test_no_damaged_ticket_or_book_is_read(net, tmp_path, write):
    path = tmp_path / "tickets.safetensors"
    load = write(net, path)
    load(path)
    for damaged in damages(path.read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(DamagedFile) as error:
            load(path)
        assert error.value.path == path and str(path) in str(error.value) and "delete" not in str(error.value)


def test_damaged_texts_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    encoded = EncodedTexts({"ids": torch.arange(300), "vectors": torch.rand(9, 4)}, {"sources": {"x": "ä"}})
    built = []

    def build():
        built.append(1)
        return encoded

    cached({"name": "x"}, build)
    [path] = (tmp_path / "cache").glob("*.safetensors")
    whole = path.read_bytes()
    for number, damaged in enumerate(damages(whole), 2):
        path.write_bytes(damaged)
        found = cached({"name": "x"}, build)
        assert len(built) == number and same(found.tensors, encoded.tensors) and found.about == encoded.about
        assert path.read_bytes() == whole


def test_damaged_checkpoints_are_set_aside(tmp_path, caplog):
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "key", seconds=0)
    checkpoint.save({"weights": {"w": torch.rand(500)}, "rows": [{"value": 0.1}]})
    assert checkpoint.load() is not None
    for damaged in damages(checkpoint.path.read_bytes()):
        caplog.clear()
        checkpoint.path.write_bytes(damaged)
        assert checkpoint.load() is None and str(checkpoint.path) in caplog.text
        assert (tmp_path / "checkpoint.pt.damaged").read_bytes() == damaged and not checkpoint.path.exists()


def test_no_damaged_corpus_is_believed(tmp_path, monkeypatch):
    """That it is made again then, tests/test_translation_corpus.py shows."""
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    folder = corpus.prepare(settings().data).binary.parent
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 15 and folder / "about.json" in files
    for path in [folder / "about.json", folder / "binary" / "train.en-de.de.bin"]:
        whole = path.read_bytes()
        for damaged in damages(whole):
            path.write_bytes(damaged)
            with pytest.raises(DamagedFile):
                corpus.check(folder)
        path.write_bytes(whole)
    for path, number in zip(cycle(files), range(FLIPS), strict=False):
        whole = path.read_bytes()
        path.write_bytes(list(damages(whole))[number])
        with pytest.raises(DamagedFile):
            corpus.check(folder)
        path.write_bytes(whole)
    corpus.check(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A translation task, the ticket and the outcome of a level's training; its scratch folder is as that left it."""
    rules = Prune(scope="global", levels=1, rates=dict.fromkeys(("embedding", "linear", "norm", "bias"), 0.2))
    task = TranslationTask(settings(), Arm(about="a"), rules, "cpu")
    task.scratch = tmp_path_factory.mktemp("scratch")
    weights = task.initial(stream(0, "init"))
    ticket = Ticket(Mask.dense(weights, list(weights)), weights)
    outcome = task.train(ticket, 0, 0)
    scratch.tidy(task.scratch / "level0")
    return task, ticket, outcome


@pytest.mark.parametrize("name", [scratch.LAST, scratch.LOG, scratch.NOTES, "update20.safetensors"])
def test_no_damage_to_what_fairseq_left_is_believed(trained, tmp_path, name):
    """The folder is removed, or, where the damage is in a line of an earlier checkpoint, the rest of it is whole."""
    whole, copy, removed = trained[0].scratch / "level0", tmp_path / "level0", 0
    for damaged in damages((whole / name).read_bytes()):
        shutil.copytree(whole, copy)
        (copy / name).write_bytes(damaged)
        scratch.tidy(copy)
        if not copy.exists():
            removed += 1
            continue
        assert name == scratch.NOTES
        others = [path for path in whole.iterdir() if path.name != name]
        assert all((copy / path.name).read_bytes() == path.read_bytes() for path in others)
        shutil.rmtree(copy)
    assert removed == FLIPS + CUTS or (name == scratch.NOTES and removed > 20)


@pytest.mark.parametrize("name", [scratch.LAST, scratch.LOG, "update10.safetensors"])
def test_a_level_with_a_damaged_file_is_trained_again_to_the_same_end(trained, caplog, name):
    task, ticket, outcome = trained
    path = task.scratch / "level0" / name
    path.write_bytes(list(damages(path.read_bytes()))[0])
    again = task.train(ticket, 0, 0)
    assert str(path) in caplog.text and "this level is trained afresh" in caplog.text
    assert again.rows == outcome.rows and same(again.weights, outcome.weights)
    scratch.tidy(task.scratch / "level0")
