"""Settings whose value is a name of the core's or one that the paper's own folder defines."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

PLACE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")  # 'package.module:Name'
DATA_FILE = ".npz"


@dataclass(frozen=True)
class OwnName:
    """Marks such a setting (in `Annotated[str, …]`): `core` are the names that need no folder.

    `kind` is what the folder defines: 'function' or 'class', in its `<file>.py`, or 'data', a file of its own. The name
    is replaced by its place (see `protocol.own_names`) before settings are checked.
    """

    kind: str
    file: str
    core: tuple[str, ...] = ()

    def is_place(self, value: str) -> bool:
        """Whether a value says where in a folder the name is defined."""
        return value.endswith(DATA_FILE) if self.kind == "data" else PLACE.fullmatch(value) is not None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if value not in self.core and not self.is_place(value):
            core = f"{', '.join(self.core)}, or " if self.core else ""
            raise ValueError(f"legal: {core}a name that the paper's folder defines in {self.file}")
        return value


CRITERION = OwnName("function", "criteria.py", ("magnitude", "random", "threshold"))
MODEL = OwnName("class", "models.py", ("mlp", "lenet5", "conv2", "shufflenet"))
STOPPING_RULE = OwnName("function", "stopping.py")
IMAGES = OwnName("data", f"*{DATA_FILE}", ("mnist", "fashion_mnist", "cifar10", "digits"))
