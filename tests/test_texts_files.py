"""The files of texts: formats, checksums, and what happens when they are not as they should be."""

import os
from collections import Counter
from pathlib import Path

import pytest
from sklearn.model_selection import train_test_split
from text_fixtures import REVIEWS, pin, put_csv, put_imdb, seal

from lth_common.datasets.generated_texts import OPINIONS, generated_rows
from lth_common.datasets.sets import SETS
from lth_common.datasets.text_encoding import split_at_random
from lth_common.datasets.text_files import READERS, read_texts
from lth_common.errors import LTHError


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    real = os.environ.get("LTH_DATA")
    seal(monkeypatch, tmp_path)
    return Path(real) if real else None


def needs(name):
    found = (Path(os.environ.get("LTH_DATA", "/nowhere")) / SETS[name].place).exists()
    return pytest.mark.skipif(not found, reason=f"LTH_DATA names no folder with {SETS[name].place}")


@pytest.mark.parametrize("layout", ["jsonl", "aclImdb"])
def test_both_layouts_of_the_reviews_give_the_same(tmp_path, monkeypatch, layout):
    pin(monkeypatch, "imdb", put_imdb(tmp_path / "pinned", "jsonl"))
    put_imdb(tmp_path / "data", layout)
    corpus = read_texts("imdb")
    for split, rows in [("train", corpus.train), ("test", corpus.test)]:
        assert [(row.label, row.text) for row in rows] == [
            (label, text) for (part, label, _), text in REVIEWS.items() if part == split]
    assert "imdb" in corpus.train[0].place


def test_changed_reviews_are_refused(tmp_path, monkeypatch):
    path = put_imdb(tmp_path / "data", "aclImdb")
    pin(monkeypatch, "imdb", path)
    (path / "aclImdb/test/neg/0_3.txt").write_text("A poor one!")
    with pytest.raises(LTHError, match=f"{path} is damaged or another edition: sha256 .*, expected .*aclImdb"):
        read_texts("imdb")


@pytest.mark.parametrize("line", ['{"text": "cut o', '{"text": "x", "label": "pos"}', "[1]",
                                  '{"text": "x", "label": "pos", "id": "b"}'])
def test_a_line_that_is_no_review_is_named(tmp_path, line):
    path = put_imdb(tmp_path / "data", "jsonl") / "train.jsonl"
    path.write_text(path.read_text() + line)
    with pytest.raises(LTHError, match=f"{path}, line 5: no JSON object with text, label and id"):
        read_texts("imdb")


def test_an_empty_folder_of_reviews_is_named(tmp_path):
    (tmp_path / "data/imdb").mkdir(parents=True)
    with pytest.raises(LTHError, match="data/imdb: neither aclImdb/ nor train.jsonl and test.jsonl"):
        read_texts("imdb")


@pytest.mark.parametrize(("name", "said"), [
    ("imdb", "no imdb in .*shared or in .*data; the download failed: .*service not known.*LTH_DATA name a folder with"),
    ("financial_sentiment", "service not known.* Or get the set 'Financial Sentiment Analysis' from kaggle.com"),
    ("stock_tweets", "'Stock-Market Sentiment Dataset' .* LTH_DATA name a folder with financial_tweets/stock_data.csv"),
])
def test_a_set_that_is_nowhere_says_how_to_come_by_it(tmp_path, monkeypatch, name, said):
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("LTH_DATA", str(tmp_path / "shared"))
    with pytest.raises(LTHError, match=f"data set {name}: .*{said}"):
        read_texts(name)
    with pytest.raises(LTHError, match=f"no {SETS[name].place} in {tmp_path}/shared; "):
        read_texts(name, root=tmp_path / "shared")


def test_a_csv_gives_texts_and_labels_with_their_lines(tmp_path, monkeypatch):
    path = put_csv(monkeypatch, tmp_path / "data", b'Sentence,Sentiment\n"Up, ""2 %""\nfrom 1",positive\nno,neutral\n')
    corpus = read_texts("financial_sentiment")
    assert corpus.train == [('Up, "2 %"\nfrom 1', "positive", f"{path}, line 3"), ("no", "neutral", f"{path}, line 4")]
    assert corpus.test is None


@pytest.mark.parametrize(("blob", "said"), [
    (b"Text,Sentiment\nup,1\n", "no column 'Sentence'; its columns: Text, Sentiment; needed: Sentence, Sentiment"),
    (b"Sentence,Label\nup,1\n", "no column 'Sentiment'; its columns: Sentence, Label"),
    (b"", "no column 'Sentence'; its columns: none"),
    (b"Sentence,Sentiment\nup,positive\ndow", "line 3: a value is missing; the file may be cut off"),
    (b'Sentence,Sentiment\nup,positive\n"dow', "line 3: unexpected end of data; the file may be cut off"),
    (b"Sentence,Sentiment\nup,positive\n", "is damaged or another edition: sha256 .* expected 3d86.*kaggle"),
])
def test_a_csv_that_is_not_as_it_should_be(tmp_path, blob, said):
    path = tmp_path / "data/financial_tweets/financial_sentiment.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(blob)
    with pytest.raises(LTHError, match=f"{path}.*{said}"):
        read_texts("financial_sentiment")


def test_bytes_that_are_not_utf_8_are_replaced_and_counted_once(tmp_path, monkeypatch, caplog):
    blob = b"Sentence,Sentiment\ncaf\xe9 up,neutral\nit\x92s \xff,neutral\n" + "kept \ufffd,neutral\n".encode()
    path = put_csv(monkeypatch, tmp_path / "data", blob)
    caplog.clear()
    assert [row.text for row in read_texts("financial_sentiment").train] == [
        "caf\ufffd up", "it\ufffds \ufffd", "kept \ufffd"]
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: 3 sequences of bytes are not UTF-8 and were read as U+FFFD"]
    reviews = put_imdb(tmp_path / "data", "aclImdb")
    (reviews / "aclImdb/train/pos/2_7.txt").write_bytes(b"caf\xe9")
    assert READERS["imdb"](reviews).train[0].text == "caf\ufffd"


def test_the_random_split_is_scikit_learns():
    rows = list(range(5842))
    train, test = split_at_random(rows, 0.2, 19)
    assert [train, test] == train_test_split(rows, test_size=0.2, random_state=19)
    assert len(test) == 1169 and sorted(train + test) == rows


def test_generated_texts_can_be_told_apart_but_not_all_of_them():
    train, test = generated_rows()
    assert len(train) == 1200 and len(test) == 400
    kinds = {word: label for label, words in OPINIONS.items() for word in words}
    right = 0
    for text, label in train + test:
        seen = Counter(kinds[word] for word in text.lower().replace(".", "").replace("!", "").split() if word in kinds)
        right += seen.most_common(1)[0][0] == label
    assert 0.85 <= right / 1600 <= 0.95
    assert min(Counter(label for _, label in test).values()) > 100
    assert len(read_texts("generated").train) == 1200  # their checksum is pinned, too


@needs("imdb")
def test_the_real_reviews_are_complete(sealed):
    corpus = read_texts("imdb", sealed)
    for rows in (corpus.train, corpus.test):
        assert [row.label for row in rows] == ["pos"] * 12500 + ["neg"] * 12500
    assert len({row.text for row in corpus.train + corpus.test}) == 49_582


@pytest.mark.parametrize(("name", "labels"), [
    pytest.param("financial_sentiment", {"neutral": 3130, "positive": 1852, "negative": 860},
                 marks=needs("financial_sentiment")),
    pytest.param("stock_tweets", {"1": 3685, "-1": 2106}, marks=needs("stock_tweets"))])
def test_the_real_financial_texts_are_complete(sealed, name, labels):
    assert Counter(row.label for row in read_texts(name, sealed).train) == labels
