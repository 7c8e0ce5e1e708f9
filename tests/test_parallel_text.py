"""From sentences to subwords: nothing of a word is lost, and the merges are those of all sentences."""

import io

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as some

from lth_common.datasets import parallel_text
from lth_common.errors import LTHError
from tests.archive_fixtures import sentences

LINES = [line for pair in sentences()["europarl"] for line in pair]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "text").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    found = parallel_text.learn_subwords([folder / "text"], 120, folder)
    assert found["different words"] == len({word for line in LINES for word in line.split()})
    return folder / "subwords.model"


def test_words_with_their_counts_teach_the_same_as_sentences(model):
    plain, letters = io.BytesIO(), {letter for line in LINES for letter in line if letter != " "}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=plain, model_type="bpe", vocab_size=120 + len(letters) + 2,
        character_coverage=1.0, normalization_rule_name="identity", treat_whitespace_as_suffix=True, bos_id=-1,
        eos_id=-1, minloglevel=2, num_threads=1)
    ours = sentencepiece.SentencePieceProcessor(model_file=str(model))
    other = sentencepiece.SentencePieceProcessor(model_proto=plain.getvalue())
    pieces = {ours.id_to_piece(number) for number in range(ours.get_piece_size())}
    assert ours.get_piece_size() == other.get_piece_size() == 120 + len(letters) + 2
    assert len(pieces & {other.id_to_piece(number) for number in range(len(pieces))}) > 0.95 * len(pieces)


@given(word=some.text(some.characters(exclude_categories=("Cs", "Z", "Cc"), include_characters="abst▁@"), min_size=1))
def test_the_subwords_of_a_word_are_the_word_again(model, word):
    assert parallel_text.splitter(model)(word).replace("@@ ", "") == word.replace("@@ ", "")


def test_text_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "en").write_bytes(b"good\nbad \xff\n")
    with pytest.raises(LTHError, match="en is no text in UTF-8"):
        parallel_text.learn_subwords([tmp_path / "en"], 10, tmp_path)
