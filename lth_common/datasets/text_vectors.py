"""Vocabularies with frozen vectors: trained on the texts by skip-gram, or random. (Pretrained ones: glove.py.)"""

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from lth_common.errors import LTHError

from .text_tokens import SECONDS_WITHOUT_A_BAR, SPECIALS

MIN_COUNT = 2  # rarer words are unknown
RANDOM_STD = 0.3  # about that of skip-gram's vectors, each counted as often as its word occurs (IMDB: 0.28)

Texts = list[list[str]]
# The words by row, SPECIALS first; float32 [V, D] with zeros in the rows of SPECIALS.
Vectors = tuple[list[str], Tensor]


def skipgram_vectors(texts: Texts, dimensions: int) -> Vectors:
    """Skip-gram with negative sampling (Mikolov et al. 2013), trained on `texts` by gensim.

    Window 5, 5 negatives, learning rate 0.025 falling to 0.0001 and frequent words thinned out (1e-3) are gensim's
    defaults. So are 5 passes; over less than 400,000 words there are more, up to 20, for 5 leave the vectors of
    small sets near their start. One thread and a fixed seed: the same on one machine every time.

    Raises:
        LTHError: if no word occurs twice.
    """
    from gensim.models import Word2Vec

    logging.getLogger("gensim").setLevel(logging.WARNING)  # at INFO it reports every second
    words = frequent_words(texts)
    passes = min(20, max(5, 2_000_000 // sum(map(len, texts))))
    with tqdm(desc="skip-gram vectors", total=(1 + passes) * len(texts), disable=None,
              delay=SECONDS_WITHOUT_A_BAR) as bar:
        model = Word2Vec(_Watched(texts, bar), sg=1, vector_size=dimensions, window=5, negative=5, min_count=MIN_COUNT,
                         epochs=passes, workers=1, seed=1)
    vectors = torch.zeros(len(words), dimensions)
    vectors[len(SPECIALS):] = torch.from_numpy(model.wv[words[len(SPECIALS):]])
    return words, vectors


class _Watched:
    """Texts that can be read many times and move a progress bar."""

    def __init__(self, texts: Texts, bar: tqdm):
        self.texts, self.bar = texts, bar

    def __iter__(self) -> Iterator[list[str]]:
        for text in self.texts:
            self.bar.update()
            yield text


def random_vectors(texts: Texts, dimensions: int) -> Vectors:
    """Normal vectors for the words that `skipgram_vectors` knows: a control for what its vectors contribute.

    Raises:
        LTHError: if no word occurs twice.
    """
    words = frequent_words(texts)
    drawn = np.random.RandomState(0).standard_normal((len(words), dimensions))  # a stream that NumPy has frozen
    drawn[:len(SPECIALS)] = 0
    return words, torch.from_numpy(drawn * RANDOM_STD).float()


def frequent_words(texts: Texts) -> list[str]:
    """The vocabulary of the words that occur at least MIN_COUNT times.

    Raises:
        LTHError: if there are none.
    """
    words = vocabulary(Counter(chain.from_iterable(texts)), MIN_COUNT)
    if len(words) == len(SPECIALS):
        raise LTHError(f"data.clean: no word of the training texts is left {MIN_COUNT} times")
    return words


def vocabulary(counts: Counter, min_count: int = 1) -> list[str]:
    """SPECIALS, then the words that occur so often, most frequent first, ties by alphabet."""
    from torchtext.vocab import Vocab  # imported only where texts are read anew, as all of torchtext

    return Vocab(counts, min_freq=min_count, specials=SPECIALS).itos
