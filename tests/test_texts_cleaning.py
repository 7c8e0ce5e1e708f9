"""What the two published cleanings and the tokenisers do to sentences."""

import string

import pytest
from text_fixtures import settings

from lth_common.datasets.text_tokens import cleaned, tokenised
from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol.resolve import resolve
from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.text_settings import CleaningStep, TextData

NAME = "lstm_tickets"
# As the folder has them. Reviews as released: the hyphen inside the class makes a range of all from " to _, and it
# comes before `lower`.
RELEASED, STATED, TWEETS_RELEASED, TWEETS_STATED = (
    resolve(NAME, load_paper(NAME), experiment, variant, "paper").data["clean"]
    for experiment in ("imdb", "tweets") for variant in ("as_released", "as_stated"))

SAMPLES = [  # sentence; reviews as released, reviews as stated, tweets as released; runs of spaces count as one
    ("The movie", "he movie", "the movie", "the movie"),
    ("BAD", "", "bad", "bad"),
    ("BAD acting, I say!", "acting say!", "bad acting i say", "bad acting, i say!"),
    ("It's great.<br /><br />10/10!", "t s great !", "it s great 10 10", "it's great.<br /><br />10/10!"),
    ("worth $5.50 (or 3-4 euros)", "worth or euros", "worth 5 50 or 3 4 euros", "worth $5.50 (or 3-4 euros)"),
    ("see https://t.co/Ab3 now", "see https t co b now", "see now", "see now"),
    ("see http://a.b/C?d=1 now", "see http a b d now", "see now", "see http://a.b/c?d=1 now"),
    ("thanks @Trader_1, sell", "thanks rader sell", "thanks sell", "thanks , sell"),
    ("café `|~ naïve {x}", "café `|~ naïve x", "café naïve x", "café `|~ naïve {x}"),
    ("", "", "", ""),
    ("<b></b>", "", "", "<b></b>"),
]


def steps(written):
    return [CleaningStep.model_validate(step) for step in written]


@pytest.mark.parametrize(("sentence", "released", "stated", "tweets"), SAMPLES)
def test_what_each_cleaning_leaves(sentence, released, stated, tweets):
    for cleaning, left in [(RELEASED, released), (STATED, stated), (TWEETS_RELEASED, tweets)]:
        assert " ".join(cleaned(sentence, steps(cleaning)).split()) == left


def test_tweets_as_stated_lose_all_links_and_not_only_shortened_ones():
    assert cleaned("BUY https://a.b/C?d now @Trader_1", steps(TWEETS_STATED)).split() == ["buy", "now"]


def test_the_released_range_leaves_lower_case_and_four_marks_of_ascii():
    left = {sign for sign in string.printable if cleaned(sign, steps(RELEASED)).strip()}
    assert left == {*string.ascii_lowercase, *"!`|~"}
    assert cleaned("É", steps(RELEASED)) == "é"  # capitals beyond ASCII are outside the range


def test_the_order_of_steps_counts():
    assert cleaned("THE movie", steps(["lower", *RELEASED])).split() == ["the", "movie"]
    assert cleaned("THE movie", steps(RELEASED)).split() == ["movie"]


def test_what_stands_in_the_place_of_a_match_is_literal():
    assert cleaned("a.b", steps([{"replace": r"\.", "with": r"\1\n"}])) == r"a\1\nb"


@pytest.mark.parametrize(("tokenizer", "words"), [
    ("nltk", ["Good", "film.", "It", "is", "n't", "bad", ",", "is", "it", "?", "No", "."]),
    ("basic_english", ["good", "film", ".", "it", "isn", "'", "t", "bad", ",", "is", "it", "?", "no", "."]),
])
def test_tokenisers(tokenizer, words):
    """nltk's, without the search for sentences, leaves the full stop inside the text on its word."""
    texts = ["Good film. It isn't bad, is it? No.", "", "  "]
    assert tokenised(texts, [], tokenizer) == [words, [], []]


@pytest.mark.parametrize(("changes", "said"), [
    ({"clean": ["lowr"]}, "data.clean.0: 'lowr' is not legal here: a step is the word 'lower', or 'replace' and"),
    ({"clean": ["lower", {"replace": "[a", "with": ""}]}, "data.clean.1.replace: .* not a regular expression: unterm"),
    ({"clean": [{"replace": "a"}]}, "data.clean.0: .*'replace' and 'with' belong together"),
    ({"clean": [{"replace": "a", "wiht": ""}]}, "data.clean.0.wiht: unknown key; did you mean 'with'"),
    ({"clean": [{}]}, "data.clean.0: {} is not legal here: a step is the word 'lower'"),
    ({"tokenizer": "spacy"}, "data.tokenizer: 'spacy'.*'nltk' or 'basic_english'"),
    ({"positions": 2}, "'positions' below 3 has no room for a word between the markers"),
    ({"labels": {"pos": -1}}, "data.labels.pos: -1"),
    ({"vectors": {"source": "glove"}}, "'file' belongs to the sources 'glove'"),
    ({"vectors": {"source": "random", "file": "glove.6B.100d.txt"}}, "'file' belongs to the sources 'glove'"),
    ({"vectors": {"source": "glove", "file": "../glove.6B.100d.txt"}}, "data.vectors.file: '../glove"),
    ({"test_share": 0.2, "test_seed": 19}, "'test_share' and 'test_seed' belong to financial_sentiment"),
    ({"name": "stock_tweets", "test_share": 0.2}, "'test_share' and 'test_seed' belong to .* stock_tweets, which need"),
])
def test_settings_that_make_no_sense_are_refused(changes, said):
    raw = settings().model_dump(mode="json") | changes
    with pytest.raises(LTHError, match=f"^protocol.yaml: data.*{said.removeprefix('data')}"):
        parse(TextData, raw, "protocol.yaml", "data")


def test_settings_come_back_from_their_json_as_they_are_written():
    written = settings(clean=RELEASED)
    assert written.model_dump(mode="json")["clean"] == RELEASED
    assert TextData.model_validate(written.model_dump(mode="json")) == written
