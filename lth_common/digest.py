"""A short name for plain data."""

import hashlib
import json
from typing import Any


def digest(value: Any) -> str:
    """16 hex digits of a canonical JSON form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
