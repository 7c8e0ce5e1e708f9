"""A change that moves a number raises the version of its network family: golden records and defaults hold it."""

import copy
import json
import math
from types import SimpleNamespace

import pytest
from golden import FOLDER, compare, differences, families, path_of

from lth_common.protocol.schema.paper import Arm, Prune
from lth_common.protocol.task_names import settings_of, tasks

DEFAULTS = FOLDER / "defaults.json"


@pytest.mark.parametrize(("task", "family"), families())
def test_numbers_are_those_of_the_familys_version(task, family):
    assert compare(task, family) == []


def test_every_network_that_settings_can_name_has_a_version():
    for task, entry in tasks().items():
        model = settings_of(task).model_fields["model"].annotation
        named = model.model_fields.get("name")
        legal = set(named.annotation.__args__) if named else {task}
        assert set(entry["versions"]) == legal, task
    assert {path.name for path in FOLDER.glob("*_*.json")} == {path_of(*each).name for each in families()}


def test_a_number_that_moves_is_seen():
    golden = json.loads(path_of("images", "mlp").read_text())
    found = copy.deepcopy(golden["records"])
    assert differences(golden, found, exact=True) == differences(golden, found, exact=False) == []
    for exact in (True, False):
        assert differences(golden, {**found, "chain": found["chain"][:-1]}, exact)
    row = found["chain"][-1]
    row[-1] = math.nextafter(row[-1], math.inf)
    assert len(differences(golden, found, exact=True)) == 1 and differences(golden, found, exact=False) == []
    loss = next(row for row in found["chain"] if row[4] == "loss")
    loss[-1] *= 1.2
    assert len(differences(golden, found, exact=False)) == 1


def defaults_of(schema, prefix="", found=None):
    """Every default that a specification leaves out, by its dotted name."""
    found = {} if found is None else found
    for name, field in schema.model_fields.items():
        inner = [part for part in (field.annotation, *getattr(field.annotation, "__args__", ()))
                 if hasattr(part, "model_fields")]
        if not field.is_required():
            default = field.get_default(call_default_factory=True)
            found[f"{prefix}{name}"] = json.loads(json.dumps(
                default.model_dump(mode="json") if hasattr(default, "model_dump") else default))
        for part in inner:
            defaults_of(part, f"{prefix}{name}.", found)
    return found


def all_defaults():
    found = {"arm": defaults_of(Arm), "prune": defaults_of(Prune)}
    return found | {task: defaults_of(settings_of(task)) for task in tasks()}


def versions():
    return {task: entry["versions"] for task, entry in tasks().items()}


def changes(before, now):
    """Settings whose default is another than before, by schema."""
    return {schema: moved for schema, own in before["defaults"].items()
            if (moved := {name: (value, now[schema][name]) for name, value in own.items()
                          if name in now[schema] and now[schema][name] != value})}


def test_no_default_has_changed_without_a_word():
    """Settings at their default are no part of a run's name: another default would show old numbers under it.

    A new setting may come. For another default raise the version of every family that has the setting, and write
    tests/golden/defaults.json anew: `python -c "import test_versions as t; t.write_defaults()"` in tests/.
    """
    before, now = json.loads(DEFAULTS.read_text()), all_defaults()
    assert changes(before, now) == {}
    assert before == {"defaults": now, "versions": versions()}, "a setting or a version came: write defaults.json anew"


def write_defaults():
    before, now = json.loads(DEFAULTS.read_text()), all_defaults()
    if (moved := changes(before, now)) and before["versions"] == versions():
        raise SystemExit(f"raise the versions of the families first: {moved}")
    DEFAULTS.write_text(json.dumps({"defaults": now, "versions": versions()}, indent=1, sort_keys=True) + "\n")


def test_another_default_is_refused_at_the_same_versions(monkeypatch, tmp_path):
    old = json.loads(DEFAULTS.read_text())
    old["defaults"]["prune"]["keep_trained"] = "all"
    (tmp_path / "defaults.json").write_text(json.dumps(old))
    monkeypatch.setitem(globals(), "DEFAULTS", tmp_path / "defaults.json")
    with pytest.raises(SystemExit, match="raise the versions .*keep_trained"):
        write_defaults()


def test_a_changed_default_is_seen():
    schema = SimpleNamespace(model_fields={"a": Prune.model_fields["keep_trained"]})
    assert defaults_of(schema) == {"a": "dense"}
