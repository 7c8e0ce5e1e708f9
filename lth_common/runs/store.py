"""Finished runs on disk: `results/runs/<digest>/` holds run.json, records.csv and, for a chain, tickets.safetensors.

Everything is checksummed: run.json holds the checksums of the other files and one of itself. `ok` is what the workflow
waits for; a run is finished if its files are whole, whether or not `ok` is there (Snakemake takes it away when a job
that makes other runs fails).
"""

import hashlib
import itertools
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lth_common.digest import canonical
from lth_common.errors import DamagedFile, LTHError
from lth_common.files import atomic_write_bytes, atomic_write_text, json_text, sha256_of
from lth_common.protocol.task_names import ROOT

if TYPE_CHECKING:  # else whoever asks whether a run is finished would wait for the schemas
    from .identity import Run

RECORDS, TICKETS, ABOUT, OK = "records.csv", "tickets.safetensors", "run.json", "ok"
TICKETS_OK = "tickets.ok"  # the same for a chain's tickets, which may be missing or come later
SHAPES = "ticket_weights.csv"  # of a restored chain without tickets: what was measured on them

log = logging.getLogger("lth")


def folder(digest: str, root: Path = ROOT) -> Path:
    """Where a run lies."""
    return root / "results" / "runs" / digest


def ok_path(digest: str) -> str:
    """What the workflow waits for, relative to the project."""
    return f"results/runs/{digest}/{OK}"


def tickets_ok_path(digest: str) -> str:
    """What the workflow waits for where it needs a chain's tickets, relative to the project."""
    return f"results/runs/{digest}/{TICKETS_OK}"


def is_stamped(digest: str, root: Path = ROOT) -> bool:
    """Whether the workflow may take the run as finished; whoever reads it still checks that it is whole."""
    return (folder(digest, root) / OK).is_file()


def has_tickets(digest: str, root: Path = ROOT) -> bool:
    """Whether a chain's tickets are there; those of a restored run may not be."""
    return (folder(digest, root) / TICKETS).is_file()


def write_run(run: "Run", about: dict[str, Any], files: dict[str, bytes], root: Path = ROOT) -> None:
    """Write a finished run, its stamp last; a kill before that leaves an unfinished one.

    `about`: what is to be known of it beside its specification. `files`: name -> content.
    """
    home = folder(run.digest, root)
    (home / OK).unlink(missing_ok=True)  # until all is written
    for name, content in files.items():
        atomic_write_bytes(home / name, content)
    kept = {name: sha256_of(home / name) for name in (RECORDS, TICKETS, SHAPES) if (home / name).is_file()}
    whole = {key: value for key, value in about.items() if key != "sha256"}
    whole |= {"digest": run.digest, "spec": run.spec, "files": kept}
    atomic_write_text(home / ABOUT, json_text(whole | {"sha256": _own_sum(whole)}))
    stamp(run.digest, root)


def stamp(digest: str, root: Path = ROOT) -> None:
    """Say that the run is finished, and that its tickets are there."""
    text = sha256_of(folder(digest, root) / ABOUT) + "\n"
    for name in (OK, *([TICKETS_OK] if has_tickets(digest, root) else [])):
        atomic_write_text(folder(digest, root) / name, text)


def stamped_alone(digest: str, root: Path = ROOT) -> bool:
    """Whether a finished chain has no tickets, as one that was restored from a release without them.

    A stamp of tickets that were taken away is false, and goes.
    """
    if not has_tickets(digest, root):
        (folder(digest, root) / TICKETS_OK).unlink(missing_ok=True)
    return is_stamped(digest, root) and not (folder(digest, root) / TICKETS_OK).exists()


def read_about(digest: str, root: Path = ROOT) -> dict[str, Any]:
    """run.json of a finished run, every file of which is as it was written; `TICKETS` may have been taken away.

    Raises:
        DamagedFile: naming what is damaged or missing.
        FileNotFoundError: if there is nothing of the run.
    """
    home = folder(digest, root)
    if not (home / ABOUT).exists():
        if (home / OK).exists():
            raise DamagedFile(home / ABOUT, "it is missing beside its stamp")
        raise FileNotFoundError(home / ABOUT)
    try:
        about = json.loads((home / ABOUT).read_text(encoding="utf-8"))
        sums = about["files"]
        sound = about["sha256"] == _own_sum({key: value for key, value in about.items() if key != "sha256"})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(home / ABOUT, f"it is no description of a run ({type(error).__name__}: {error})") from None
    if not sound or about["digest"] != digest:
        raise DamagedFile(home / ABOUT, "its checksum is another")
    for name, wanted in {RECORDS: "", **sums}.items():
        there = (home / name).is_file()  # tickets may be taken away, to have the room
        if (there and sha256_of(home / name) != wanted) or (not there and name != TICKETS):
            raise DamagedFile(home / name, "it is missing, or its checksum is not the one in run.json")
    return about


def read_whole(run: "Run", root: Path = ROOT) -> dict[str, Any]:
    """`read_about` of a run that must be there and be the planned one; what is damaged is set aside.

    Raises:
        LTHError: if it is not there, is damaged (and then set aside), or has another specification than the plan's.
    """
    try:
        about = read_about(run.digest, root)
    except FileNotFoundError:
        raise LTHError(f"{run.paper}: {run.name} is not run yet (results/runs/{run.digest}); run the workflow, or "
                       f"bring released records with `python -m lth_common.runs.restore {run.paper}`") from None
    except DamagedFile as error:
        raise LTHError(f"{error}; {put_aside(run.digest, root)}; the workflow makes it again, or `python -m "
                       f"lth_common.runs.restore {run.paper}` brings it back, if it was released") from None
    if about["spec"] != run.spec:
        raise LTHError(f"{folder(run.digest, root)}: holds a run of other settings ({canonical(about['spec'])}) than "
                       f"the plan's {run.name} ({canonical(run.spec)})")
    if run.chain and about.get("chain_records", "") not in ("", records_sum(run.chain, root)):
        raise LTHError(f"{folder(run.digest, root)}: this run started from tickets of {run.chain.name}, which was made "
                       f"anew since with other records: make both anew with `lth retrain "
                       f"{run.paper} {run.chain.name} --scale …`")
    return about


def records_sum(run: "Run", root: Path = ROOT) -> str:
    """Checksum of a run's records; '' if there are none."""
    path = folder(run.digest, root) / RECORDS
    return sha256_of(path) if path.is_file() else ""


def is_whole(run: "Run", root: Path = ROOT) -> bool:
    """Whether nothing is left to do for a run; a damaged one is set aside, with a word in the log."""
    try:
        read_about(run.digest, root)
    except FileNotFoundError:
        return False
    except DamagedFile as error:
        log.warning("%s; %s, and is made again", error, put_aside(run.digest, root))
        return False
    return True


def put_aside(digest: str, root: Path = ROOT) -> str:
    """Move what there is of a run out of the way, where nothing reads it; says where to."""
    aside = root / "results" / "set_aside"
    aside.mkdir(parents=True, exist_ok=True)
    numbers = (number for number in itertools.count(1) if not (aside / f"{digest}-{number}").exists())
    target = aside / f"{digest}-{next(numbers)}"
    try:
        os.rename(folder(digest, root), target)
    except FileNotFoundError:  # another process was faster
        return f"the run has been set aside in {aside.relative_to(root)}"
    return f"the run was set aside in {target.relative_to(root)}"


def branches_of(chain: "Run", root: Path = ROOT) -> list[str]:
    """Digests of the runs here that started from a chain's tickets."""
    found = []
    for path in sorted((root / "results" / "runs").glob(f"*/{ABOUT}")):
        try:
            if json.loads(path.read_text(encoding="utf-8"))["spec"].get("chain") == chain.digest:
                found.append(path.parent.name)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # damaged: it is found when it is read
    return found


def _own_sum(about: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(about).encode()).hexdigest()
