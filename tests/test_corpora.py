"""Corpora of plain text: found, downloaded whole or not at all, compared with their checksums."""

from collections import Counter

import pytest

from lth_common.datasets import locate, unpack
from lth_common.errors import LTHError
from replications.rl_nlp_tickets.language.text import UNKNOWN, numbered, read_words


def no_network(url, path):
    raise OSError("no network")


def test_wikitext2_is_the_published_one(tmp_path):
    if not any((place / "wikitext-2").exists() for place in locate.places_of()):
        pytest.skip("LTH_DATA names no folder with wikitext-2")
    words, _ = read_words("wikitext2")
    assert [len(words[part]) for part in ("train", "valid", "test")] == [2_088_628, 217_646, 245_569]
    numbers, size = numbered(words, None)
    assert size == 33_278
    known = Counter(words["train"])
    assert all((own == 0).sum() == words[part].count(UNKNOWN) for part, own in numbers.items())
    assert known[UNKNOWN] == 54_625


def test_a_damaged_or_missing_corpus_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.setenv("LTH_DATA", str(tmp_path))
    monkeypatch.setattr(unpack, "save", no_network)
    with pytest.raises(LTHError, match="wikitext2: no wikitext-2 in .*the download failed: .*no network. Get it"):
        read_words("wikitext2")
    (tmp_path / "wikitext-2").mkdir()
    with pytest.raises(LTHError, match="train.txt is missing"):
        read_words("wikitext2")
    (tmp_path / "wikitext-2" / "train.txt").write_text("cut off")
    with pytest.raises(LTHError, match="train.txt is damaged or another edition: sha256 "):
        read_words("wikitext2")


def test_a_download_that_is_not_the_pinned_text_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    def save(url, path):
        path.write_text("a page that says sorry")

    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path / "data")
    monkeypatch.delenv("LTH_DATA", raising=False)
    monkeypatch.setattr(unpack, "save", save)
    with pytest.raises(LTHError, match="the download failed: .*damaged or another edition"):
        read_words("wikitext2")
    assert not (tmp_path / "data" / "wikitext-2").exists()
