"""Tables say how many trainings failed, and a report names them first, with what its runs were made on."""

import math

import numpy as np
import pytest
from analysis_fixtures import curves, ours, published, records, rows, with_failure
from ticket_fixtures import book, chain

from lth_common.analysis.claims import judge
from lth_common.analysis.failures import failure_lines, span
from lth_common.analysis.mixtures import mixtures
from lth_common.analysis.report import report, verdict_table
from lth_common.analysis.tables import save, table_frame
from lth_common.analysis.ticket_weights import starting_weights, survivor_records
from lth_common.analysis.verdicts import read_verdicts, verdicts_frame, write_verdicts
from lth_common.errors import LTHError
from lth_common.expressions.figures import Column, Row, Table
from lth_common.expressions.paper import load_paper
from lth_common.expressions.rules import Claim
from lth_common.runs.records import frame

TABLE = frame([*rows("net", {level: [0.9, 0.91, 0.92] for level in range(3)}),
               *rows("other", {level: [0.8, 0.81, 0.82] for level in range(3)}),
               *(row for level in range(3) for row in curves("net", [[0.5, 0.7, 0.6]] * 3, level=level)),
               *rows("other", {level: [0.1, 0.2, 0.3] for level in range(3)}, "accuracy")])
RESOLVED = {("lenet", "as_stated"): {"arms": {"net": {}, "other": {}}}}
COLUMNS = [{"metric": "selected_accuracy"}, {"metric": "accuracy", "over_epochs": "at_max_of_mean"},
           {"metric": "selected_accuracy", "across_levels": "mean"},
           {"metric": "selected_accuracy", "across_levels": "slope", "unit": "points", "where": {"at_least": 0.1}}]
LOWEST = {"metric": "selected_accuracy", "across_levels": "lowest_weights", "where": {"at_least": 0.1}}


def cells(tmp_path, table, level=2, columns=COLUMNS):
    lines = [Row(label=arm, experiment="lenet", variant="as_stated", arm=arm, level=level) for arm in ("net", "other")]
    shown = Table(title="T", caption="C", rows=lines,
                  columns=[Column(label=str(i), **column) for i, column in enumerate(columns)])
    return table_frame(shown, table, published(tmp_path), RESOLVED)


@pytest.mark.parametrize("seeds", [[1], [0, 2], [0, 1, 2]])
def test_a_cell_says_how_many_failed_in_place_of_a_mean(tmp_path, seeds):
    broken = TABLE
    for seed in seeds:
        broken = with_failure(broken, "net", seed, 1)
    table, healthy = cells(tmp_path, broken), cells(tmp_path, TABLE)
    assert table.iloc[0, 1:].tolist() == [f"{len(seeds)} of 3 failed"] * len(COLUMNS)
    assert table.iloc[1].tolist() == healthy.iloc[1].tolist()
    assert table.attrs["note"] == healthy.attrs["note"] and table.attrs["note"].startswith("Curve: mean over 3 seeds")
    assert cells(tmp_path, broken, 0, COLUMNS[:1]).equals(cells(tmp_path, TABLE, 0, COLUMNS[:1]))
    save(table, tmp_path / "t", "T", "C")
    assert f"| {len(seeds)} of 3 failed |" in (tmp_path / "t.md").read_text()


def test_tables_by_variants_and_of_each_seed_say_so_too(tmp_path):
    broken = with_failure(TABLE, "net", 1, 1)
    line = Row(label="l", experiment="lenet", arm="net", metric="selected_accuracy", split="test", level=2)
    by_variant = table_frame(Table(title="T", caption="C", variants=["as_stated"], rows=[line]), broken,
                             published(tmp_path), RESOLVED)
    assert by_variant["ours (as_stated)"].item() == "1 of 3 failed"
    assert cells(tmp_path, broken, columns=[LOWEST]).iloc[0, 1] == "≤ 64.00 %, failed, ≤ 64.00 %"


RUNS = {f"p/cells/fc1/as_stated/search/seed{seed}": {"device": "cpu", "torch": "2.15.0", "data": {"a": "x" * 64}}
        for seed in (0, 2, 10)}


def test_each_failure_of_a_run_is_a_line():
    name = "p/cells/fc1/as_stated/search/seed10"
    later = {str(level): "level 3 had failed" for level in (4, 5, 10, 11)}
    runs = RUNS | {name: RUNS[name] | {"failures": later | {"3": "the loss is nan at step 20"}},
                   "fc1/as_stated/search/seed2": {"failures": {"0": "out"}}}
    assert failure_lines(runs) == [
        "fc1/as_stated/search, seed 2 at level 0: out",
        "fc1/as_stated/search, seed 10 at level 3: the loss is nan at step 20",
        "fc1/as_stated/search, seed 10 at levels 4 to 5, 10 to 11: level 3 had failed"]
    assert failure_lines(RUNS) == [] and span("level", [7, 3, 5, 6]) == "levels 3, 5 to 7"


def test_what_an_experiment_mixes_is_a_sentence():
    first, *others = RUNS
    other = {"fc1/as_released/search/seed0": RUNS[first] | {"torch": "2.14.0"}}
    assert mixtures(RUNS | other) == []
    newer = RUNS | {first: RUNS[first] | {"torch": "2.16.0", "device": "cuda"}}
    assert mixtures(newer) == ["experiment fc1/as_stated mixes device cpu (2 runs) and cuda (1 run); "
                               "torch 2.15.0 (2 runs) and 2.16.0 (1 run)"]
    data = RUNS | {first: RUNS[first] | {"data": {"a": "y" * 64, "b": "z"}}}  # `b` is read by one run alone
    assert mixtures(data) == ["experiment fc1/as_stated mixes data a xxxxxxxxxxxx (2 runs) and yyyyyyyyyyyy (1 run)"]
    assert mixtures(RUNS | {first: RUNS[first] | {"core": "1f"}}) == [
        "experiment fc1/as_stated mixes core 1f (1 run) and unknown (2 runs)"]
    three = RUNS | {name: RUNS[name] | {"torch": f"2.1{i}"} for i, name in enumerate(others, 3)}
    assert mixtures(three)[0].endswith("torch 2.13 (1 run), 2.14 (1 run) and 2.15.0 (1 run)")


def test_a_report_begins_with_what_failed_and_what_is_mixed(tmp_path):
    rule = {"label": "r", "of": ours("net"), "against": ours("other"), "at_least": 0}
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [rule]})
    verdict = judge("C", claim, with_failure(TABLE, "net", 1, 1), None)
    write_verdicts(verdicts_frame([verdict]), tmp_path / "verdicts.csv")
    assert "| a training failed | 3 |" in verdict_table(read_verdicts(tmp_path / "verdicts.csv"))
    (tmp_path / "runs.json").write_text("{}")
    paper = load_paper("data_subsets")
    plain = report(paper, "laptop", tmp_path, {}, [])
    page = report(paper, "laptop", tmp_path, {}, [], failures=["f, seed 1 at level 2: out"], mixed=["m mixes"])
    assert plain == report(paper, "laptop", tmp_path, {}, [], [], []) and "failed\n" not in plain
    head = page.partition("## Verdicts")[0]
    for line in ("## Trainings that failed", "- f, seed 1 at level 2: out", "- m mixes"):
        assert f"\n{line}\n" in head
    assert page.partition("## Verdicts")[2] == plain.partition("## Verdicts")[2]


def test_tickets_that_a_failed_chain_did_not_reach_are_none(tmp_path):
    runs = [(chain(tmp_path, book(seed), seed), [1, 2]) for seed in (0, 1)]  # of rules with nine levels
    weights = starting_weights(runs, tmp_path)
    assert [[len(sample) > 0 for sample in weights["lenet", "as_stated", "search", level]] for level in (1, 2)] == [
        [True, True], [False, False]]
    assert set(survivor_records(runs, tmp_path)["level"]) == {1}
    for function in (starting_weights, survivor_records):
        with pytest.raises(LTHError, match="level 10: this chain has the levels 0 to 1"):
            function([(runs[0][0], [10])], tmp_path)


def test_a_rule_on_tickets_that_were_not_reached_is_undecided():
    table = records(search={level: [0.9, 0.91] for level in range(3)})
    shape = {"metric": "survivors_peaks", "split": "model"}
    table = frame([*with_failure(table, "search", 1, 1).to_dict("records"),
                   *rows("search", {0: [2.0, 2.0], 1: [2.0, 2.0], 2: [2.0]}, **shape)])  # level 1's ticket was cut
    rule = {"label": "r", "of": ours("search", **shape), "quantity": "value", "unit": "count", "at_least": 1}
    claim = Claim.model_validate({"statement": "s", "where": "w", "rules": [rule, rule | {"levels": (0, 1)}]})
    undecided, holds = judge("C", claim, table, None).rules
    assert undecided.verdict == "undecided" and math.isnan(undecided.estimate) and undecided.n == 2
    assert "lenet/as_stated/search (seed 1 at level 2)" in undecided.note
    assert holds.verdict == "holds" and np.isfinite(holds.estimate) and "failed" not in holds.note
