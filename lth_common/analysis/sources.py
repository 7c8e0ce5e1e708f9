"""Where the numbers come from: finished runs, or a release as it was published."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lth_common.errors import LTHError
from lth_common.protocol.resolve import ROOT
from lth_common.runs.identity import Run
from lth_common.runs.needs import Chains
from lth_common.runs.plan import Plan
from lth_common.runs.records import collect, frame, named, read_records
from lth_common.runs.restore import kind_of, read_release
from lth_common.runs.rows import KEY, NAMES, OWN
from lth_common.runs.store import RECORDS, SHAPES, folder, has_tickets, read_whole

from .histograms import Pooled


@dataclass(frozen=True)
class Source:
    """Records and what is known of runs: of the finished runs of a plan, each of which must be the planned one."""

    plan: Plan
    root: Path = ROOT
    read: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)  # so that a run is compared once

    def about(self, runs: list[Run]) -> dict[str, dict[str, Any]]:
        """run.json of each run, by the run's name."""
        for run in runs:
            if run.name not in self.read:
                self.read[run.name] = read_whole(run, self.root)
        return {run.name: self.read[run.name] for run in runs}

    def records(self, runs: list[Run], chains: Chains) -> pd.DataFrame:
        """All records of the runs, and the shape of the given chains' surviving weights.

        Raises:
            LTHError: as `read_whole`, or if tickets are needed that are not there.
        """
        self.about(runs)  # every file has been compared with its checksum
        tables = [_own(run, RECORDS, self.root) for run in runs]
        kept = [(run, levels) for run, levels in chains if has_tickets(run.digest, self.root)]
        for run, _ in chains:
            if not has_tickets(run.digest, self.root) and (folder(run.digest, self.root) / SHAPES).exists():
                tables.append(_own(run, SHAPES, self.root))
        if not runs:
            return frame([])
        if not kept:
            return collect(tables)
        from .ticket_weights import survivor_records  # brings torch, which takes longer to import than most figures

        return collect([*tables, survivor_records(kept, self.root)])

    def weights(self, chains: Chains) -> Pooled:
        """What the given tickets start from, for histograms."""
        from .ticket_weights import starting_weights  # as above

        return starting_weights(chains, self.root)


class Released(Source):
    """A release as it was published, whatever version of the code made it and whatever its seeds were."""

    @cached_property
    def release(self) -> tuple[str, dict[str, dict], dict[str, pd.DataFrame]]:
        """The whole release."""
        return read_release(self.plan.name, self.root)

    def about(self, runs: list[Run]) -> dict[str, dict[str, Any]]:
        return self._released(runs)[0]

    def records(self, runs: list[Run], chains: Chains) -> pd.DataFrame:
        return pd.concat(self._released(runs)[1]).sort_values(list(KEY), kind="stable", ignore_index=True)

    def weights(self, chains: Chains) -> Pooled:
        raise LTHError(f"results/released/{self.plan.name}: a release does not hold the tickets that this figure "
                       "shows; see the figure in it")

    def _released(self, runs: list[Run]) -> tuple[dict[str, dict], list[pd.DataFrame]]:
        """What the release knows of the experiments and variants of `runs`, and their records."""
        scale, about, tables = self.release
        if scale != self.plan.scale:
            raise LTHError(f"results/released/{self.plan.name} is of scale '{scale}': give --scale {scale}")
        pairs = {f"{run.experiment}/{run.variant}/" for run in runs}
        names = [name for name in about if name.startswith(tuple(pairs))]
        other = [name for name in names if kind_of(name, about[name], self.plan)[0] in ("changed", "gone")]
        if other:
            raise LTHError(f"results/released/{self.plan.name}: {len(other)} runs have other settings than "
                           f"protocol.yaml has now, such as {other[0]}: what is drawn of them stands in the release "
                           "itself")
        absent = [pair for pair in sorted(pairs) if not any(name.startswith(pair) for name in names)]
        if absent:
            raise LTHError(f"results/released/{self.plan.name}: has no runs of {absent[0].strip('/')}")
        return {name: about[name] for name in names}, [tables[name] for name in names]


def _own(run: Run, name: str, root: Path) -> pd.DataFrame:
    table = read_records(folder(run.digest, root) / name, OWN, checked=False)
    return named(table, **{key: getattr(run, key) for key in NAMES})
