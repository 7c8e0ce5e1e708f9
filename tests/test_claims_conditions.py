"""A claim about tickets is not judged before the claim that it rests on, that the dense network learns, holds."""

import pytest
from analysis_fixtures import ours, records

from lth_common.analysis.claims import judge
from lth_common.analysis.conditions import under_conditions
from lth_common.analysis.report import verdict_table
from lth_common.analysis.verdicts import read_verdicts, tally, verdicts_frame, verdicts_markdown, write_verdicts
from lth_common.errors import LTHError
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.rules import Claim

TABLE = records(dense={0: [0.79, 0.80, 0.81]}, ticket={1: [0.89, 0.90, 0.91]})
BOUND = {"holds": 70, "undecided": 80, "fails": 90}


def claims(*learns, **changes):
    """Dense networks whose claims come out as `learns` says, and tickets that rest on them."""
    dense = {f"D{i}": {"statement": "s", "where": "w", "rules": [
        {"label": "r", "quantity": "value", "unit": "percent", "of": ours("dense"), "at_least": BOUND[verdict]}]}
        for i, verdict in enumerate(learns)}
    wins = {"label": "r", "quantity": "value", "unit": "percent", "of": ours("ticket"), "at_least": 85}
    return {"T": {"statement": "s", "where": "w", "rules": [wins], "requires": list(dense), **changes}} | dense


def judged(found):
    return {verdict.claim_id: verdict for verdict in under_conditions(
        judge(name, Claim.model_validate(claim), TABLE, None) for name, claim in found.items())}


def test_a_claim_whose_condition_holds_has_its_own_verdict():
    assert judged(claims("holds"))["T"].verdict == "holds" and judged(claims("holds"))["T"].unmet == ()
    fails = claims("holds")
    fails["T"]["rules"][0]["at_least"] = 95
    assert judged(fails)["T"].verdict == "fails"


@pytest.mark.parametrize(("learns", "unmet"), [
    (["undecided"], ("D0 is undecided",)), (["fails"], ("D0 fails",)), (["holds", "fails"], ("D1 fails",)),
    (["undecided", "fails"], ("D0 is undecided", "D1 fails")),
])
@pytest.mark.parametrize("bound", [85, 95])
def test_without_its_condition_a_claim_neither_holds_nor_fails(learns, unmet, bound):
    found = claims(*learns)
    found["T"]["rules"][0]["at_least"] = bound
    verdict = judged(found)["T"]
    assert (verdict.verdict, verdict.unmet) == ("undecided", unmet)
    assert verdict.rules[0].verdict == {85: "holds", 95: "fails"}[bound]  # what was measured is still said


def test_a_condition_that_this_scale_does_not_run_is_said_to_be_so():
    found = claims("holds")
    found["D0"]["rules"][0]["of"] = ours("dense", level=9)
    assert judged(found)["T"].unmet == ("D0 is not run",)


def test_every_page_names_the_condition(tmp_path):
    write_verdicts(verdicts_frame(judged(claims("fails")).values()), tmp_path / "v.csv")
    table = read_verdicts(tmp_path / "v.csv")
    assert tally(table) == "Of 2 claims: 0 hold, 1 fail, 1 undecided."
    page = verdicts_markdown(table, "T", "laptop")
    assert "**? undecided** (condition: D0 fails)" in page and "Not judged: D0 fails." in page
    tickets, dense = verdict_table(table).splitlines()[2:]
    assert tickets.endswith("**? undecided** (condition: D0 fails) |") and dense.endswith("**✘ fails** |")


@pytest.mark.parametrize("condition", ["C1", "C22", "C1_as_stated"])
def test_a_condition_is_another_claim_without_one(edited, condition):
    paper = edited()

    def requiring(**requires):
        changed = {name: paper.claims[name].model_copy(update={"requires": [other]})
                   for name, other in requires.items()}
        return paper.model_copy(update={"claims": paper.claims | changed})

    check_references("data_subsets", requiring(C1="C3", C1_as_stated="C3"))
    with pytest.raises(LTHError, match="claims.py: C1: requires: a claim without a condition of its own "
                                       f"'{condition}' is not there.*legal: C10"):
        check_references("data_subsets", requiring(C1=condition, C1_as_stated="C3"))


def test_verdicts_with_other_columns_are_an_error(tmp_path):
    path = tmp_path / "v.csv"
    write_verdicts(verdicts_frame(judged(claims("holds")).values()).drop(columns="unmet"), path)
    with pytest.raises(LTHError, match=rf"{path}: no column unmet; delete it"):
        read_verdicts(path)
