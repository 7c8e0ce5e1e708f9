"""Whatever is changed, what is shown was made of it: the real workflow, with edits, damage and restored runs."""

import json
import shutil
import subprocess
import sys

import pytest
from test_workflow import OWN, RUNS, SECOND, planned, records
from workflow_project import PAPER, edit, environment, make_project, snakemake


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = make_project(tmp_path_factory.mktemp("project"), PAPER.replace(SECOND, OWN))
    assert snakemake(root, "all").returncode == 0
    return root


@pytest.fixture
def project(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "my project", copy_function=shutil.copy2)


def lth(root, *words: str) -> subprocess.CompletedProcess:
    """One of the project's own commands."""
    return subprocess.run([sys.executable, "-m", *words], cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def seeds_of(root, figure="fig1") -> set[int]:
    """The numbers of seeds that a figure's means are of."""
    lines = (root / f"results/smoke/toy/figures/{figure}.csv").read_text().splitlines()
    head = lines[0].split(",")
    return {int(line.split(",")[head.index("n")]) for line in lines[1:] if ",ours," in line}


def run_all(root):
    run = snakemake(root, "all")
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_a_seed_that_comes_is_made_alone_and_one_that_goes_leaves_every_figure(project):
    before = records(project)
    edit(project, "seeds: [0, 1]", "seeds: [0, 1, 2]")
    run_all(project)
    after = records(project)
    assert after.items() > before.items() and len(after) == len(before) + 3 and seeds_of(project) == {3}
    edit(project, "seeds: [0, 1, 2]", "seeds: [0]")
    assert "train_" not in run_all(project) and seeds_of(project) == seeds_of(project, "weights") == {1}
    edit(project, "seeds: [0]", "seeds: [0, 1]")
    assert "train_" not in run_all(project) and seeds_of(project) == {2} and records(project) == after


@pytest.mark.parametrize("lost", ["nothing", ".snakemake", "a copy", "everything but runs"])
def test_an_edit_trains_what_it_changed_whatever_the_workflow_remembers(project, tmp_path, lost):
    if lost == ".snakemake":
        shutil.rmtree(project / ".snakemake")
    elif lost == "a copy":
        project = shutil.copytree(project, tmp_path / "copy")  # every file is as old as the copy
    elif lost == "everything but runs":
        for name in (".snakemake", "results/smoke", "state", "logs"):
            shutil.rmtree(project / name)
    edit(project, "budget: 3ep", "budget: 4ep")
    assert planned(snakemake(project, "all", "-n")) == {"train_toy_first_as_stated", "train_toy_second_as_stated"}
    edit(project, "budget: 4ep", "budget: 3ep")
    assert not planned(snakemake(project, "all", "-n"))
    assert not planned(snakemake(project, "all", "-n", "--forceall"))


def test_words_pictures_and_verdicts_follow_their_texts_and_code_without_training(project):
    edit(project, "title: A toy paper", "title: Corrected")
    edit(project, 'caption="Toy.", y_label="test', 'caption="Mended.", y_label="test')
    edit(project, "at_least=percent(30)", "at_least=percent(99.9)")
    (project / "replications/toy/published.csv").write_text(
        (project / "replications/toy/published.csv").read_text().replace("95.0", "94.0"))
    assert "train_" not in run_all(project)
    out = project / "results/smoke/toy"
    assert "Corrected" in (out / "report.md").read_text() and "Mended." in (out / "report.md").read_text()
    assert "Corrected" in (out / "verdicts.md").read_text() and "99.9" in (out / "verdicts.csv").read_text()
    assert ",0.94," in (out / "figures/fig1.csv").read_text()
    style = project / "lth_common/analysis/figure_style.py"
    style.write_text(style.read_text().replace("SIZE, PANEL_TITLE, TITLE = 9,", "SIZE, PANEL_TITLE, TITLE = 8,"))
    before = (out / "figures/fig1.svg").read_bytes()
    assert "train_" not in run_all(project) and (out / "figures/fig1.svg").read_bytes() != before


def test_an_interrupted_drawing_is_made_again_though_its_files_look_new(project):
    """The protocol was edited and planned, the drawing never happened, and a copy made all files look equally new."""
    edit(project, 'caption="Toy.", y_label="test', 'caption="Mended.", y_label="test')
    snakemake(project, "all", "-n")
    for path in (project / "results/smoke").rglob("*"):
        path.touch()
    assert "figure" in snakemake(project, "all", "-n").stdout


@pytest.mark.parametrize("name", ["records.csv", "run.json", "tickets.safetensors"])
def test_a_damaged_run_is_set_aside_named_and_made_again(project, name):
    home = next(path.parent for path in (project / RUNS).glob("*/tickets.safetensors"))
    before, damaged = records(project), bytearray((home / name).read_bytes())
    damaged[len(damaged) // 2] ^= 4
    (home / name).write_bytes(damaged)
    shutil.rmtree(project / "results/smoke")
    run = snakemake(project, "all", "--keep-going")
    assert run.returncode != 0 and f"{home.name}/{name}" in run.stdout and "set aside" in run.stdout
    assert "Traceback" not in run.stdout
    run_all(project)
    assert records(project) == before and list((project / "results/set_aside").glob(f"{home.name}-1/{name}"))


def test_runs_are_made_anew_on_request_and_unused_ones_go(project):
    before = records(project)
    assert "4 runs set aside" in lth(project, "lth_common.cli", "retrain", "toy", "first", "--scale", "smoke").stdout
    assert len(records(project)) == 2
    run_all(project)
    assert records(project) == before
    edit(project, "{linear: 0.4}", "{linear: 0.3}")
    listed = lth(project, "lth_common.cli", "gc").stdout
    assert "6 folders" in listed and "--delete removes them" in listed and len(records(project)) == 6
    assert "6 folders" in lth(project, "lth_common.cli", "gc", "--delete").stdout and len(records(project)) == 4
    wrong = lth(project, "lth_common.cli", "retrain", "toy", "frist", "--scale", "smoke")
    assert wrong.returncode == 1 and "'frist' is no run" in wrong.stdout


def test_a_run_under_another_runs_name_is_not_read(project):
    one, other = [path.parent for path in (project / RUNS).glob("*/tickets.safetensors")][:2]
    for place, to in ((one, project / "aside"), (other, one), (project / "aside", other)):
        place.rename(to)
    run = lth(project, "lth_common.analysis", "figure", "toy", "weights", "--scale", "smoke")
    named = one.name in run.stdout or other.name in run.stdout
    assert run.returncode == 1 and named and "Traceback" not in run.stdout


def test_a_chain_without_tickets_is_made_again_only_for_an_unfinished_branch(project):
    chains = [path.parent for path in (project / RUNS).glob("*/tickets.safetensors")]
    for home in chains:
        (home / "tickets.safetensors").unlink()
    before = records(project)
    assert not planned(snakemake(project, "all", "-n"))
    edit(project, "      reinit: {about: control", "      permuted: {about: control, from: winning, mask: permuted}\n"
         "      reinit: {about: control")
    measured = 'measuring("{}", "model"), at_least={}'
    edit(project, measured.format("survivors_threshold", "ratio"), measured.format("kept", "count"))
    run_all(project)
    assert records(project).items() > before.items()
    assert sum((home / "tickets.safetensors").exists() for home in chains) == 2


def test_a_chain_that_comes_out_otherwise_stops_and_names_its_branches(project):
    specs = {path: json.loads(path.read_text())["spec"] for path in (project / RUNS).glob("*/run.json")}
    branch = next(path for path, spec in specs.items() if "chain" in spec)
    chain = project / RUNS / specs[branch]["chain"]
    about = json.loads((chain / "run.json").read_text())
    (chain / "tickets.safetensors").unlink()
    code = ("from lth_common.runs import plan, store; from pathlib import Path; root = Path('.').resolve();"
            f"run = next(r for r in plan.plan_of('toy', 'smoke').all_runs() if r.digest == '{chain.name}');"
            "text = (store.folder(run.digest, root) / 'records.csv').read_bytes().replace(b'0.', b'1.', 1);"
            "store.write_run(run, store.read_about(run.digest, root), {'records.csv': text}, root)")
    assert subprocess.run([sys.executable, "-c", code], cwd=project, check=True).returncode == 0
    run = lth(project, "lth_common.runs.train", "toy", "first", "as_stated", f"winning:{about['spec']['seed']}",
              "--scale", "smoke")
    assert run.returncode == 1 and "other records than before" in run.stdout and branch.parent.name in run.stdout
