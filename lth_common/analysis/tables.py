"""Tables of a paper: its printed values beside ours, one column for each variant."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lth_common.errors import LTHError
from lth_common.files import atomic_write_text
from lth_common.schema.analysis import Ours, Row, Table
from lth_common.schema.base import suggestion

from .published import printed
from .series import select
from .stats import t_interval
from .units import factor, show

ABSENT = "–"
Resolved = Mapping[tuple[str, str], Mapping[str, Any]]


def table_frame(table: Table, records: pd.DataFrame, published: pd.DataFrame,
                resolved: Resolved) -> pd.DataFrame:
    """A table as text: columns label, published, and 'ours (<variant>)' for each variant.

    `resolved` maps (experiment, variant) to the settings that were run; a pair that is not there was not run
    and shows '–'. Measured cells are the mean over seeds, with the 95 % t-interval if seeds differ and the
    number of seeds. Published text such as 'Adam' passes through.

    Raises:
        LTHError: if a row names a setting, arm or metric that is not there, or no or several published rows.
    """
    columns = ["label", "published", *(f"ours ({variant})" for variant in table.variants)]
    lines = []
    for row in table.rows:
        try:
            ours = [_cell(row, variant, records, resolved) for variant in table.variants]
            lines.append([row.label, _published(row, published), *ours])
        except LTHError as error:
            raise LTHError(f"table '{table.title}', row '{row.label}': {error}") from None
    return pd.DataFrame(lines, columns=columns)


def save(frame: pd.DataFrame, stem: str | Path, title: str = "", caption: str = "") -> None:
    """Write `<stem>.csv` and, for people, `<stem>.md` with title and caption, atomically."""
    atomic_write_text(f"{stem}.csv", frame.to_csv(index=False, lineterminator="\n"))
    atomic_write_text(f"{stem}.md", markdown(frame, title, caption))


def markdown(frame: pd.DataFrame, title: str = "", caption: str = "") -> str:
    """The table in Markdown, numbers flush right."""
    rows = [list(frame.columns), *frame.to_numpy().tolist()]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, "|---|" + "---:|" * (len(frame.columns) - 1))
    lines = [*([f"## {title}", ""] if title else []), *lines, *(["", caption] if caption else [])]
    return "\n".join(lines) + "\n"


def _cell(row: Row, variant: str, records: pd.DataFrame, resolved: Resolved) -> str:
    if (row.experiment, variant) not in resolved:
        return ABSENT
    if row.setting is not None:
        value = _setting(resolved[row.experiment, variant], row.setting)
        plain = row.unit == "count" or not isinstance(value, float)
        return _text(value) if plain else show(factor(row.unit) * value, row.unit)
    ours = Ours(experiment=row.experiment, arm=row.arm, variant=variant, metric=row.metric, split=row.split,
                level=row.level)
    values = select(records, ours)["value"]
    if values.empty:
        return ABSENT
    mean, low, high, n = t_interval(factor(row.unit) * values)
    seeds = f"n = {n}"
    if low < high and math.isfinite(high):
        ends = " to ".join(show(end, row.unit, suffix=False) for end in (low, high))
        return f"{show(mean, row.unit)} ({ends}, {seeds})"
    return f"{show(mean, row.unit)} ({seeds})"


def _published(row: Row, published: pd.DataFrame) -> str:
    if row.published is None:
        return ABSENT
    text, number = printed(published, row.published)
    # Settings and text stand as the paper prints them; measured numbers get the format of ours.
    as_printed = row.setting is not None or math.isnan(number)
    if as_printed:
        return f"{text} %" if row.unit == "percent" and not math.isnan(number) else text
    return show(factor(row.unit) * number, row.unit)


def _setting(settings: Mapping[str, Any], key: str) -> Any:
    value: Any = settings
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            legal = [str(name) for name in value] if isinstance(value, Mapping) else []
            raise LTHError(f"no setting '{key}'{suggestion(part, legal)}")
        value = value[part]
    return value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items())
    return "none" if value is None else str(value)
