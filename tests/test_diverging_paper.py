"""A paper with an arm that diverges ends well, and shows it."""

import json

import pandas as pd
import pytest
from workflow_project import CLAIMS, FIGURES, PAPER, make_project, snakemake

REINIT = "      reinit: {about: control"
WILD = PAPER.replace(REINIT, "      wild: {about: diverges, train: {optimizer: {lr: 1.0e+30}}}\n"
                     f"      of_wild: {{about: branches of it, from: wild, mask: permuted}}\n{REINIT}")
SHOWN = FIGURES.replace('"reinit": first["reinit"],',
                        '"reinit": first["reinit"], "wild": first["wild"], "of wild": first["of_wild"],')
JUDGED = CLAIMS.replace("CLAIMS = [", """CLAIMS = [
    claim("C0", says="the wild one learns", where="nowhere", rules=[
        rule("accuracy", run("first", "as_stated")["wild"], at_least=percent(1))]),
    """)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = make_project(tmp_path_factory.mktemp("project"), WILD, JUDGED, SHOWN)
    run = snakemake(root, "all")
    assert run.returncode == 0, run.stdout
    return root


def test_its_runs_are_finished_and_say_what_happened(finished):
    abouts = [json.loads(path.read_text()) for path in (finished / "results/runs").glob("*/run.json")]
    failed = [about for about in abouts if "failures" in about]
    assert len(abouts) == 8 and len(failed) == 4
    for about in failed:
        branch = "chain" in about["spec"]  # trains the dense network at a rate of its own
        assert set(about["failures"]) == ({"1", "2"} if branch else {"0", "1", "2"})
        assert "diverged" in about["failures"]["0" if not branch else "1"]


def test_report_figure_and_verdicts_show_it(finished):
    out = finished / "results/smoke/toy"
    report = (out / "report.md").read_text()
    assert "first/as_stated/wild, seed 0" in report and "diverged" in report
    verdicts = (out / "verdicts.csv").read_text()
    assert "failed trainings: first/as_stated/wild" in verdicts
    assert next(line for line in verdicts.splitlines() if line.startswith("C0,")).count("undecided") == 2
    drawn = pd.read_csv(out / "figures/fig1.csv")
    wild = drawn[drawn["series"] == "wild"]
    assert len(wild) == 3 and wild["mean"].isna().all() and (wild["failed"] == 2).all()


def test_other_claims_are_judged_as_ever(finished):
    lines = (finished / "results/smoke/toy/verdicts.csv").read_text().splitlines()
    assert sum(line.startswith("C1,") for line in lines) == 2 and "holds" in next(
        line for line in lines if line.startswith("C1,"))
