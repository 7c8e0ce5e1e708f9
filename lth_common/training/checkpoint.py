"""Checkpoints: resumable state of one run, bound to that run's key."""

import io
import time
from pathlib import Path
from typing import Any

import torch

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes


class Checkpoint:
    """A file that holds the state of one run, written at most every `seconds`.

    The file is replaced atomically: a kill at any moment leaves the previous state whole.
    """

    def __init__(self, path: Path, key: str, seconds: float = 30.0):
        self.path, self.key, self.seconds = path, key, seconds
        self._last = time.monotonic()

    def save(self, state: dict[str, Any]) -> None:
        """Write `state` (tensors and plain data) if the last write is long enough ago."""
        if time.monotonic() - self._last >= self.seconds:
            buffer = io.BytesIO()
            torch.save({"key": self.key, "state": state}, buffer)
            atomic_write_bytes(self.path, buffer.getvalue())
            self._last = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The saved state, None if there is none.

        Raises:
            LTHError: if the file is damaged or belongs to a run with another specification.
        """
        if not self.path.exists():
            return None
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            key, state = saved["key"], saved["state"]
        except Exception as error:  # damage shows as anything: EOFError, IndexError, struct.error
            reason = f"{type(error).__name__} {error}".splitlines()[0]
            raise LTHError(f"{self.path}: damaged checkpoint ({reason}); "
                           "delete it to train this run from its beginning") from None
        if key != self.key:
            raise LTHError(f"{self.path}: this checkpoint belongs to another specification (key {key}, this run is "
                           f"{self.key}); delete it or restore the settings it was made with")
        return state

    def clear(self) -> None:
        """Remove the file once the run's results are written."""
        self.path.unlink(missing_ok=True)
