"""A missing data set costs its experiments, not the paper and not the others: the real workflow."""

import json
import re
import shutil

import pytest
from lacking_project import LACKING, SECOND, lacking_project, put_files, serve
from workflow_project import snakemake

OUT, STATUS = "results/smoke/toy", "results/data/sets/mnist.json"


@pytest.fixture(autouse=True)
def no_data(monkeypatch):
    monkeypatch.delenv("LTH_DATA", raising=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """What can be run without the set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LTH_DATA", raising=False)
        root = lacking_project(tmp_path_factory.mktemp("project"))
        run = snakemake(root, "all")
    assert run.returncode == 0, run.stdout
    return root


@pytest.fixture
def project(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "project", copy_function=shutil.copy2)


def jobs(run) -> set[str]:
    """The rules whose jobs were run; their name stands in the line that says that one has finished."""
    assert run.returncode == 0, run.stdout
    return set(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", run.stdout, flags=re.MULTILINE))


def results(root) -> dict[str, tuple[bytes, int]]:
    """Content and time of all that was made, but for what came of fetching."""
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted((root / "results").rglob("*")) if path.is_file() and path != root / STATUS}


def seeds(root, figure) -> dict[str, set[str]]:
    """By panel, the number of seeds of our points."""
    head, *lines = (line.split(",") for line in (root / OUT / f"figures/{figure}.csv").read_text().splitlines())
    found: dict[str, set[str]] = {}
    for line in (dict(zip(head, cells, strict=True)) for cells in lines):
        found.setdefault(line["panel"], set()).add(line["n"])
    return found


def test_the_rest_is_drawn_and_judged_and_what_is_not_run_says_how_to_get_its_data(finished):
    report, page = ((finished / OUT / name).read_text() for name in ("report.md", "verdicts.md"))
    for text in (report, page):
        assert "Data set `mnist`: 2 runs of `second` (as_stated)." in text and "lth data fetch mnist" in text
        assert "Not drawn without them: alone, tickets." in text
    assert "| accuracy | not run: data | 0 |" in report and "**✔ holds**" in report
    assert "not run: data (mnist): second/as_stated/winning" in (finished / OUT / "verdicts.csv").read_text()
    assert seeds(finished, "fig1").keys() == {"toy"} and seeds(finished, "mixed").keys() == {"digits"}
    assert "Not run for want of data (mnist): drawn digits." in report and "at this scale" not in report


def test_nothing_half_written_is_left(finished):
    assert json.loads((finished / STATUS).read_text())["status"] == "missing"
    assert {path.name for path in (finished / "data").iterdir()} <= {".mnist.lock"}
    assert len(list((finished / "results/runs").iterdir())) == 4 and not (finished / OUT / "figures/alone.svg").exists()
    assert not [path for path in finished.rglob("*.tmp") if ".snakemake" not in path.parts]


def test_the_next_call_tries_again_and_does_nothing_else(project):
    before = results(project)
    dry = snakemake(project, "all", "-n")
    assert dry.returncode == 0 and "fetching data set mnist" in dry.stdout and (project / STATUS).exists()
    (project / STATUS).write_text("cut off")
    assert jobs(snakemake(project, "all")) == {"fetch", "all"} and results(project) == before
    assert json.loads((project / STATUS).read_text())["status"] == "missing"


@pytest.mark.parametrize("words", [["--forceall"], ["--keep-going", "--rerun-incomplete", "--rerun-triggers", "mtime"]])
def test_however_it_is_called_it_ends_well(project, words):
    runs = results(project / "results")
    assert jobs(snakemake(project, "all", *words)) >= {"fetch", "all"}
    assert results(project / "results") == runs and "Not run: data" in (project / OUT / "report.md").read_text()


def test_a_figure_of_which_nothing_is_run_says_why(project):
    run = snakemake(project, "toy_alone")
    assert run.returncode == 1 and "Traceback" not in run.stdout
    assert "figure 'alone': nothing of it is run at scale 'smoke'; 2 runs" in run.stdout
    assert "mnist: Get it" in run.stdout and not (project / OUT / "figures/alone.svg").exists()
    assert jobs(snakemake(project, "all")) == {"fetch", "all"}


@pytest.fixture(scope="module")
def whole(finished, tmp_path_factory):
    """All of it: the set came into a folder that LTH_DATA names."""
    folder = tmp_path_factory.mktemp("whole")
    root = shutil.copytree(finished, folder / "project", copy_function=shutil.copy2)
    put_files(folder / "data")
    before = results(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LTH_DATA", str(folder / "data"))
        made = jobs(snakemake(root, "toy"))
    assert "fetch" not in made and {"train_toy_second_as_stated", "figure", "verdicts", "report"} <= made
    assert results(root)[f"{OUT}/figures/fig1.svg"] == before[f"{OUT}/figures/fig1.svg"]
    return root


@pytest.fixture
def complete(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "complete", copy_function=shutil.copy2)


def test_a_set_that_came_is_used_at_once(whole):
    assert seeds(whole, "mixed").keys() == {"digits", "drawn digits"} and seeds(whole, "alone")
    report = (whole / OUT / "report.md").read_text()
    assert "Not run" not in report and "not run" not in report and (whole / OUT / "figures/tickets.svg").exists()


def test_a_set_that_went_costs_no_finished_run(complete):
    before, lost = results(complete), second_runs(complete)[0] / "ok"
    lost.unlink()  # as Snakemake takes it away when another run of its job fails
    assert "Nothing to be done" in snakemake(complete, "all").stdout and results(complete).keys() == before.keys()
    paper = complete / "replications/toy/protocol.yaml"
    paper.write_text(paper.read_text().replace("seeds: [0, 1]", "seeds: [0, 1, 2]"))
    jobs(snakemake(complete, "all"))  # the third seed of one experiment is made
    assert seeds(complete, "mixed") == {"digits": {"3"}, "drawn digits": {"2"}}
    assert "Data set `mnist`: 1 runs" in (complete / OUT / "report.md").read_text()


def test_tickets_that_cannot_be_made_again_cost_their_figure_alone(complete):
    for home in second_runs(complete):
        (home / "tickets.safetensors").unlink()
        (home / "tickets.ok").unlink()
    assert "fetch" in jobs(snakemake(complete, "all", tickets="all"))
    report = (complete / OUT / "report.md").read_text()
    assert "Not drawn here: tickets." in report and "figures/alone.svg" in report and "## Not run" not in report
    assert jobs(snakemake(complete, "all", tickets="all")) == {"fetch", "all"}


def second_runs(root):
    """The folders of the second experiment's runs."""
    return [path.parent for path in sorted((root / "results/runs").glob("*/run.json"))
            if "mnist" in json.loads(path.read_text())["spec"]["edition"]]


def test_a_set_is_fetched_and_used(project, tmp_path):
    server = serve(project, tmp_path / "served")
    try:
        made = jobs(snakemake(project, "all"))
    finally:
        server.shutdown()
    assert {"fetch", "train_toy_second_as_stated"} <= made and seeds(project, "alone")
    assert json.loads((project / STATUS).read_text())["status"] == "there" and (project / "data/MNIST/raw").is_dir()
    assert "Nothing to be done" in snakemake(project, "all").stdout


def test_a_paper_all_of_whose_data_are_missing_ends_with_a_report(tmp_path):
    digits = re.search(r"    data:\n      name: digits\n.*?\n(?=    model)", LACKING, flags=re.DOTALL).group()
    other = re.search(r"    data:\n      name: mnist\n.*?\n(?=    arms)", SECOND, flags=re.DOTALL).group()
    root = lacking_project(tmp_path / "project", LACKING.replace(digits, other))
    assert jobs(snakemake(root, "all")) == {"fetch", "verdicts", "report", "all"}
    report = (root / OUT / "report.md").read_text()
    assert "Not drawn without them: mixed, alone, tickets, fig1, table1." in report
    assert "No run is finished." in report
