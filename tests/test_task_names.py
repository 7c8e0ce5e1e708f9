"""Tasks by name: the core's, and those that a paper keeps in its folder."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workflow_project import make_project

from lth_common.errors import LTHError
from lth_common.expressions.paper import load_paper
from lth_common.protocol import task_names
from lth_common.protocol.resolve import ROOT, resolve

OWN = ('TASKS = {{"{name}": {{"settings": "replications.toy.own.things:Settings", '
       '"task": "replications.toy.own.things:Task"}}}}\n')


def ask(root: Path, name: str) -> subprocess.CompletedProcess:
    """What a project says of a task."""
    words = ("from lth_common.protocol.task_names import own_modules, settings_of, task_class\n"
             f"task = {name!r}\n"
             "print(settings_of(task).__name__, task_class(task).__name__, (own_modules(task) or [None])[0])")
    return subprocess.run([sys.executable, "-c", words], cwd=root, text=True, capture_output=True, check=False)


@pytest.fixture
def project(tmp_path):
    root = make_project(tmp_path / "project")
    (root / "replications/toy/own").mkdir()
    (root / "replications/toy/own/things.py").write_text("class Settings: ...\nclass Task: ...\n")
    return root


def test_a_paper_brings_its_own_task(project):
    (project / "replications/toy/tasks.py").write_text(OWN.format(name="toys"))
    assert ask(project, "toys").stdout.split() == ["Settings", "Task", "replications.toy.own.things"]
    assert ask(project, "images").stdout.split()[-1] == "None"


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(task_names, "tasks", lambda: {"toys": {"task": "a_package_of_nobody.things:Task"}})
    with pytest.raises(LTHError, match="task 'toys': package 'a_package_of_nobody' is not installed; environment.yml"):
        task_names.task_class("toys")


def test_two_tasks_of_one_name_are_an_error(project):
    (project / "replications/toy/tasks.py").write_text(OWN.format(name="images"))
    answer = ask(project, "images")
    assert answer.returncode and "there is another task 'images', in lth_common.tasks.image_task" in answer.stderr


def test_every_task_is_there():
    for name in task_names.tasks():
        assert task_names.settings_of(name).model_fields.keys() >= {"data", "model", "train"}
        assert {"train", "initial", "together", "headline"} <= set(dir(task_names.task_class(name)))


@pytest.mark.parametrize("entry", ['("a:B", "c:D")', '{"settings": "a:B"}',
                                   '{"settings": "a:B", "task": "c:D", "versoins": {}}'])
def test_an_entry_of_another_form_is_refused(project, entry):
    (project / "replications/toy/tasks.py").write_text(f'TASKS = {{"toys": {entry}}}\n')
    assert "needs 'settings' and 'task'; legal: settings, task, versions" in ask(project, "toys").stderr


def test_an_arm_chooses_no_data_of_a_task_that_has_no_subsets(tmp_path):
    raw = yaml.safe_load((ROOT / "replications/rl_nlp_tickets/protocol.yaml").read_text(encoding="utf-8"))
    raw["templates"]["classic_control"]["arms"]["winning"]["data"] = "half"
    folder = tmp_path / "replications/rl_nlp_tickets"
    folder.mkdir(parents=True)
    (folder / "protocol.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(LTHError, match="cartpole.arms.winning.data: task 'control' has no data.subsets"):
        resolve("rl_nlp_tickets", load_paper("rl_nlp_tickets", tmp_path), "cartpole", "as_stated", "paper")
