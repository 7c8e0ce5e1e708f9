"""Golden records: what a tiny training of each network family gives, and what version it had then.

    python tests/golden.py                      # compare all
    python tests/golden.py compare TASK FAMILY  # one; prints what differs, a line each
    python tests/golden.py write                # write anew those whose version was raised, and those that are missing

A change that moves a number must raise the family's version in its task's TASKS; `write` refuses it otherwise.

Processors round in different ways, even those of one name. So the libraries are held to instructions that all of one
kind have: a golden record is computed in a process of its own.
"""

import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PLAIN_ARITHMETIC = {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41",
                    "OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
                    "OMP_NUM_THREADS": "1", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
if __name__ == "__main__" and not PLAIN_ARITHMETIC.items() <= os.environ.items():
    os.execve(sys.executable, [sys.executable, "-W", "ignore::ImportWarning", *sys.argv], os.environ | PLAIN_ARITHMETIC)

import torch  # noqa: E402

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
NATIVE = ("mlp",)  # families that native code can train
TOLERANCE = 0.05  # of the first loss, where arithmetic is another: soon after that a mask may differ, and then all


def families() -> list[tuple[str, str]]:
    """(task, family) of everything that trains."""
    return [(task, family) for task, entry in tasks().items() for family in entry.get("versions", {})]


def path_of(task: str, family: str) -> Path:
    return FOLDER / f"{task}_{family}.json"


def train(golden: dict[str, Any], scratch: Path) -> dict[str, list[list]]:
    """Records of the golden settings' chain and branches, by arm, and of the chain over its surviving weights."""
    settings = settings_of(golden["task"]).model_validate(golden["settings"])
    rules = Prune.model_validate(golden["prune"])

    def task_for(arm: Arm, engine: str = "torch") -> Any:
        task = task_class(golden["task"])(settings, arm, rules, "cpu")
        task.engine, task.engines = engine, {}
        task.scratch = scratch / f"{arm.mask}-{arm.weights}-{arm.from_}"
        return task

    levels, quiet = list(range(rules.last_level + 1)), (None, lambda state: None, lambda level, rows: None)
    rows, book, failures = run_chain(task_for(Arm(about="")), rules, levels, 3, *quiet)
    found = {"chain": rows}
    for name, changes in golden["branches"].items():
        arm = Arm(about="", **{"from": "chain"}, **changes)
        found[name], more = run_branch(task_for(arm), arm, rules, book, levels[1:], 3, *quiet)
        failures |= more
    if golden["family"] in NATIVE:
        found["sparse"], _, more = run_chain(task_for(Arm(about=""), "sparse"), rules, levels, 3, *quiet)
        failures |= more
    assert not failures, failures
    return {arm: [[row[column] for column in COLUMNS] for row in own] for arm, own in found.items()}


def made_on() -> dict[str, str]:
    """What bit-equality can be asked on: the libraries, and how sums, convolutions and functions are rounded here."""
    generator, total = torch.Generator().manual_seed(0), hashlib.sha256()
    x, y = (torch.randn(*shape, generator=generator) for shape in ((100, 784), (784, 300)))
    images, kernels = (torch.randn(*shape, generator=generator) for shape in ((8, 3, 16, 16), (16, 3, 5, 5)))
    for tensor in (x @ y, x.softmax(1), x.exp(), x.tanh(), torch.nn.functional.conv2d(images, kernels)):
        total.update(tensor.numpy().tobytes())
    total.update((x.double().numpy() @ y.double().numpy()).tobytes())
    return {"arithmetic": total.hexdigest()[:20]} | {key: environment()[key] for key in ("torch", "libraries")}


def differences(golden: dict[str, Any], found: dict[str, list[list]], exact: bool) -> list[str]:
    """What differs: in any bit, or without `exact` in what is recorded of which level, and in the first loss."""
    wrong = []
    for arm in golden["records"].keys() | found.keys():
        before, after = golden["records"].get(arm, []), found.get(arm, [])
        if len(before) != len(after):
            wrong.append(f"{arm}: {len(before)} records before, {len(after)} now")
        for old, new in zip(before, after, strict=False):
            told = (lambda row: str(row)) if exact else (lambda row: [row[0], *row[3:-1]])
            if told(old) != told(new):
                wrong.append(f"{arm}: {old} before, {new} now")
    if not exact:
        old, new = (next((row for row in rows.get("chain", []) if row[4] == "loss"), [math.nan])
                    for rows in (golden["records"], found))
        if old[:-1] and not math.isclose(old[-1], new[-1], rel_tol=TOLERANCE):
            wrong.append(f"chain: {old} before, {new} now")
    return wrong


def compare(task: str, family: str) -> list[str]:
    """What is wrong with one family: a number that moved at the same version, or a golden record of another version.

    In a process of its own (see above).
    """
    run = subprocess.run([sys.executable, __file__, "compare", task, family], capture_output=True, text=True)
    return run.stdout.splitlines() if run.returncode == 0 else [run.stdout + run.stderr]


def compared(task: str, family: str, scratch: Path) -> list[str]:
    """`compare`, in this process."""
    golden = json.loads(path_of(task, family).read_text())
    present = version_of(task, settings_of(task).model_validate(golden["settings"]))
    if golden["version"] != present:
        return [f"the golden record is of version {golden['version']}, the family's is {present}: write it anew"]
    return differences(golden, train(golden, scratch), exact=golden["made_on"] == made_on())


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
        moved = differences(golden, found, exact=golden["made_on"] == made_on())
        state = f"moved at version {version}, raise it first: {moved[0]}" if moved else "as it was"
        print(f"{task}/{family}: {state}")
        return
    put(path, golden | {"version": version, "made_on": made_on(), "records": found})
    print(f"{task}/{family}: written at version {version}")


def put(path: Path, golden: dict[str, Any]) -> None:
    """Write a golden record, a line for each of its records."""
    found = golden["records"]
    rows = {arm: "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in own) + "\n ]" for arm, own in found.items()}
    head = json.dumps({key: value for key, value in golden.items() if key != "records"}, indent=1, sort_keys=True)
    body = ",\n ".join(f'"{arm}": {own}' for arm, own in rows.items())
    FOLDER.mkdir(exist_ok=True)
    path.write_text(f'{head[:-2]},\n "records": {{\n {body}\n }}\n}}\n')


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for each in [tuple(sys.argv[2:])] if sys.argv[1:2] == ["compare"] else families():
        with tempfile.TemporaryDirectory() as folder:
            if sys.argv[1:] == ["write"]:
                write(*each, Path(folder))
            elif sys.argv[1:]:
                print("".join(f"{line}\n" for line in compared(*each, Path(folder))), end="")
            else:
                print(each, compared(*each, Path(folder)) or "as it was")
