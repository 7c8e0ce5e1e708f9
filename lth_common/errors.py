"""The exceptions for what a user can mend, and for files that are not what was written to them."""

from pathlib import Path


class LTHError(Exception):
    """A mistake that the user can mend: the message names file, key, value and what is legal."""


class DamagedFile(LTHError):
    """The file at `path` is not what was written to it: bits changed, or a part is missing."""

    def __init__(self, path: str | Path, reason: object):
        super().__init__(path, reason)
        self.path, self.reason = Path(path), reason

    def __str__(self) -> str:
        return f"{self.path}: damaged file ({self.reason})"
