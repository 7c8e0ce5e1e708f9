"""The page of verdicts shows verdict, numbers and scale, and never passes a reduced run for a real one."""

import math

import pandas as pd
import pytest
from analysis_fixtures import ours, published, records

from lth_common.analysis.claims import judge
from lth_common.analysis.number_formats import show, show_range
from lth_common.analysis.report import verdict_table
from lth_common.analysis.verdicts import read_verdicts, verdicts_frame, verdicts_markdown, write_verdicts
from lth_common.expressions.curves import Published
from lth_common.expressions.rules import Claim, PublishedRule, Rule

DENSE, TICKET = {2: [0.97, 0.98, 0.99]}, {2: [0.960, 0.970, 0.980]}


def rule(**changes) -> Rule:
    return Rule(**{"label": "r", "of": ours("ticket"), "against": ours("dense"), "at_least": -1.5, **changes})


def test_the_page_for_people_states_verdict_numbers_and_scale(tmp_path):
    theirs = PublishedRule(value=Published(item="sec4", series="gap"))
    claim = Claim(statement="Tickets win", where="sec 4", comment="Because.", rules=[
        rule(label="no worse", published=theirs),
        rule(label="wins", at_least=0.5)])
    judged = judge("C1", claim, records(dense=DENSE, ticket=TICKET), published(tmp_path))
    table = verdicts_frame([judged])
    assert table["verdict"].tolist() == ["holds", "fails"] and set(table["claim_verdict"]) == {"fails"}
    write_verdicts(table, tmp_path / "verdicts.csv")
    page = verdicts_markdown(table, "A paper", "smoke")
    for text in ("0 hold, 1 fail, 0 undecided", "Scale `smoke`", "| C1 | Tickets win | sec 4 | **✘ fails** |",
                 "| no worse | −1.00 points (−1.00 to −1.00) | 3 | ≥ −1.5 points | +0.85 points | ✔ holds |",
                 "yes, in 1 of 2 rules", "Because."):
        assert text in page
    assert "Scale" not in verdicts_markdown(table, "A paper", "paper")


def test_what_was_not_run_reads_as_such():
    claim = Claim(statement="s", where="w", rules=[rule(levels=(7, 9))])
    table = verdicts_frame([judge("C1", claim, records(dense=DENSE, ticket=TICKET), None)])
    page = verdicts_markdown(table, "A paper", "laptop")
    assert "| r | not run | 0 | ≥ −1.5 points | – | ? undecided |" in page
    assert "Note: no level of this rule was run." in page


@pytest.mark.parametrize(("value", "unit", "text"), [
    (6.56e-4, "nats", "0.000656 nats"), (-6.56e-5, "nats", "−6.56 × 10⁻⁵ nats"), (2.302585, "nats", "2.303 nats"),
    (123456, "nats", "1.235 × 10⁵ nats"), (3, "epochs", "3.0 epochs"), (-math.inf, "nats", "−∞ nats"),
    (math.nan, "nats", "n/a"), (-0.5, "points", "−0.50 points"),
])
def test_numbers_read_well_at_every_size(value, unit, text):
    assert show(value, unit) == text


def test_small_bounds_read_alike():
    assert show_range(-1, 5e-5) == "−1 to 5 × 10⁻⁵"


@pytest.mark.parametrize("changes", [{}, {"levels": (7, 9)}])
def test_verdicts_survive_their_file_also_where_nothing_was_run(tmp_path, changes):
    claim = Claim(statement="s", where="w", rules=[rule(**changes)])
    table = verdicts_frame([judge("C1", claim, records(dense=DENSE, ticket=TICKET), None)])
    write_verdicts(table, tmp_path / "verdicts.csv")
    again = read_verdicts(tmp_path / "verdicts.csv")
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    assert "C1" in verdict_table(again)
