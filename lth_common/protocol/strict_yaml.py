"""YAML in which a repeated key is an error."""

from pathlib import Path
from typing import Any

import yaml

from lth_common.errors import LTHError


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # eight times as fast where there is libyaml
    """YAML keeps the last of two equal keys; here the second is an error."""

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()  # in which `<<` has not yet put the keys of other mappings
        _check_keys(node, set())
        return node


def _check_keys(node: yaml.Node | None, seen: set[int]) -> None:
    """Raise a YAMLError for a key that one mapping gives twice; an alias is looked at once."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    raise yaml.MarkedYAMLError(problem=f"duplicate key '{key.value}'", problem_mark=key.start_mark)
                keys.add(key.value)
    for part in node.value:
        for inner in part if isinstance(node, yaml.MappingNode) else [part]:
            _check_keys(inner, seen)


def read_yaml(path: Path, file: str) -> Any:
    """The document in `path`, called `file` in errors.

    Raises:
        LTHError: if it is no YAML, or gives a key twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LTHError(f"{file}: not readable as YAML: {' '.join(str(error).split())}") from None
