"""Files that are either whole or not there: written under a temporary name, synced, then renamed."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

log = logging.getLogger("lth")


def atomic_write_bytes(path: str | Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader or a crash at any moment sees the old file or the new one.

    Makes missing folders. The temporary file lies in the same folder, because a rename is atomic only inside
    one file system; the folder is synced too, or a power cut could undo the rename.

    Raises:
        OSError: if the folder cannot be written; no temporary file is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def atomic_write_text(path: str | Path, text: str) -> None:
    """`atomic_write_bytes` of `text` as UTF-8, line ends as given."""
    atomic_write_bytes(path, text.encode("utf-8"))


def json_text(data: object) -> str:
    """What a JSON file of ours holds: indented, keys sorted, so that equal data are equal files."""
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_aside(path: str | Path, reason: object, suffix: str = "damaged") -> None:
    """Rename a file or folder to `<name>.<suffix>`, in place of an older one of that name, and warn in the log."""
    path = Path(path)
    aside = path.with_name(f"{path.name}.{suffix}")
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
    os.replace(path, aside)
    log.warning("%s: %s (set aside as %s)", path, reason, aside.name)


def _umask() -> int:
    # The mask can only be read by setting it. mkstemp makes files private; results are for everybody.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems refuse to sync a folder; the rename itself stands
    finally:
        os.close(descriptor)
