"""Which edition of its data a run reads, known without reading them: the checksums that are pinned, and choices made.

They are part of a run's identity; what is read is compared with the same checksums.
"""

from typing import Any

from lth_common.digest import digest

from .corpora import proofs_sum
from .locate import places_of
from .sets import SETS, pinned


def of_images(data: Any) -> dict[str, str]:
    """The files of an image set, by their pinned checksums."""
    return {data.name: digest({file: proof.partition(":")[2] for file, proof in SETS[data.name].proofs.items()}, 20)}


def of_texts(data: Any) -> dict[str, str]:
    """The texts, and where their words' vectors come from on this machine."""
    return {data.name: pinned(data.name)[:20], "vectors": vectors_source(data.vectors)}


def of_corpus(data: Any) -> dict[str, str]:
    """A corpus of plain text; what a task makes up itself is part of its code."""
    if data.name not in SETS:
        return {}
    return {data.name: (pinned if len(SETS[data.name].proofs) == 1 else proofs_sum)(data.name)[:20]}


def vectors_source(vectors: Any) -> str:
    """The file of pretrained vectors, `skipgram` or `random`; `glove_or_skipgram` is what is at hand.

    Raises:
        LTHError: if LTH_DATA is no folder.
    """
    if vectors.source != "glove_or_skipgram":
        return vectors.file or vectors.source
    found = any((place / "glove" / vectors.file).is_file() for place in places_of())
    return vectors.file if found else "skipgram"
