"""Reads texts anew: files → words → vocabulary and vectors → row numbers."""

import hashlib
import logging
import math
import time
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lth_common.protocol.schema.text_settings import TextData

from .glove import glove_vectors
from .text_cache import EncodedTexts
from .text_files import read_texts
from .text_formats import Row
from .text_tokens import SPECIALS, UNKNOWN, tokenised
from .text_vectors import Texts, Vectors, random_vectors, skipgram_vectors

log = logging.getLogger("lth")


def encode(settings: TextData, source: str, glove: Path | None, root: Path | None) -> EncodedTexts:
    """The set that `settings` describe, with vectors from `source`, or from the file `glove` if it is given.

    Raises:
        LTHError: as `read_texts` and the three kinds of vectors do.
    """
    started = time.monotonic()
    train, test, checksum = read_texts(settings.name, root)
    if test is None:
        train, test = split_at_random(train, settings.test_share, settings.test_seed)
    split = [tokenised([row.text for row in rows], settings.clean, settings.tokenizer) for rows in (train, test)]
    words, vectors = _vectors(source, glove, settings.vectors.dimensions, *split)
    first_places = {row.label: row.place for row in reversed(train + test)}
    labels = sorted(first_places)
    tensors = {"vectors": vectors}
    for part, rows, texts in zip(("train", "test"), (train, test), split, strict=True):
        tensors[f"{part}_ids"], tensors[f"{part}_starts"] = _numbered(texts, words)
        tensors[f"{part}_labels"] = torch.tensor([labels.index(row.label) for row in rows])
    known = (tensors["train_ids"] != UNKNOWN).double().mean()
    log.info("%s: %d + %d texts, %d words in the vocabulary, %.1f %% of all training words known; vectors: %s; %.0f s",
             settings.name, len(train), len(test), len(words) - len(SPECIALS), 100 * known, source,
             time.monotonic() - started)
    checksums = {settings.name: checksum, f"vectors ({source})": hashlib.sha256(vectors.numpy()).hexdigest()}
    return EncodedTexts(tensors, {"label_words": [[label, first_places[label]] for label in labels],
                                  "checksums": checksums, "sources": {"texts": settings.name, "vectors": source}})


def split_at_random(rows: list[Row], test_share: float, seed: int) -> tuple[list[Row], list[Row]]:
    """Rows to train and to test; the same as scikit-learn's train_test_split(test_size=…, random_state=…) gives."""
    order = np.random.RandomState(seed).permutation(len(rows))  # a stream that NumPy has frozen
    cut = math.ceil(test_share * len(rows))
    return [rows[i] for i in order[cut:]], [rows[i] for i in order[:cut]]


def _vectors(source: str, glove: Path | None, dimensions: int, train: Texts, test: Texts) -> Vectors:
    """Skip-gram and its control learn from training texts only. Pretrained vectors are there for all words."""
    if glove is not None:
        return glove_vectors(glove, dimensions, train + test)
    return {"skipgram": skipgram_vectors, "random": random_vectors}[source](train, dimensions)


def _numbered(texts: Texts, words: list[str]) -> tuple[Tensor, Tensor]:
    """Row numbers int32 [all words] and the start of each text in them, int64 [N + 1]."""
    row_of = {word: row for row, word in enumerate(words) if row >= len(SPECIALS)}
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    ids = np.fromiter((row_of.get(word, UNKNOWN) for word in chain.from_iterable(texts)), np.int32, starts[-1])
    return torch.from_numpy(ids), torch.from_numpy(starts)
