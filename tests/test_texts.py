"""From settings to tensors."""

import os
from pathlib import Path

import pytest
import torch
from text_fixtures import CSV, pin, put_csv, put_imdb, seal, settings, tweets

from lth_common.datasets import locate
from lth_common.datasets.generated_texts import generated_rows
from lth_common.datasets.text_sets import load_texts
from lth_common.datasets.text_tokens import tokenised
from lth_common.errors import LTHError


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    real = os.environ.get("LTH_DATA")
    seal(monkeypatch, tmp_path)
    return Path(real) if real else None


SENTENCES = {"up up up": "positive", "down down": "negative", "flat": "neutral", "": "neutral", "!!": "positive",
             "up " * 3000: "positive"}


@pytest.fixture
def sentences(monkeypatch, tmp_path):
    """A set of short texts, two of them empty once the marks of exclamation are gone, and one of 3,000 words."""
    rows = "".join(f"{text},{label}\n" for text, label in SENTENCES.items())
    put_csv(monkeypatch, tmp_path / "data", b"Sentence,Sentiment\n" + 5 * rows.encode())
    return tweets(clean=[{"replace": "!", "with": " "}])


def whole(data):
    """All tokens, lengths and labels; train first."""
    return [torch.cat([getattr(data, f"{part}_{kind}") for part in ("train", "test")])
            for kind in ("tokens", "lengths", "labels")]


def spelt(chosen, data):
    """Each text as it can be read off the tensors, with the vocabulary by frequency."""
    texts = tokenised([text for text, _ in generated_rows()[0]], chosen.clean, chosen.tokenizer)
    counts = {}
    for word in (word for text in texts for word in text):
        counts[word] = counts.get(word, 0) + 1
    words = ["", "?", "<", ">", *sorted((w for w in counts if counts[w] > 1), key=lambda w: (-counts[w], w))]
    return texts, [[words[t] for t in row[:n]]
                   for row, n in zip(data.train_tokens, data.train_lengths, strict=True)]


@pytest.mark.parametrize("markers", [True, False])
def test_tokens_spell_the_texts_within_the_markers(markers):
    chosen = settings(markers=markers)
    data = load_texts(chosen)
    texts, read = spelt(chosen, data)
    for text, row in zip(texts, read, strict=True):
        assert row == (["<", *text[:10], ">"] if markers else text[:12])


def test_shapes_types_and_ranges():
    data = load_texts(settings(labels={"neg": 0, "pos": 2, "*": 4}))
    for part, count in [("train", 1200), ("test", 400)]:
        tokens, lengths, labels = (getattr(data, f"{part}_{kind}") for kind in ("tokens", "lengths", "labels"))
        assert tokens.shape == (count, 12) and tokens.dtype == torch.int32
        assert lengths.shape == labels.shape == (count,) and lengths.dtype == labels.dtype == torch.int64
        assert tokens.min() >= 0 and tokens.max() < len(data.vectors)
        assert lengths.min() >= 1 and lengths.max() == 12
        assert torch.equal(tokens != 0, torch.arange(12) < lengths[:, None])  # padding at the end, nowhere else
        assert set(labels.tolist()) == {0, 2, 4}
    assert data.classes == 5
    assert data.vectors.shape[1] == 8 and data.vectors.dtype == torch.float32
    assert (data.vectors[:4] == 0).all()


@pytest.mark.parametrize("markers", [True, False])
def test_empty_and_endless_texts(sentences, markers):
    tokens, lengths, _ = whole(load_texts(sentences.model_copy(update={"markers": markers})))
    assert tokens.shape == (30, 12)
    shortest = tokens[lengths == lengths.min()]
    assert len(shortest) == (10 if markers else 15)  # "", "!!" and, without markers, "flat" too
    empty = [2, 3] if markers else [1]
    assert sum(row.tolist() == empty + [0] * (12 - len(empty)) for row in shortest) == 10
    endless = tokens[lengths == 12]
    assert len(endless) == 5
    assert (endless[:, 0] == 2).all() == markers and (endless[:, -1] == 3).all() == markers
    assert (endless[:, 1:-1] == endless[0, 1]).all() and endless[0, 1] > 3


def test_a_label_that_the_settings_lack_is_named_with_its_place(sentences):
    with pytest.raises(LTHError, match=rf"{CSV}, line \d+: label 'neutral' is not in data.labels; legal: negative, po"):
        load_texts(sentences.model_copy(update={"labels": {"negative": 0, "positive": 1}}))
    with pytest.raises(LTHError, match="data.labels.positiv: financial_sentiment has no such label; it has negative, "):
        load_texts(sentences.model_copy(update={"labels": {"positiv": 0, "*": 1}}))


def test_a_star_stands_for_all_other_labels(sentences):
    tokens, _, named = whole(load_texts(sentences.model_copy(update={
        "labels": {"negative": 0, "neutral": 1, "positive": 2}})))
    assert named.bincount().tolist() == [5, 10, 15]
    assert torch.equal(whole(load_texts(sentences))[2], named)


def test_the_random_split_is_that_of_its_seed(sentences):
    first, again, other = (load_texts(sentences.model_copy(update={"test_seed": seed})) for seed in (19, 19, 20))
    assert len(first.train_labels) == 24 and len(first.test_labels) == 6
    assert torch.equal(first.train_tokens, again.train_tokens)
    assert not torch.equal(first.train_tokens, other.train_tokens)


def reviews(**vectors):
    return settings(name="imdb", labels={"neg": 0, "pos": 2}, vectors={"source": "random", "dimensions": 3} | vectors)


@pytest.fixture
def imdb(monkeypatch, tmp_path):
    pin(monkeypatch, "imdb", put_imdb(tmp_path / "data", "aclImdb"))


def test_reviews_come_in_their_official_split_and_leave_a_class_empty(imdb):
    data = load_texts(reviews())
    assert data.train_labels.tolist() == [2, 2, 0, 0] and data.test_labels.tolist() == [2, 0]
    assert data.classes == 3


def test_words_of_the_test_set_are_known_to_pretrained_vectors_only(imdb, tmp_path):
    """`surprise` is in a test review alone."""
    surprise = 3  # its position: <start> a fine surprise
    assert load_texts(reviews()).test_tokens[0, surprise] == 1
    folder = locate.DATA_FOLDER / "glove"
    folder.mkdir(parents=True)
    (folder / "glove.6B.3d.txt").write_text("a 1 1 1\nfine 2 2 2\nsurprise 3 3 3\n")
    data = load_texts(reviews(source="glove", file="glove.6B.3d.txt"))
    assert data.vectors[data.test_tokens[0, :5].long()].tolist() == [[v] * 3 for v in (0, 1, 2, 3, 0)]
    assert data.test_tokens[0].tolist()[4:] == [3, 0, 0, 0, 0, 0, 0, 0]


def test_which_vectors_were_used_is_on_record(imdb):
    wish = {"source": "glove_or_skipgram", "file": "glove.6B.3d.txt"}
    ours = load_texts(reviews(**wish))
    assert ours.sources == {"texts": "imdb", "vectors": "skipgram"}
    assert list(ours.checksums) == ["imdb", "vectors (skipgram)"]
    folder = locate.DATA_FOLDER / "glove"
    folder.mkdir(parents=True)
    (folder / "glove.6B.3d.txt").write_text("fine 2 2 2\n")
    theirs = load_texts(reviews(**wish))
    assert theirs.sources["vectors"] == "glove.6B.3d.txt" and "vectors (glove.6B.3d.txt)" in theirs.checksums
    assert theirs.checksums["imdb"] == ours.checksums["imdb"]
    (folder / "glove.6B.3d.txt").write_text("fine 3 3 3.5\n")  # another file of the same name is read anew
    assert load_texts(reviews(**wish)).vectors[4].tolist() == [3, 3, 3.5]


@pytest.mark.skipif(not (Path(os.environ.get("LTH_DATA", "/nowhere")) / CSV).exists(), reason="LTH_DATA lacks them")
def test_the_real_financial_texts_make_a_three_class_task(sealed):
    data = load_texts(tweets(positions=40), root=sealed)
    assert len(data.train_labels) == 4673 and len(data.test_labels) == 1169 and data.classes == 3
    assert whole(data)[2].bincount().tolist() == [860, 3130, 1852]
    assert data.train_lengths.max() == 40
