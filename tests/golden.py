"""Golden records: what a tiny training of each network family gives, and what version it had then.

    python tests/golden.py            # compare all
    python tests/golden.py write      # write anew those whose version was raised, and those that are missing

A change that moves a number must raise the family's version in its task's TASKS; `write` refuses it otherwise.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lth_common.protocol.schema.paper import Arm, Prune  # noqa: E402
from lth_common.protocol.task_names import family_of, settings_of, task_class, tasks, version_of  # noqa: E402
from lth_common.runs.machine import environment  # noqa: E402
from lth_common.runs.plan import plans  # noqa: E402
from lth_common.tickets.chain import run_branch, run_chain  # noqa: E402

FOLDER = Path(__file__).parent / "golden"
BRANCHES = {"reinit": {"weights": "reinit"}, "random": {"mask": "permuted"}, "sampled": {"weights": "sampled"},
            "one_shot": {"mask": "one_shot"}, "trained": {"weights": "trained"}}
COLUMNS = ("level", "weights_remaining", "step", "split", "metric", "value")
TOLERANCE = 0.05  # of a number, relative, on another processor or with other libraries: sums are rounded otherwise
NEAR_ZERO = 1e-3


def families() -> list[tuple[str, str]]:
    """(task, family) of everything that trains."""
    return [(task, family) for task, entry in tasks().items() for family in entry.get("versions", {})]


def path_of(task: str, family: str) -> Path:
    return FOLDER / f"{task}_{family}.json"


def train(golden: dict[str, Any], scratch: Path) -> dict[str, list[list]]:
    """Records of the golden settings' chain and branches, by arm."""
    settings = settings_of(golden["task"]).model_validate(golden["settings"])
    rules = Prune.model_validate(golden["prune"])

    def task_for(arm: Arm) -> Any:
        task = task_class(golden["task"])(settings, arm, rules, "cpu")
        task.scratch = scratch / f"{arm.mask}-{arm.weights}-{arm.from_}"
        return task

    levels, quiet = list(range(rules.last_level + 1)), (None, lambda state: None, lambda level, rows: None)
    rows, book, failures = run_chain(task_for(Arm(about="")), rules, levels, 3, *quiet)
    found = {"chain": rows}
    for name, changes in golden["branches"].items():
        arm = Arm(about="", **{"from": "chain"}, **changes)
        found[name], more = run_branch(task_for(arm), arm, rules, book, levels[1:], 3, *quiet)
        failures |= more
    assert not failures, failures
    return {arm: [[row[column] for column in COLUMNS] for row in own] for arm, own in found.items()}


def made_on() -> dict[str, str]:
    """What bit-equality can be asked on."""
    return {key: environment()[key] for key in ("cpu", "torch", "libraries")}


def differences(golden: dict[str, Any], found: dict[str, list[list]]) -> list[str]:
    """What differs: in every bit where processor and libraries are the golden record's, else beyond TOLERANCE."""
    exact, wrong = golden["made_on"] == made_on(), []
    for arm in golden["records"].keys() | found.keys():
        before, after = golden["records"].get(arm, []), found.get(arm, [])
        if len(before) != len(after):
            wrong.append(f"{arm}: {len(before)} records before, {len(after)} now")
        for old, new in zip(before, after, strict=False):
            equal = old[:-1] == new[:-1] and (
                str(old[-1]) == str(new[-1]) or (not exact and math.isclose(old[-1], new[-1], rel_tol=TOLERANCE,
                                                                            abs_tol=NEAR_ZERO)))
            if not equal:
                wrong.append(f"{arm}: {old} before, {new} now")
    return wrong


def compare(task: str, family: str, scratch: Path) -> list[str]:
    """What is wrong with one family: a number that moved at the same version, or a golden record of another version."""
    golden = json.loads(path_of(task, family).read_text())
    present = version_of(task, settings_of(task).model_validate(golden["settings"]))
    if golden["version"] != present:
        return [f"the golden record is of version {golden['version']}, the family's is {present}: write it anew"]
    return differences(golden, train(golden, scratch))


def start(task: str, family: str) -> dict[str, Any]:
    """Golden settings of a family: those of its first run at scale smoke, two levels and at most 50 steps."""
    for plan in plans("smoke").values():
        for run in plan.all_runs():
            settings = settings_of(task).model_validate(run.spec["settings"]) if run.spec["task"] == task else None
            if settings is None or run.chain or family_of(task, settings) != family or Prune.model_validate(
                    run.spec["prune"]).one_shot:
                continue
            prune = run.spec["prune"] | {"levels": 2, "keep_trained": "all"}
            own = {"train": run.spec["settings"]["train"]} | {
                key: value for key, value in run.spec["settings"].items() if key != "train"}
            if task in ("images", "texts", "language"):
                own["train"] = own["train"] | {"budget": "12it"}
                prune |= {"rewind": {"to": "2it"}} if "rewind" in prune else {}
            return {"task": task, "family": family, "settings": own, "prune": prune, "branches": BRANCHES}
    raise SystemExit(f"{task}/{family}: no chain at scale smoke")


def write(task: str, family: str, scratch: Path) -> None:
    """Write a golden record that is missing, or whose family's version was raised."""
    path = path_of(task, family)
    golden = json.loads(path.read_text()) if path.exists() else start(task, family)
    version = version_of(task, settings_of(task).model_validate(golden["settings"]))
    found = train(golden, scratch)
    if path.exists() and golden["version"] == version:
        moved = differences(golden, found)
        state = f"moved at version {version}, raise it first: {moved[0]}" if moved else "as it was"
        print(f"{task}/{family}: {state}")
        return
    golden |= {"version": version, "made_on": made_on(), "records": found}
    rows = {arm: "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in own) + "\n ]" for arm, own in found.items()}
    head = json.dumps({key: value for key, value in golden.items() if key != "records"}, indent=1, sort_keys=True)
    body = ",\n ".join(f'"{arm}": {own}' for arm, own in rows.items())
    FOLDER.mkdir(exist_ok=True)
    path.write_text(f'{head[:-2]},\n "records": {{\n {body}\n }}\n}}\n')
    print(f"{task}/{family}: written at version {version}")


if __name__ == "__main__":
    import tempfile

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for each in families():
        with tempfile.TemporaryDirectory() as folder:
            if sys.argv[1:] == ["write"]:
                write(*each, Path(folder))
            else:
                print(each, compare(*each, Path(folder)) or "as it was")
