"""`python -m benchmarks`: what it writes, from real measurements, and what it refuses."""

import csv

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import chains, images
from benchmarks.measuring import rows_of


def test_a_workload_is_measured_tabled_and_drawn(tmp_path, monkeypatch):
    small = images.WORKLOADS["LeNet, batch 100"]._replace(examples=(600, 200), steps=2)
    monkeypatch.setitem(images.WORKLOADS, "LeNet, batch 100", small)
    benchmarks.main(["lenet, batch", "--rounds", "1", "--left", "1", "0.05", "--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {
        "speed.csv", "speed.md", *(f"{name}.{kind}" for name in ("by_weights_remaining", "from_sparsity")
                                   for kind in ("svg", "png"))}
    rows = list(csv.DictReader((tmp_path / "speed.csv").open()))
    assert {row["contender"] for row in rows if row["what"] == "step"} == set(images.CONTENDERS)
    assert {float(row["left"]) for row in rows} == {1, 0.05} and all(float(row["ms"]) > 0 for row in rows)
    assert "## LeNet, batch 100" in (tmp_path / "speed.md").read_text()


def test_a_chain_is_measured_from_its_processs_start_to_its_end():
    times, memory = zip(*(chains.spent("LeNet, batch 100", who, 1) for who in ("good", "sparse")), strict=True)
    assert all(ms > 100 for ms in times) and all(mib > 50 for mib in memory)  # torch alone takes more


def test_the_fastest_of_ours_is_what_others_are_compared_with():
    times = {"good": [4, 8], "torch": [2, 2], "sparse": [1, 4]}
    found = {row.contender: row for row in rows_of("x", "step", 0.5, times, flops=1e6, peak=1e9)}
    assert found["torch"].ours_is_faster == 1 and found["good"].ours_is_faster == 3
    assert found["torch"].floor == 0.25


@pytest.mark.parametrize("words", [["resnet"], ["lenet", "--rounds", "0"], ["lenet", "--left", "0"]])
def test_what_cannot_be_measured_is_refused(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        benchmarks.main(words)
    assert "legal: LeNet, batch 100" in capsys.readouterr().err or words[0] == "lenet"
