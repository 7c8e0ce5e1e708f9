"""Labelled texts as tensors of row numbers, with the frozen vectors of their words."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lth_common.errors import LTHError
from lth_common.protocol.schema.text_settings import TextData

from .glove import find_glove
from .sets import pinned
from .text_cache import EncodedTexts, cached
from .text_tokens import END, START, UNKNOWN


@dataclass(frozen=True, eq=False)
class TextSet:
    """One set of texts, whole, in its official order (or in that of the random split).

    Tokens are int32 [N, T], T = `positions` of the settings, with values 0..V-1: 0 is padding, at the end; 1 an
    unknown word; 2 and 3 the markers of start and end. Lengths are int64 [N], markers counted, padding not, 1 to
    T. Labels are int64 [N] with values 0..classes-1; a class may be without examples. `vectors` is float32
    [V, D], with zeros in rows 0 to 3. `checksums` maps the data set to its SHA-256, and `vectors (source)` to that
    of the vectors; `sources` names both sources.
    """

    train_tokens: Tensor
    train_lengths: Tensor
    train_labels: Tensor
    test_tokens: Tensor
    test_lengths: Tensor
    test_labels: Tensor
    vectors: Tensor
    classes: int
    checksums: dict[str, str]
    sources: dict[str, str]


def load_texts(settings: TextData, root: Path | None = None) -> TextSet:
    """The texts of `settings.name`, cleaned, cut into tokens and numbered, with vectors.

    Files are looked for as `load_images` does, but only the first time: what becomes of them is kept in
    `data/cache/`. Texts are cut to the first `positions` tokens (of which markers take two). An empty text is
    its two markers, or one unknown word where there are no markers.

    Raises:
        LTHError: if files are missing, damaged, or have a label word that `settings.labels` lacks.
    """
    glove = find_glove(settings.vectors, root)
    found = cached(_recipe(settings, glove), lambda: _build(settings, glove, root))
    classes = torch.tensor(_classes(settings, found))
    splits = {}
    for part in ("train", "test"):
        splits[f"{part}_tokens"], splits[f"{part}_lengths"] = _framed(found, part, settings.positions, settings.markers)
        splits[f"{part}_labels"] = classes[found.tensors[f"{part}_labels"]]
    return TextSet(**splits, vectors=found.tensors["vectors"], classes=max(settings.labels.values()) + 1,
                   checksums=found.about["checksums"], sources=found.about["sources"])


def _recipe(settings: TextData, glove: Path | None) -> dict:
    """All that the encoded texts depend on. Labels, positions and markers only come after them."""
    said = settings.model_dump(mode="json", include={"name", "clean", "tokenizer", "test_share", "test_seed"})
    vectors: dict = {"dimensions": settings.vectors.dimensions, "source": _source(settings, glove)}
    if glove is not None:  # a gigabyte, which is not read each time
        vectors |= {"bytes": glove.stat().st_size, "changed": glove.stat().st_mtime_ns}
    return said | {"vectors": vectors, "sha256": pinned(settings.name)}


def _source(settings: TextData, glove: Path | None) -> str:
    if glove is not None:
        return glove.name
    return "skipgram" if settings.vectors.source == "glove_or_skipgram" else settings.vectors.source


def _build(settings: TextData, glove: Path | None, root: Path | None) -> EncodedTexts:
    from .text_encoding import encode  # imports what only a first reading needs

    return encode(settings, _source(settings, glove), glove, root)


def _classes(settings: TextData, found: EncodedTexts) -> list[int]:
    """The class of each label word.

    Raises:
        LTHError: for a word that is in the files and not in `labels`, or the reverse.
    """
    labels, words = settings.labels, [word for word, _ in found.about["label_words"]]
    for word, place in found.about["label_words"]:
        if word not in labels and "*" not in labels:
            raise LTHError(f"{place}: label '{word}' is not in data.labels; legal: {', '.join(labels)}")
    for word in labels.keys() - {"*"}:
        if word not in words:
            raise LTHError(f"data.labels.{word}: {settings.name} has no such label; it has {', '.join(words)}")
    return [labels.get(word, labels.get("*")) for word in words]


def _framed(found: EncodedTexts, part: str, positions: int, markers: bool) -> tuple[Tensor, Tensor]:
    """Tokens [N, positions] and lengths [N] of one split."""
    ids, starts = (found.tensors[f"{part}_{name}"].numpy() for name in ("ids", "starts"))
    counts = np.minimum(np.diff(starts), positions - 2 * markers)
    lengths = counts + 2 if markers else np.maximum(counts, 1)
    tokens = np.zeros((len(counts), positions), np.int32)
    tokens[:, 0] = START if markers else UNKNOWN  # the latter stays in empty texts only
    for row, (start, count) in enumerate(zip(starts, counts, strict=False)):
        tokens[row, markers:markers + count] = ids[start:start + count]
    if markers:
        tokens[np.arange(len(counts)), lengths - 1] = END
    return torch.from_numpy(tokens), torch.from_numpy(lengths)
