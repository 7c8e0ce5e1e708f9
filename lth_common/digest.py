"""A short name for plain data."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """The one JSON text of plain data: equal data have equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any, digits: int = 16) -> str:
    """So many hex digits of the SHA-256 of the canonical JSON form."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:digits]
