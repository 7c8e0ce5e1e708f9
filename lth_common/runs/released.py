"""Released runs as today's code names them: settings that have been renamed since, and releases of the first format.

In that format a specification held the names of the run, spelled out defaults at first, held its chain's whole, and
said neither version nor edition: all of it was made at version 1 of every network family.
"""

from collections.abc import Callable
from typing import Any

from lth_common.digest import digest
from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.protocol.task_names import settings_of, tasks

from .identity import stated, unnamed_subsets

# What a renamed setting is now: dotted old name -> (dotted new name, the new value of the old one; None: the default).
RENAMED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "train.lr_decay_per_epoch": ("train.lr_decay", lambda factor: None if factor == 1 else {"factor": factor}),
}
RETIRED = ("selected_accuracy_first_1000",)  # metrics that are recorded no more
# The code of papers' own tasks (see `code.code_digest`) that gives what runs of the first format recorded: tiny runs
# were equal in every bit before and after. These stay as they are: other code has another digest, and another version.
FIRST_CODE: dict[str, str] = {
    "control": "e959abaf97e741684594",
    "atari": "f7fc457348828963cb4d",
    "language": "01aff754a518fa23783b",
    "translation": "50cebdc408031bbe8e0e",
}


def present_spec(about: dict[str, Any]) -> dict[str, Any]:
    """The specification of a released run as it would be planned today, but for its version, code and edition.

    Raises:
        ValueError, KeyError, TypeError: if it is no specification that today's schemas know.
    """
    spec = about["spec"]
    first = "digest" not in about
    settings = settings_of(spec["task"]).model_validate(_renamed(spec["settings"]))
    chain = {"from": "chain"} if "chain" in spec and not first else {}
    arm = Arm(about="", **chain, **spec["does" if first else "arm"])
    result = spec | {"settings": stated(settings), "prune": stated(Prune.model_validate(spec["prune"])),
                     "arm": stated(arm, {"about", "from_"})}
    if first:
        result = _unnamed(result, arm, about)
    return result


def _unnamed(spec: dict[str, Any], arm: Arm, about: dict[str, Any]) -> dict[str, Any]:
    """A specification of the first format without names, and with what it did not say."""
    spec = {key: value for key, value in spec.items() if key not in ("paper", "experiment", "variant", "does")}
    unnamed_subsets(spec, arm.data, arm.validation)
    spec["version"] = 1
    if edition := _edition(about["data"], spec["task"], spec["settings"]["data"]["name"]):
        spec["edition"] = edition
    if spec["task"] in FIRST_CODE:
        spec["code"] = FIRST_CODE[spec["task"]]
    if "chain" in spec:
        spec["chain"] = digest(present_spec({"spec": spec["chain"], "data": about["data"]}), 20)
    return spec


def _edition(data: dict[str, str], task: str, name: str) -> dict[str, str]:
    """The edition that a run of the first format read, of the checksums that it recorded (see `datasets.editions`)."""
    if "edition" not in tasks()[task]:
        return {}
    if name not in data:  # an image set: a checksum a file
        return {name: digest(data, 20)}
    vectors = [key[len("vectors ("):-1] for key in data if key.startswith("vectors (")]
    return {name: data[name][:20]} | ({"vectors": vectors[0]} if vectors else {})


def _renamed(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with old names put right."""
    settings = {part: dict(own) for part, own in settings.items()}
    for old, (new, convert) in RENAMED.items():
        (part, key), (new_part, new_key) = old.split("."), new.split(".")
        if key in settings.get(part, {}):
            value = convert(settings[part].pop(key))
            if value is not None:
                settings[new_part][new_key] = value
    return settings
