"""One paper's page: verdicts, figures, tables, and every deviation from the paper's protocol."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lth_common.expressions.paper import Paper
from lth_common.protocol.schema.paper import Overrides

from .verdicts import legal_text, ours_text, published_text, read_verdicts, row, verdict_text


def report(paper: Paper, scale: str, folder: Path, captions: dict[str, str], tables: list[str],
           failures: Sequence[str] = (), mixed: Sequence[str] = (), lacking: Sequence[str] = ()) -> str:
    """Markdown that links what lies in `folder` (results/<scale>/<paper>): the figures of `captions`, and `tables`.

    `lacking` (of `needs.lacking_lines`), `failures` (of `failures.failure_lines`) and `mixed` (of `mixtures.mixtures`)
    stand at its top.
    """
    by = paper.authors if paper.year is None else f"{paper.authors}, {paper.year}"
    parts = [f"# {paper.title}", f"{by}. Scale `{scale}`: {paper.scales[scale].about}",
             *_notes(failures, mixed, lacking), "## Verdicts",
             "Details, intervals and rules: [verdicts.md](verdicts.md).",
             verdict_table(read_verdicts(folder / "verdicts.csv")), "## Figures",
             "Lines: our mean and 95 % t-interval over seeds. Open markers: published."
             + (" Bands are the range over seeds where the legend says so."
                if any(figure.spread == "range" for figure in paper.figures.values()) else "")
             + (" Pooled games: interquartile mean and stratified interval."
                if any(paper.figures[name].panels[0].pooled for name in captions) else "")]
    for name, caption in captions.items():
        title = paper.figures[name].title
        parts += [f"### {title}", f"![{title}](figures/{name}.svg)",
                  f"{caption} Numbers: [{name}.csv](figures/{name}.csv)."]
    parts += [(folder / "tables" / f"{name}.md").read_text().strip() for name in tables]
    parts += ["## Deviations", f"Protocol in full: `protocol.yaml`. Changed by scale `{scale}`:",
              deviations(paper.scales[scale])]
    for name, variant in paper.variants.items():
        parts += [f"Variant `{name}`: {variant.about}", deviations(variant)]
    return "\n\n".join([*parts, "## Runs", _runs(json.loads((folder / "runs.json").read_text()))]) + "\n"


def _notes(failures: Sequence[str], mixed: Sequence[str], lacking: Sequence[str]) -> list[str]:
    """What a reader must know first: what lacks data, trainings that failed, and runs that are not made on the same."""
    failed, different, absent = ("\n".join(f"- {line}" for line in lines) for lines in (failures, mixed, lacking))
    parts = ["## Not run: data", absent, "The next call of the workflow tries again for them, and runs what it gets."
             ] if lacking else []
    parts += ["## Trainings that failed", "They are results: no mean is taken without them, and a rule that needs one "
             "is undecided. Figures and tables say where.", failed] if failed else []
    return [*parts, *(["## Runs that were not made on the same", different] if different else [])]


def verdict_table(verdicts: pd.DataFrame) -> str:
    """One line a claim with the numbers of the rule that decides it: the first that does not hold, else the first."""
    lines = [row("claim", "what the paper says", "rule that decides", "ours (95 % interval)", "seeds", "must be",
                 "published", "verdict"), "|---|---|---|---|---:|---|---|---|"]
    for claim, rules in verdicts.groupby("claim", sort=False):
        order = rules["verdict"].map({"fails": 0, "undecided": 1, "holds": 2})
        deciding = rules.loc[order.idxmin()]
        count = f" ({(rules['verdict'] == 'holds').sum()} of {len(rules)} rules hold)" if len(rules) > 1 else ""
        lines.append(row(claim, f"{deciding['statement']} ({deciding['where']})", deciding["rule"] + count,
                         ours_text(deciding), deciding["n"], legal_text(deciding), published_text(deciding),
                         verdict_text(deciding)))
    return "\n".join(lines)


def deviations(overrides: Overrides) -> str:
    """Each changed setting as a line `experiment: key = value`."""
    lines = [f"- `{target}`: `{key}` = `{value}`" for target, changes in overrides.set.items()
             for key, value in _leaves(changes)]
    return "\n".join(lines) or "- nothing"


def _leaves(changes: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for key, value in changes.items():
        if isinstance(value, dict):
            pairs += _leaves(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, "not run" if value is None else value))
    return pairs


def _runs(runs: dict[str, dict]) -> str:
    """How many runs, on what, for how long."""
    if not runs:
        return "No run is finished."

    def distinct(key: str) -> str:
        return ", ".join(sorted({str(run[key]) for run in runs.values()}))

    hours = sum(run["wall_seconds"] for run in runs.values()) / 3600
    return (f"{len(runs)} runs, {hours:.1f} process hours in all; device {distinct('device')}; "
            f"torch {distinct('torch')}; Python {distinct('python')}; {distinct('platform')}; "
            f"commit {distinct('commit')}. Settings, versions and data checksums of each run: [runs.json](runs.json).")
