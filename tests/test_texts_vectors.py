"""Vocabularies and the vectors of their words."""

import ssl
import zipfile

import pytest
import torch
from text_fixtures import seal, settings

from lth_common.datasets import glove, locate, unpack
from lth_common.datasets.generated_texts import OPINIONS, generated_rows
from lth_common.datasets.sets import SETS, _glove
from lth_common.datasets.text_tokens import SPECIALS, tokenised
from lth_common.datasets.text_vectors import random_vectors, skipgram_vectors
from lth_common.errors import LTHError

FILE = "glove.6B.3d.txt"
LINES = "the 1 2 3\nfilm 4 5 6\n. . 7 8 9\n. 0.5 0.25 -1\nnobody 7 7 7\n<unk> 9 9 9\ncafé 1 1 1\n"
TEXTS = [["film", "the", "film", "<unk>"], ["café", ".", "unheard", "film", "the"]]


@pytest.fixture
def texts():
    return tokenised([text for text, _ in generated_rows()[0]], [], "basic_english")


@pytest.fixture
def sealed(monkeypatch, tmp_path):
    seal(monkeypatch, tmp_path)
    monkeypatch.setitem(SETS, FILE, _glove("6B", 100, 3)[0])
    return tmp_path


def put_glove(root, content=LINES):
    path = root / "glove" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    return path


def wanted(source="glove", **changes):
    return settings(vectors={"source": source, "file": FILE, "dimensions": 3} | changes).vectors


@pytest.mark.parametrize("make", [skipgram_vectors, random_vectors])
def test_words_that_occur_twice_have_the_same_vectors_every_time(make, texts):
    words, vectors = make([*texts, ["hapax"], ["<end>"] * 5], 20)
    assert words[:4] == SPECIALS and len(set(words)) == len(words)
    assert vectors.shape == (len(words), 20) and vectors.dtype == torch.float32
    assert "hapax" not in words and "film" in words
    assert (vectors[:4] == 0).all() and (vectors[4:].norm(dim=1) > 0.1).all()
    again = make([*texts, ["hapax"], ["<end>"] * 5], 20)
    assert again[0] == words and torch.equal(again[1], vectors)


@pytest.mark.parametrize("make", [skipgram_vectors, random_vectors])
def test_texts_without_a_word_that_occurs_twice_are_refused(make):
    with pytest.raises(LTHError, match="data.clean: no word of the training texts is left 2 times"):
        make([["once"], []], 20)


def test_skip_gram_puts_opinions_of_a_kind_together_and_chance_does_not(texts):
    def closeness(make):
        """Mean cosine between words of one kind, less that between words of two kinds."""
        words, vectors = make(texts, 50)
        unit = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)
        kinds = {kind: unit[[words.index(word) for word in opinions]] for kind, opinions in OPINIONS.items()}
        return (torch.stack([(k @ k.T).mean() for k in kinds.values()]).mean()
                - (kinds["neg"] @ kinds["pos"].T).mean())

    assert closeness(skipgram_vectors) > closeness(random_vectors) + 0.02


def test_both_have_the_vocabulary_of_the_training_texts(texts):
    assert skipgram_vectors(texts, 5)[0] == random_vectors(texts, 7)[0]


def test_glove_gives_the_vectors_of_its_words_and_nothing_else(sealed, capsys):
    https = ssl._create_default_https_context
    words, vectors = glove.glove_vectors(put_glove(sealed), 3, TEXTS)
    assert words == [*SPECIALS, "film", "the", ".", "café"]
    assert vectors.tolist() == [[0, 0, 0]] * 4 + [[4, 5, 6], [1, 2, 3], [0.5, 0.25, -1], [1, 1, 1]]
    assert capsys.readouterr().err == "" and ssl._create_default_https_context is https


@pytest.mark.parametrize(("content", "said"), [
    ("film 1 2\n", "line 1: 2 values, expected 3: the file is damaged, or data.vectors.dimensions is not its own"),
    ("the 1 2 3\nfilm 4 5", "line 2: 2 values, expected 3"),
    ("nobody 1 2 3\n", "none of the words has a vector of 3 dimensions in it"),
    ("film 1 2 3 4\n", "none of the words has a vector of 3 dimensions in it"),
    ("film 1 2 x\n", "is damaged: could not convert string to float"),
])
def test_a_glove_file_that_is_not_as_it_should_be(sealed, content, said):
    path = put_glove(sealed, content)
    with pytest.raises(LTHError, match=f"{path}.*{said}"):
        glove.glove_vectors(path, 3, TEXTS)


def test_glove_is_found_where_data_are(sealed, monkeypatch):
    (sealed / "shared").mkdir()
    monkeypatch.setenv("LTH_DATA", str(sealed / "shared"))
    assert glove.find_glove(wanted("glove_or_skipgram")) is None
    assert glove.find_glove(wanted("random", file=None)) is None
    ours = put_glove(locate.DATA_FOLDER)
    assert glove.find_glove(wanted()) == glove.find_glove(wanted("glove_or_skipgram")) == ours
    shared = put_glove(sealed / "shared")
    assert glove.find_glove(wanted()) == shared


def test_glove_that_is_nowhere_says_how_to_come_by_it(sealed):
    with pytest.raises(LTHError, match=f"no glove/{FILE} in .*data; the download .*not known.*glove_or_skipgram"):
        glove.find_glove(wanted())
    with pytest.raises(LTHError, match="only this place was to be searched"):
        glove.find_glove(wanted(), root=sealed)


@pytest.mark.parametrize(("content", "found"), [(LINES, True), ("the 1 2\n", False), ("no 1 2 3\n", False)])
def test_glove_is_downloaded_whole_or_not_at_all(sealed, monkeypatch, content, found):
    def save(address, path):
        assert address.endswith("/glove.6B.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(FILE, content)
            archive.writestr("glove.6B.300d.txt", "not wanted")

    monkeypatch.setattr(unpack, "save", save)
    if found:
        assert glove.find_glove(wanted()).read_text(encoding="utf-8") == LINES
    else:
        with pytest.raises(LTHError, match="the download failed: .*values (2|no word 'the'), expected 3"):
            glove.find_glove(wanted())
    assert sorted(path.name for path in locate.DATA_FOLDER.rglob("*.txt")) == [FILE] * found


def test_only_stanfords_files_can_be_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "DATA_FOLDER", tmp_path)
    with pytest.raises(LTHError, match="mine.txt is neither .*/glove/mine.txt, nor one of Stanford's files: "):
        glove.find_glove(wanted(file="mine.txt"))
