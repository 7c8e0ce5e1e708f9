"""Random streams, each derived from a seed and the names of its axes; no stream depends on how another was used."""

import hashlib

import torch


def stream(seed: int, *axes: str | int) -> torch.Generator:
    """A CPU generator for one purpose, such as `stream(3, "data_order", level, epoch)`.

    Because a stream is recomputed from its name, a resumed run needs no saved generator state, and two arms
    of one seed share exactly the streams whose axes they share.
    """
    text = "/".join(str(axis) for axis in (seed, *axes))
    digest = hashlib.sha256(text.encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
