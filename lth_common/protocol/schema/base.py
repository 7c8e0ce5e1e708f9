"""The strict base of all schema classes, and readable errors for what it rejects."""

import difflib
import re
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from lth_common.errors import LTHError


class Strict(BaseModel):
    """Frozen, and an unknown key is an error: a misspelt key must never be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


def _check_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError("a name is lower-case letters, digits and underscores, starting with a letter")
    return value


def _check_budget(value: str) -> str:
    if not re.fullmatch(r"\d+(ep|it)", value):
        raise ValueError("a budget is a whole number of epochs or steps, such as '10ep' or '30000it'")
    return value


def _check_distinct(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("each number may stand there once")
    return values


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


def _check_rates(value: Any) -> float | tuple[float, ...]:
    numbers = value if isinstance(value, list | tuple) else [value]
    if not numbers or not all(isinstance(n, float) and 0 < n < 1 for n in numbers):
        raise ValueError("a rate lies between 0 and 1, both excluded; a list of rates is for one-shot levels")
    if any(later <= earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):
        raise ValueError("a list of rates rises: each level keeps less than the one before")
    return tuple(value) if isinstance(value, list | tuple) else value


Name = Annotated[str, AfterValidator(_check_name)]
Budget = Annotated[str, AfterValidator(_check_budget)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, strict=True)]], AfterValidator(_check_distinct)]
Distinct = Annotated[list[int], AfterValidator(_check_distinct)]
Rates = Annotated[Any, PlainValidator(_check_rates)]  # float | tuple[float, ...]; Any, or JSON form warns
Pattern = Annotated[str, AfterValidator(_check_pattern)]


def parse(model: type[Strict], data: Any, file: str, prefix: str = "") -> Any:
    """Validate `data` as `model`.

    Raises:
        LTHError: naming file, key, value and what would be legal, one line for each mistake.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_explain(model, e, prefix) for e in error.errors()]
        raise LTHError("\n".join(f"{file}: {line}" for line in lines)) from None


def _explain(model: type[Strict], error: dict, prefix: str) -> str:
    where = ".".join([*([prefix] if prefix else []), *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":
        legal = _fields_at(model, error["loc"][:-1])
        return f"{where}: unknown key{suggestion(str(error['loc'][-1]), legal)}"
    if error["type"] == "missing":
        return f"{where}: this key is required"
    return f"{where}: {error['input']!r} is not legal here: {error['msg'].removeprefix('Value error, ')}"


def _fields_at(model: type[Strict], loc: tuple) -> list[str]:
    """Names of the keys that are legal at a place in the document."""
    annotation: Any = model
    for part in loc:
        annotation = _descend(annotation, part)
    schema = schema_in(annotation)
    return [info.alias or name for name, info in schema.model_fields.items()] if schema else []


def _descend(annotation: Any, part: Any) -> Any:
    """The annotation one key or index further in; containers and unions are looked through."""
    if get_origin(annotation) in (dict, list, tuple):
        return get_args(annotation)[-1]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        by_key = {info.alias or name: info.annotation for name, info in annotation.model_fields.items()}
        return by_key.get(part)
    if get_origin(annotation) is Annotated and any(getattr(more, "tag", None) == part for more in get_args(annotation)):
        return get_args(annotation)[0]  # pydantic names the member of a union that it chose
    inner = [_descend(arg, part) for arg in get_args(annotation)]
    return next((found for found in inner if found is not None), None)


def schema_in(annotation: Any) -> type[BaseModel] | None:
    """The schema class of an annotation such as `Arm` or `Arm | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := schema_in(arg))), None)


def suggestion(value: str, legal: list[str]) -> str:
    """'; did you mean …; legal: …' for an error message."""
    close = difflib.get_close_matches(value, legal, n=1)
    return (f"; did you mean '{close[0]}'?" if close else "") + f"; legal: {', '.join(sorted(legal))}"
