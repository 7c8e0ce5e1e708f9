"""What a training by fairseq leaves in its scratch folder, and whether it is still what was written.

fairseq believes nine of ten checkpoints in which a bit has changed, and its log is plain text. So `checkpoints.txt` has
a line for each checkpoint: its SHA-256, how many bytes the log had by then, and the SHA-256 of those.
"""

import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import TextIO

from lth_common.errors import DamagedFile
from lth_common.files import atomic_write_text, sha256_of
from lth_common.tensor_files import damage_in
from lth_common.tickets.ticket import load_ticket

log = logging.getLogger("lth")
LOG, LAST, NOTES = "log.txt", "checkpoint_last.pt", "checkpoints.txt"


def note(folder: Path, printed: TextIO, checkpoint: Path) -> None:
    """Add a checkpoint's line, before the checkpoint gets its name: after a kill the one that is there is noted."""
    printed.flush()
    said = (folder / LOG).read_bytes()
    notes = folder / NOTES
    before = notes.read_text() if notes.exists() else ""
    atomic_write_text(notes, f"{before}{sha256_of(checkpoint)} {len(said)} {hashlib.sha256(said).hexdigest()}\n")


def tidy(folder: Path) -> None:
    """Leave in a folder only what a training may go on from.

    If a bit of that has changed, the folder is removed with a warning: its level is trained afresh. The log is cut to
    what it said before the last checkpoint, since a training that goes on from there says the rest again.
    """
    try:
        for kept in sorted(folder.glob("update*.safetensors")):
            load_ticket(kept)
        length = _vouched(folder)
    except DamagedFile as error:
        log.warning("%s; this level is trained afresh", error)
        shutil.rmtree(folder)
        return
    if (folder / LOG).exists():
        os.truncate(folder / LOG, length)


def _vouched(folder: Path) -> int:
    """Bytes of the log that the last checkpoint's line vouches for; 0 without a checkpoint."""
    last = folder / LAST
    if not last.exists():
        return 0
    checksum = sha256_of(last)
    with damage_in(folder / NOTES):
        lines = (folder / NOTES).read_text().splitlines() if (folder / NOTES).exists() else []
        line = next((line for line in reversed(lines) if line.startswith(f"{checksum} ")), None)
        if line is None:
            raise DamagedFile(last, f"{NOTES} does not know its checksum")
        _, length, expected = line.split(" ")
        said = (folder / LOG).read_bytes()[: int(length)] if (folder / LOG).exists() else b""
        if len(said) != int(length) or hashlib.sha256(said).hexdigest() != expected:
            raise DamagedFile(folder / LOG, f"{NOTES} has another checksum of it")
        return int(length)
