"""One line a level in the log, with the time that is left: for the job, and for all that was planned."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lth_common.files import atomic_write_text
from lth_common.protocol.resolve import ROOT, levels_of

from .identity import Run
from .plan import Plan
from .store import is_stamped

log = logging.getLogger("lth")


def expect(plans: Iterable[Plan], path: str, root: Path = ROOT) -> None:
    """Write what a call of the workflow has to make: levels by run's digest, and when it began."""
    levels = {run.digest: levels_of(plan.resolved[pair], run.arm) for plan in plans for pair, runs in plan.runs.items()
              for run in runs if not is_stamped(run.digest, root)}
    began = {"began": time.time(), "levels": {name: len(own) for name, own in levels.items()}}
    atomic_write_text(root / path, json.dumps(began))


class Progress:
    """Levels done and to do. Those of a resumed run count as done, and not as fast: only what is trained here tells
    how long the rest takes.
    """

    def __init__(self, runs: Iterable[tuple[Run, int]], expected: Path | None = None, root: Path = ROOT):
        self.left = {run.digest: levels for run, levels in runs}
        self.trained, self.started = 0, time.monotonic()
        self.expected = json.loads(expected.read_text()) if expected is not None and expected.exists() else None
        self.root = root

    def reporter(self, run: Run, headline: str, saved: dict[str, Any] | None) -> Callable[[int, list[dict]], None]:
        """What chains and branches call after each level; `saved` is the state that the run is resumed from."""
        self.left[run.digest] -= 0 if saved is None else saved["position"]

        def report(level: int, rows: list[dict]) -> None:
            self.left[run.digest] -= 1
            self.trained += 1
            shown = "  ".join(f"{row['metric']} {row['value']:.4f}" for row in rows if row["metric"] == headline)
            log.info("%s  level %d  %5.1f %% left  %s  %s", run.name, level,
                     100 * rows[0]["weights_remaining"], shown, self.to_go())

        return report

    def finished(self, run: Run) -> None:
        """Nothing is left of a run."""
        self.left[run.digest] = 0

    def to_go(self) -> str:
        """Time left of the job, at the pace of the levels trained in it, and of all that the workflow planned."""
        a_level = (time.monotonic() - self.started) / max(self.trained, 1)
        words = f"{_duration(a_level * sum(self.left.values()))} to go"
        if self.expected is None:
            return words
        levels = self.expected["levels"]
        open_ = sum(self.left.get(digest, number) for digest, number in levels.items()
                    if not is_stamped(digest, self.root))
        done = sum(levels.values()) - open_
        if done <= 0:
            return words
        return f"{words}, {_duration((time.time() - self.expected['began']) * open_ / done)} for the whole run"


def _duration(seconds: float) -> str:
    seconds = max(round(seconds), 0)
    if seconds < 120:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
