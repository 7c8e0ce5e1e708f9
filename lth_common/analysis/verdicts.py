"""Verdicts as a table for machines and a page for people."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.runs.data import NO_DATA

from .claims import ClaimVerdict
from .failures import NOTE
from .number_formats import show

COLUMNS = ("claim", "statement", "where", "rule", "quantity", "estimate", "low", "high", "n", "unit", "legal",
           "published", "published_ok", "verdict", "claim_verdict", "unmet", "note", "comment")
SYMBOLS = {"holds": "✔ holds", "fails": "✘ fails", "undecided": "? undecided"}
EXPLANATION = """\
A rule **holds** if the whole 95 % t-interval of our estimate over seeds lies where it must, **fails** if the
interval lies wholly outside, and is **undecided** otherwise: when the interval is too wide, with a single
seed, when a training failed, or when the runs stop before the end of the range. Levels inside the range that
this scale leaves out are named and are no part of the verdict; where a rule has a condition ("where"), a seed counts
at the levels that meet it. Intervals are not corrected for the number of levels: near a bound, a rule about "every"
level fails by chance more often than 1 in 40. A claim holds if all of its rules hold and fails if one fails; where
another claim is its condition and does not hold, it is undecided, whatever its rules say.
"Published" is the paper's own number, or its own points put through the same rule."""


def verdicts_frame(verdicts: Iterable[ClaimVerdict]) -> pd.DataFrame:
    """One row a rule with the columns of `COLUMNS`; numbers in the rule's unit.

    `published` is NaN and `published_ok` missing where the paper has no number.
    """
    rows = [{"claim": verdict.claim_id, "statement": verdict.claim.statement, "where": verdict.claim.where,
             **vars(rule), "claim_verdict": verdict.verdict, "unmet": ", ".join(verdict.unmet),
             "comment": verdict.claim.comment or ""}
            for verdict in verdicts for rule in verdict.rules]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"published": "float64", "published_ok": "boolean", "n": "int64"})


def write_verdicts(table: pd.DataFrame, path: str | Path) -> None:
    """Write `verdicts_frame`'s table as CSV, atomically."""
    atomic_write_text(path, table.to_csv(index=False, lineterminator="\n"))


def read_verdicts(path: str | Path) -> pd.DataFrame:
    """The table that `write_verdicts` wrote.

    Raises:
        LTHError: naming the file, if another version of this suite wrote it, with other columns.
    """
    numbers = ("estimate", "low", "high", "published")
    table = pd.read_csv(path, keep_default_na=False, na_values={c: [""] for c in (*numbers, "published_ok")})
    if missing := [column for column in COLUMNS if column not in table]:
        raise LTHError(f"{path}: no column {', '.join(missing)}; delete it and run again")
    return table.astype(dict.fromkeys(numbers, "float64") | {"published_ok": "boolean"})


def tally(table: pd.DataFrame) -> str:
    """'Of 9 claims: 2 hold, 0 fail, 7 undecided.'"""
    verdicts = table.groupby("claim")["claim_verdict"].first()
    counts = [f"{(verdicts == verdict).sum()} {word}"
              for verdict, word in (("holds", "hold"), ("fails", "fail"), ("undecided", "undecided"))]
    return f"Of {len(verdicts)} claims: {', '.join(counts)}."


def verdicts_markdown(table: pd.DataFrame, title: str, scale: str, lacking: Sequence[str] = ()) -> str:
    """The page for people: one line a claim, then each claim with its rules, numbers and comment.

    `lacking` (of `needs.lacking_lines`) stands before them.
    """
    lines = [f"# Verdicts: {title}", ""]
    if scale != "paper":
        lines += [f"**Scale `{scale}`: budgets are reduced, so these are no verdicts on the paper's own "
                  "protocol.**", ""]
    claims = list(table.groupby("claim", sort=False))
    if lacking:
        lines += ["Rules on runs that lack data are undecided, and say so.", "", *(f"- {line}" for line in lacking), ""]
    lines += [tally(table), "",
              "| claim | what the paper says | where | verdict | published numbers agree? |",
              "|---|---|---|---|---|"]
    for name, rows in claims:
        first = rows.iloc[0]
        lines.append(row(name, first["statement"], first["where"], verdict_text(first),
                          _published_agrees(rows["published_ok"])))
    lines += ["", EXPLANATION, ""]
    for name, rows in claims:
        lines += _claim_section(name, rows)
    return "\n".join(lines)


def write_verdicts_markdown(table: pd.DataFrame, path: str | Path, title: str, scale: str,
                            lacking: Sequence[str] = ()) -> None:
    """Write `verdicts_markdown`, atomically."""
    atomic_write_text(path, verdicts_markdown(table, title, scale, lacking))


def _claim_section(name: str, rows: pd.DataFrame) -> list[str]:
    first = rows.iloc[0]
    lines = [f"## {name}: {SYMBOLS[first['claim_verdict']]}", "",
             f"{first['statement']} ({first['where']})", "",
             "| rule | ours (95 % interval) | seeds | must be | published | verdict |",
             "|---|---|---|---|---|---|"]
    for _, rule in rows.iterrows():
        lines.append(row(rule["rule"], ours_text(rule), rule["n"], legal_text(rule), published_text(rule),
                          SYMBOLS[rule["verdict"]]))
    lines.append("")
    for _, rule in rows.iterrows():
        note = f" Note: {rule['note']}." if rule["note"] else ""
        lines.append(f"- *{rule['rule']}*: `{rule['quantity']}`.{note}")
    condition = f"Not judged: {first['unmet']}." if first["unmet"] else ""
    return [*lines, "", *(text for part in (condition, first["comment"]) if part for text in (part, ""))]


def verdict_text(rule: pd.Series) -> str:
    """Verdict of the claim that a rule belongs to, and the conditions that it does not meet."""
    return f"**{SYMBOLS[rule['claim_verdict']]}**" + (f" (condition: {rule['unmet']})" if rule["unmet"] else "")


def ours_text(rule: pd.Series) -> str:
    """Estimate and interval of one rule, such as '+0.27 points (−0.10 to +0.64)', or that a training failed."""
    if math.isnan(rule["estimate"]) and NOTE in rule["note"]:
        return "a training failed"
    signed = rule["unit"] == "points"
    estimate = show(rule["estimate"], rule["unit"], signed)
    if rule["n"] < 2 or math.isinf(rule["low"]):
        absent = NO_DATA if NO_DATA in rule["note"] else "not run"
        return f"{estimate} (no interval)" if rule["n"] else absent
    low, high = (show(rule[end], rule["unit"], signed, suffix=False) for end in ("low", "high"))
    return f"{estimate} ({low} to {high})"


def published_text(rule: pd.Series) -> str:
    """The paper's number for one rule, and whether it satisfies the rule itself."""
    if math.isnan(rule["published"]):
        return "–"
    agrees = "" if pd.isna(rule["published_ok"]) or rule["published_ok"] else ", fails the rule itself"
    return show(rule["published"], rule["unit"], rule["unit"] == "points") + agrees


def _published_agrees(agree: pd.Series) -> str:
    known = agree.dropna()
    if known.empty:
        return "–"
    if not known.all():
        return "no"
    return "yes" if len(known) == len(agree) else f"yes, in {len(known)} of {len(agree)} rules"


def legal_text(rule: pd.Series) -> str:
    """The legal range of one rule with its unit."""
    unit = show(0.0, rule["unit"]).removeprefix(show(0.0, rule["unit"], suffix=False)).strip()
    return f"{rule['legal']} {unit}".strip()


def row(*cells: object) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
