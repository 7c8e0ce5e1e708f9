"""Names that a paper's own folder defines: criteria, models, stopping rules and data files.

Where a setting has such a name, it is replaced by its place, `replications.<paper>.criteria:name` or
`replications/<paper>/name.npz`, so that a run's specification alone says what is run. Nothing is imported for that.
"""

from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from pydantic import BaseModel

from lth_common.errors import LTHError

from .python_source import defined
from .schema.base import schema_in, suggestion
from .schema.own_name import DATA_FILE, OwnName
from .schema.paper import Prune
from .task_names import ROOT, settings_of, tasks


def with_places(raw: dict[str, Any], paper: str, where: str, root: Path = ROOT) -> dict[str, Any]:
    """An experiment as the file has it, with places for the names that `replications/<paper>/` defines.

    What is not as it should be otherwise is left to the schemas.

    Raises:
        LTHError: naming key, value and what is legal, for a name that neither the core nor the folder defines.
    """
    schemas: dict[str, type | None] = {"prune": Prune}
    if raw.get("task") in tasks():
        fields = settings_of(raw["task"]).model_fields
        schemas |= {part: schema_in(fields[part].annotation) for part in ("data", "model", "train")}
    folder = root / "replications" / paper

    def placed(part: Any, place: str) -> Any:
        if not isinstance(part, dict):
            return part
        return part | {key: _placed(part[key], schema, f"{place}.{key}", folder)
                       for key, schema in schemas.items() if schema is not None and key in part}

    arms = raw.get("arms")
    if isinstance(arms, dict):
        raw = raw | {"arms": {name: placed(arm, f"{where}.arms.{name}") for name, arm in arms.items()}}
    return placed(raw, where)


def places_in(*settings: BaseModel) -> Iterator[tuple[OwnName, str]]:
    """The places that settings name, and what they are places of."""
    for own in settings:
        for key, info in type(own).model_fields.items():
            value = getattr(own, key)
            if isinstance(value, BaseModel):
                yield from places_in(value)
            for mark in _marks(info):
                if value is not None and value not in mark.core:
                    yield mark, value


def modules_in(*settings: BaseModel) -> set[str]:
    """The modules of papers' folders that settings name."""
    return {place.partition(":")[0] for mark, place in places_in(*settings) if mark.kind != "data"}


def load(place: str) -> Any:
    """The function or class at a place.

    Raises:
        LTHError: if its module needs what is not there, or defines it no more.
    """
    try:
        return resolve_name(place)
    except (ImportError, AttributeError) as error:
        raise LTHError(f"{place}: cannot be imported: {error}") from error


def _placed(raw: Any, schema: type[BaseModel], where: str, folder: Path) -> Any:
    """A part of the settings with places for names."""
    if not isinstance(raw, dict):
        return raw
    result = dict(raw)
    for key, info in schema.model_fields.items():
        value, inner = raw.get(info.alias or key), schema_in(info.annotation)
        if inner is not None:
            if isinstance(value, dict):
                result[info.alias or key] = _placed(value, inner, f"{where}.{key}", folder)
            continue
        for mark in _marks(info):
            if isinstance(value, str) and value not in mark.core:
                result[key] = _place(value, mark, f"{where}.{key}", folder)
    return result


def _place(name: str, mark: OwnName, where: str, folder: Path) -> str:
    files = mark.kind == "data"
    own = [path.name for path in sorted(folder.glob(f"*{DATA_FILE}"))] if files else defined(folder / mark.file,
                                                                                              mark.kind)
    here = f"replications/{folder.name}"
    if name not in own:
        there = f"is in {here}" if files else f"{here}/{mark.file} defines"
        raise LTHError(f"{where}: '{name}' is no name of the core's, nor a {'file' if files else mark.kind} that "
                       f"{there}{suggestion(name, [*mark.core, *own])}")
    if not folder.name.isidentifier():
        raise LTHError(f"{here}: a folder whose own names are used is a Python package, so its name must be letters, "
                       "digits and underscores, starting with a letter")
    return f"{here}/{name}" if files else f"replications.{folder.name}.{mark.file.removesuffix('.py')}:{name}"


def _marks(info: Any) -> list[OwnName]:
    return [mark for mark in info.metadata if isinstance(mark, OwnName)]
