"""What proves files that were made here: a file beside them with their checksums and its own."""

import hashlib
import json
from pathlib import Path
from typing import Any

from lth_common.errors import DamagedFile
from lth_common.files import json_text, sha256_of

STAMP = "stamp.json"


def check(folder: Path) -> None:
    """Compare a step's files with its stamp.

    Raises:
        DamagedFile: if a bit of one has changed, the stamp included, or one is missing.
    """
    for name, expected in recorded(folder)["files"].items():
        try:
            found = sha256_of(folder / name)
        except OSError as error:
            raise DamagedFile(folder / name, error) from None
        if found != expected:
            raise DamagedFile(folder / name, f"sha256 {found}, but {STAMP} has {expected}")


def recorded(folder: Path) -> dict[str, Any]:
    """What a stamp holds: `recipe`, a digest; `files`, the SHA-256 of each; and what is worth knowing of their making.

    Raises:
        DamagedFile: if there is no stamp, or it is not what was written.
    """
    try:
        text = (folder / STAMP).read_text(encoding="utf-8")
        stamp = json.loads(text)
        if text != sealed({key: value for key, value in stamp.items() if key != "sha256"}):
            raise ValueError("its checksum is of another content")
        return stamp | {"files": dict(stamp["files"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(folder / STAMP, error) from None


def sealed(stamp: dict[str, Any]) -> str:
    """The text of a stamp: what is known, and the checksum of that."""
    return json_text(stamp | {"sha256": hashlib.sha256(json_text(stamp).encode()).hexdigest()})
