"""YAML in which a repeated key is an error."""

from pathlib import Path
from typing import Any

import yaml

from lth_common.errors import LTHError


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys; here the second is an error."""

    def compose_mapping_node(self, anchor):  # before `<<` puts the keys of other mappings in
        node = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"duplicate key '{key}'", problem_mark=node.start_mark)
        return node


def read_yaml(path: Path, file: str) -> Any:
    """The document in `path`, called `file` in errors.

    Raises:
        LTHError: if it is no YAML, or gives a key twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LTHError(f"{file}: not readable as YAML: {' '.join(str(error).split())}") from None
