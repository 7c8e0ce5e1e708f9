"""Data that are built from other people's files, step by step: each step's result is whole, proven, and made once."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from lth_common.digest import digest
from lth_common.errors import LTHError
from lth_common.files import sha256_of

from . import locate
from .resume import link
from .stamps import STAMP, check, recorded, sealed

log = logging.getLogger("lth")


@dataclass(frozen=True)
class Step:
    """One step: `make(folders of the inputs by their names, empty folder to fill)` returns what is worth knowing.

    `settings`, as plain data, and `version` decide what comes out, together with the inputs and the `libraries`; raise
    `version` when the same settings give other files than before. `about` and `cost` are for people, `megabytes` of
    memory for the workflow.
    """

    name: str
    about: str
    cost: str
    make: Callable[[Mapping[str, Path], Path], Mapping[str, Any]]
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    version: int = 1
    megabytes: int = 500


@dataclass(frozen=True)
class Recipe:
    """The steps of the set `name`, each after its inputs; what the last one makes is the set."""

    name: str
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """What is built, as far as it is known before: steps, their settings and versions, not those of libraries."""
        return digest([[step.name, step.inputs, dict(step.settings), step.version] for step in self.steps], 20)

    @property
    def last(self) -> Step:
        """The step that makes the set."""
        return self.steps[-1]

    def step(self, name: str) -> Step:
        """The step of this name.

        Raises:
            LTHError: if there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise LTHError(f"data set {self.name} has no step '{name}'; legal: {', '.join(s.name for s in self.steps)}")

    def folder(self, step: Step) -> Path:
        """Where the step's files are or will be; other settings, inputs or libraries have another folder."""
        return self._work() / f"{step.name}-{self._identity(step)[:12]}"

    def is_made(self, step: Step) -> bool:
        """Whether the step's files are there; they are not read."""
        return (self.folder(step) / STAMP).is_file()

    def unfinished(self) -> list[Step]:
        """The steps that are to be made, each after its inputs; what only finished ones need is left out."""
        wanted = {self.last.name}
        for step in reversed(self.steps):
            if step.name in wanted and not self.is_made(step):
                wanted.update(step.inputs)
        return [step for step in self.steps if step.name in wanted and not self.is_made(step)]

    def make(self, step: Step) -> Path:
        """The folder of the step's files, whole and compared with their checksums.

        What is not there is made, its inputs first; what is damaged is set aside and made again. Of several processes
        one makes a step and the others wait.

        Raises:
            LTHError: if a file cannot be fetched, or is not what the step needs.
            OSError: if the disk is full, or the like.
        """
        folder = self.folder(step)
        return locate.download(folder.name, step.name, self._work(), partial(self._fill, step, folder.name), check,
                               mend=True)

    def build(self, folder: Path) -> None:
        """Make all that is not made, and the set as `folder`, without a second copy where the disk can do that.

        Raises:
            LTHError, OSError: as `make` does.
        """
        made = self.make(self.last)
        folder.mkdir()
        for path in made.iterdir():
            link(path, folder / path.name)

    def _fill(self, step: Step, name: str, scratch: Path) -> None:
        inputs = {other: self.make(self.step(other)) for other in step.inputs}
        log.info("%s, step %s: %s (%s)", self.name, step.name, step.about, step.cost)
        started, folder = time.monotonic(), scratch / name
        folder.mkdir()
        found = step.make(inputs, folder)
        stamp = {"recipe": self.digest, "step": step.name, "found": dict(found), "libraries": _versions(step),
                 "inputs": {other: recorded(place)["files"] for other, place in inputs.items()},
                 "files": {path.name: sha256_of(path) for path in sorted(folder.iterdir())},
                 "seconds": round(time.monotonic() - started, 1)}
        (folder / STAMP).write_text(sealed(stamp), encoding="utf-8")
        log.info("%s, step %s: done in %.0f s: %s", self.name, step.name, stamp["seconds"], stamp["found"])

    def _identity(self, step: Step) -> str:
        return digest([step.name, dict(step.settings), step.version, _versions(step),
                       [self._identity(self.step(other)) for other in step.inputs]])

    def _work(self) -> Path:
        return locate.DATA_FOLDER / "cache" / f"{self.name}-steps"


def _versions(step: Step) -> dict[str, str]:
    return {name: metadata.version(name) for name in step.libraries}
