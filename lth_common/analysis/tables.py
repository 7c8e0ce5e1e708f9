"""Tables of a paper: its printed values beside ours, by variants or by columns of quantities."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve, Published
from lth_common.expressions.figures import Row, Table
from lth_common.expressions.published_checks import published_cell
from lth_common.expressions.published_numbers import printed
from lth_common.expressions.quantities import LOWEST
from lth_common.files import atomic_write_text
from lth_common.protocol.schema.base import suggestion

from .number_formats import factor, show
from .stats import Interval
from .table_cells import ABSENT, Resolved, measured, of_arm, of_column

NOTE = "note"
EACH_SEED = "Lowest weights are those of each seed; ≤: the condition is met to the last level."


def table_frame(table: Table, records: pd.DataFrame, published: pd.DataFrame,
                resolved: Resolved) -> pd.DataFrame:
    """A table as text: one row for each of the table's rows, every cell ready to be read.

    By variants: columns label, published, and 'ours (<variant>)' for each variant. By columns: network, and for
    each column '<label>: published' (if any row has one) and '<label>: ours'. Published numbers are shown times
    their scale; published text such as 'Adam' passes through.
    `resolved` maps (experiment, variant) to the settings that were run; a pair that is not there, an arm that is
    not in its 'arms' and a level that was not reached show '–'. Measured cells are the mean over seeds, with the
    95 % t-interval if seeds differ; where trainings failed they say '1 of 3 failed' in its place. The number of seeds
    stands in each cell; in a table by columns whose cells all have the same number only in `frame.attrs["note"]`,
    which `save` puts below the table.
    A column `across_levels` is about all levels of the row's arm, '–' if its range was not run to the end.

    Raises:
        LTHError: if a row names a setting or metric that is not there, or no or several published rows.
    """
    if table.columns:
        return _frame_by_columns(table, records, published, resolved)
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
    """Write `<stem>.csv` and, for people, `<stem>.md` with title, caption and the frame's note, atomically."""
    caption = " ".join(filter(None, (caption, frame.attrs.get(NOTE))))
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


def _frame_by_columns(table: Table, records: pd.DataFrame, published: pd.DataFrame,
                      resolved: Resolved) -> pd.DataFrame:
    cells = []
    for row in table.rows:
        for column in table.columns:
            try:
                ours = Curve(experiment=row.experiment, arm=row.arm, variant=row.variant, metric=column.metric,
                            split=column.split, level=None if column.across_levels else row.level,
                            over_epochs=column.over_epochs)
                found = of_column(ours, column, records, resolved)
                cells.append((row, column, _printed(published_cell(row, column), column.unit, published), found))
            except LTHError as error:
                where = f"table '{table.title}', row '{row.label}', column '{column.label}'"
                raise LTHError(f"{where}: {error}") from None
    seeds = {found.n for *_, found in cells if isinstance(found, Interval)}
    frame = pd.DataFrame({"network": [row.label for row in table.rows]})
    for column in table.columns:
        own = [(theirs, ours) for _, other, theirs, ours in cells if other is column]
        if any(theirs for theirs, _ in own):
            frame[f"{column.label}: published"] = [theirs or ABSENT for theirs, _ in own]
        frame[f"{column.label}: ours"] = [measured(ours, column.unit, len(seeds) > 1) for _, ours in own]
    listed = any(isinstance(found, str) and column.across_levels in LOWEST for _, column, _, found in cells)
    frame.attrs[NOTE] = " ".join(filter(None, (_seeds_note(seeds), EACH_SEED if listed else "")))
    return frame


def _seeds_note(seeds: set[int]) -> str:
    if not seeds or max(seeds) == 1:
        return "Curve: one seed, no interval." if seeds else ""
    count = f"{max(seeds)}" if len(seeds) == 1 else "n"
    return f"Curve: mean over {count} seeds and, where they differ, 95 % t-interval."


def _cell(row: Row, variant: str, records: pd.DataFrame, resolved: Resolved) -> str:
    if (row.experiment, variant) not in resolved:
        return ABSENT
    if row.setting is not None:
        value = _setting(resolved[row.experiment, variant], row.setting)
        plain = row.unit == "count" or not isinstance(value, float)
        return _text(value) if plain else show(factor(row.unit) * value, row.unit)
    ours = Curve(experiment=row.experiment, arm=row.arm, variant=variant, metric=row.metric, split=row.split,
                level=row.level)
    return measured(of_arm(ours, factor(row.unit), records, resolved), row.unit)


def _published(row: Row, published: pd.DataFrame) -> str:
    if row.setting is None or row.published is None or row.published.scale != 1:
        return _printed(row.published, row.unit, published) or ABSENT
    text, number = printed(published, row.published)  # what is set stands as the paper prints it
    return f"{text} %" if row.unit == "percent" and not math.isnan(number) else text


def _printed(selection: Published | None, unit: str, published: pd.DataFrame) -> str:
    """A published number in the format of ours, or text as it stands; '' if there is no selection."""
    if selection is None:
        return ""
    text, number = printed(published, selection)
    return text if math.isnan(number) else show(factor(unit) * number, unit)


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
