"""A name that is not the core's is looked for in the paper's folder, and becomes its place there, unrun."""

import pytest
from workflow_project import PAPER

from lth_common.errors import LTHError
from lth_common.protocol.own_names import load, modules_in, places_in
from lth_common.protocol.resolve import arm_prune, arm_settings, load_protocol, resolve
from lth_common.protocol.schema.base import parse
from lth_common.protocol.schema.image_settings import Model
from lth_common.protocol.schema.paper import Prune

FILES = {
    "criteria.py": "raise SystemExit('never run')\ndef by_gradient(context): ...\ndef _helper(): ...\n"
                   "class NoCriterion: ...\n",
    "models.py": "class Tiny: ...\ndef no_model(): ...\n",
    "stopping.py": "def when_still(epoch): ...\n",
    "shapes.npz": "", "digits2.npz": "",
}
PRUNE, MODEL = "levels: 2, keep_trained: all}", "model: {name: mlp, hidden: [20],"
SELECT, ARM, DATA = "select: {rule: best_validation}", "winning: {about: iterative}\n      reinit", "name: digits\n"
OWN = {  # what is replaced by what, where the place stands then, and the place
    "criterion": (PRUNE, PRUNE[:-1] + ", criterion: by_gradient}",
                  lambda e: e.prune.criterion, "replications.toy.criteria:by_gradient"),
    "criterion of an arm": (ARM, ARM.replace("iterative}", "x, prune: {criterion: by_gradient}}"),
                            lambda e: arm_prune(e, "reinit").criterion, "replications.toy.criteria:by_gradient"),
    "model": (MODEL, "model: {name: Tiny, settings: {width: 3},",
              lambda e: arm_settings(e, "winning").model.name, "replications.toy.models:Tiny"),
    "stopping rule": (SELECT, SELECT + "\n      stop: {name: when_still, settings: {epochs: 2}}",
                      lambda e: arm_settings(e, "reinit").train.stop.name, "replications.toy.stopping:when_still"),
    "data": (DATA, "name: shapes.npz\n", lambda e: arm_settings(e, "winning").data.name, "replications/toy/shapes.npz"),
}
MISTAKES = {
    "criterion": (PRUNE, PRUNE[:-1] + ", criterion: by_gradeint}", [
        "prune.criterion: 'by_gradeint' is no name of the core's, nor a function that replications/toy/criteria.py "
        "defines; did you mean 'by_gradient'?; legal: by_gradient, magnitude, random, threshold"]),
    "the core's criterion": (PRUNE, PRUNE[:-1] + ", criterion: magnitud}", ["did you mean 'magnitude'?"]),
    "a class as criterion": (PRUNE, PRUNE[:-1] + ", criterion: NoCriterion}", ["nor a function that"]),
    "a helper as criterion": (PRUNE, PRUNE[:-1] + ", criterion: _helper}", ["nor a function that"]),
    "a place": (PRUNE, PRUNE[:-1] + ", criterion: 'os:system'}", ["'os:system' is no name of the core's"]),
    "criterion of an arm": (ARM, ARM.replace("iterative}", "x, prune: {criterion: by_size}}"),
                            ["arms.winning.prune.criterion: 'by_size' is no"]),
    "model": (MODEL, "model: {name: Tinny,", ["model.name: 'Tinny'", "nor a class that", "did you mean 'Tiny'?"]),
    "a core model's settings": (
        MODEL, MODEL + " settings: {x: 1},", ["'settings' belongs to models of the paper's own"]),
    "a core setting of an own model": (MODEL, "model: {name: Tiny, hidden: [20],", ["'hidden' belongs to model 'mlp'"]),
    "stopping rule": (SELECT, SELECT + "\n      stop: {name: still}",
                      ["train.stop.name: 'still'", "stopping.py defines", "legal: when_still"]),
    "a stopping rule's key": (SELECT, SELECT + "\n      stop: {rule: still}", ["train.stop.rule: unknown key"]),
    "data": (DATA, "name: shape.npz\n",
             ["data.name: 'shape.npz'", "is in replications/toy; did you mean 'shapes.npz'?"]),
    "data elsewhere": (DATA, "name: ../toy/shapes.npz\n", ["data.name: '../toy/shapes.npz' is no name"]),
    "what is no name": (PRUNE, PRUNE[:-1] + ", criterion: 3}", ["prune.criterion: 3 is not legal here"]),
}


def resolved(root, old="", new="", files=FILES, name="toy"):
    folder = root / "replications" / name
    folder.mkdir(parents=True)
    assert old in PAPER
    (folder / "protocol.yaml").write_text(PAPER.replace(old, new))
    for file, text in files.items():
        (folder / file).write_text(text)
    return resolve(name, load_protocol(name, root), "first", "as_stated", "smoke", root)


@pytest.mark.parametrize(("old", "new", "found", "place"), OWN.values(), ids=OWN)
def test_a_name_becomes_its_place(tmp_path, old, new, found, place):
    experiment = resolved(tmp_path, old, new)
    assert found(experiment) == place
    own = (arm_settings(experiment, "winning"), arm_prune(experiment, "winning"))
    assert [name for _, name in places_in(*own)] == [place]
    assert modules_in(*own) == ({place.partition(":")[0]} if ":" in place else set())


def test_a_paper_of_the_cores_names_has_no_places(tmp_path):
    experiment = resolved(tmp_path)
    assert not list(places_in(arm_settings(experiment, "winning"), arm_prune(experiment, "winning")))


@pytest.mark.parametrize(("old", "new", "parts"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path, old, new, parts):
    with pytest.raises(LTHError) as error:
        resolved(tmp_path, old, new)
    for part in ("replications/toy/protocol.yaml (variant as_stated, scale smoke): experiments.first", *parts):
        assert part in str(error.value)


def test_a_folder_without_such_files_has_no_names_of_its_own(tmp_path):
    with pytest.raises(LTHError, match="'by_gradient' is no name .*legal: magnitude, random, threshold$"):
        resolved(tmp_path, *OWN["criterion"][:2], files={})


def test_code_that_is_no_python_is_named(tmp_path):
    with pytest.raises(LTHError, match="criteria.py: not readable as Python: .*line 1"):
        resolved(tmp_path, *OWN["criterion"][:2], files={"criteria.py": "def by_gradient(:\n"})


def test_a_folder_that_is_no_package_is_named(tmp_path):
    with pytest.raises(LTHError, match="replications/my-study: a folder whose own names are used is a Python package"):
        resolved(tmp_path, *OWN["criterion"][:2], name="my-study")


@pytest.mark.parametrize(("schema", "raw", "message"), [
    (Prune, {"scope": "global", "rates": {"linear": 0.5}, "levels": 1, "criterion": "x"}, "criterion: 'x' is not leg"),
    (Model, {"name": "x", "init": {"scheme": "xavier_normal"}}, "legal: mlp, lenet5, conv2, shufflenet, or a name"),
])
def test_a_specification_has_places_alone(schema, raw, message):
    with pytest.raises(LTHError, match=message):
        parse(schema, raw, "run.json")


@pytest.mark.parametrize("place", ["replications.nowhere.criteria:x", "test_own_names:gone"])
def test_what_is_gone_when_a_run_begins_is_one_sentence(place):
    with pytest.raises(LTHError, match=f"{place}: cannot be imported"):
        load(place)
