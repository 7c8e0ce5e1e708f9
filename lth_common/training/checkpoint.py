"""Checkpoints: resumable state of one run, bound to that run's key."""

import hashlib
import io
import time
from pathlib import Path
from typing import Any

import torch

from lth_common.files import atomic_write_bytes, set_aside


class Checkpoint:
    """A file that holds the state of one run, written at most every `seconds`.

    The file is replaced atomically: a kill at any moment leaves the previous state whole. Its first line has the
    SHA-256 of the rest, which is torch's.
    """

    def __init__(self, path: Path, key: str, seconds: float = 30.0):
        self.path, self.key, self.seconds = path, key, seconds
        self._last = time.monotonic()

    def save(self, state: dict[str, Any]) -> None:
        """Write `state` (tensors and plain data) if the last write is long enough ago."""
        if time.monotonic() - self._last >= self.seconds:
            buffer = io.BytesIO()
            torch.save({"key": self.key, "state": state}, buffer)
            payload = buffer.getbuffer()
            atomic_write_bytes(self.path, b"".join([_first_line(payload), payload]))
            self._last = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The saved state; None if there is none that this run can go on from.

        A file that is damaged is renamed to `<name>.damaged`, one of a run with another key to `<name>.other`, each
        with a warning: the run is trained from its beginning, as no later one could do better.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        line, end, payload = data.partition(b"\n")
        if line + end != _first_line(payload):
            set_aside(self.path, "damaged checkpoint, or one of an earlier version; training starts afresh")
            return None
        try:
            saved = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
            key, state = saved["key"], saved["state"]
        except Exception as error:  # written whole, but by another torch, say
            reason = f"{type(error).__name__} {error}".splitlines()[0]
            set_aside(self.path, f"damaged checkpoint ({reason}); training starts afresh")
            return None
        if key != self.key:
            set_aside(self.path, f"checkpoint of another specification (key {key}, this run is {self.key}); "
                      "training starts afresh", "other")
            return None
        return state

    def clear(self) -> None:
        """Remove the file once the run's results are written."""
        self.path.unlink(missing_ok=True)


def _first_line(payload: bytes | memoryview) -> bytes:
    return f"lth-checkpoint {hashlib.sha256(payload).hexdigest()}\n".encode()
