"""Claims and figures in Python: what an expression says is what is judged, and a mistake is one sentence."""

import pickle
import subprocess
import sys

import pytest
from pydantic import ValidationError

from lth_common import expressions as x
from lth_common.errors import LTHError
from lth_common.expressions.figures import Role
from lth_common.expressions.python_files import listed, names_in, said
from lth_common.expressions.rules import Claim, Rule
from lth_common.protocol.resolve import ROOT

ARMS = x.run("lenet", "as_stated")
TICKET, DENSE = ARMS["ticket"], ARMS["search"].at(0)
FILE, OTHER = "replications/toy/claims.py", "replications/toy/figures.py"
HEAD = "from lth_common.expressions import claim, points, rule, run\nticket = run('first', 'as_stated')['winning']\n"
CLAIM = "claim('C1', says='s', where='w', rules=[rule('r', ticket - ticket.at(0), at_least=points(0))])"


def test_a_rule_says_what_its_expression_says():
    rule = x.rule("r", (TICKET - DENSE).remaining(0.2).every(), at_least=x.points(-1), at_most=x.points(2),
                  published=x.published("fig1", "S2") - x.published("fig1", "S1"))
    assert rule == Rule.model_validate({
        "label": "r", "quantity": "difference", "unit": "points", "at_least": -1, "at_most": 2,
        "of": {"experiment": "lenet", "variant": "as_stated", "arm": "ticket"},
        "against": {"experiment": "lenet", "variant": "as_stated", "arm": "search", "level": 0},
        "weights_remaining": (0.2, 1), "across_levels": "every",
        "published": {"of": {"item": "fig1", "series": "S2"}, "against": {"item": "fig1", "series": "S1"}}})


def test_both_ways_of_writing_a_mean_are_one_and_within_is_both_bounds():
    ways = [(TICKET - DENSE).levels(1, 9).mean(), (TICKET - DENSE).levels(1, 9),
            TICKET.levels(1, 9).mean() - DENSE.levels(1, 9).mean()]
    rules = [x.rule("r", way, within=x.points(0.5)) for way in ways]
    assert rules[0] == rules[1] == rules[2] and (rules[0].at_least, rules[0].at_most) == (-0.5, 0.5)


def test_a_curve_is_changed_in_what_is_said_and_nothing_else():
    stops = TICKET.measuring("early_stop_step", "validation", "last").at(3)
    assert (stops.metric, stops.split, stops.over_epochs, stops.level) == ("early_stop_step", "validation", "last", 3)
    assert stops.measuring("selected_accuracy").at(0).model_copy(update={"level": None}) == TICKET
    assert TICKET.below(DENSE).dense == DENSE.model_copy(update={"level": 0})


def test_expressions_are_plain_data():
    name, claim = x.claim("C1", says="s", where="w", requires=["C0"],
                          rules=[x.rule("r", TICKET / DENSE, at_least=x.ratio(2))])
    assert pickle.loads(pickle.dumps(claim)) == claim and name == "C1"


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: x.rule("r", TICKET), "no bound; legal"),
    (lambda: x.rule("r", TICKET, at_least=x.percent(1), at_most=x.points(2)), "bounds in percent and points"),
    (lambda: x.rule("r", TICKET, within=x.points(1), at_least=x.points(0)), "'within' is both bounds"),
    (lambda: (TICKET - DENSE).slope(), "can be read in two ways"),
    (lambda: TICKET.levels(1, 2).slope() - DENSE.slope(), "both sides are of the same levels"),
    (lambda: (TICKET - DENSE) - DENSE, "two curves, not three"),
    (lambda: TICKET.levels(1, 2).levels(1, 3), "'levels' is chosen twice"),
    (lambda: x.panel("p", {"a": TICKET, "b": x.run("lenet", "as_released")["ticket"]}), "one experiment in one var"),
    (lambda: x.panel("p", {"a": TICKET, "b": TICKET.measuring("loss")}), "in one metric"),
    (lambda: x.panel("p", {}), "curves of one experiment"),
])
def test_what_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(LTHError, match=message):
        wrong()


@pytest.mark.parametrize("wrong", [
    lambda: x.rule("r", TICKET.lowest_weights(), at_most=x.percent(5)),  # without a condition
    lambda: x.rule("r", TICKET.where(at_least=1, halfway_to=0.1), at_most=x.percent(5)),
    lambda: x.rule("r", TICKET.levels(5, 2), at_least=x.percent(5)),
    lambda: x.rule("r", TICKET, at_least=x.percent(6), at_most=x.percent(5)),
])
def test_rules_that_could_not_be_judged_are_refused(wrong):
    with pytest.raises(ValidationError):
        wrong()


def in_file(tmp_path, text, variable="CLAIMS"):
    path = tmp_path / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return listed(names_in(tmp_path, FILE), FILE, variable, Claim)


def test_a_file_lists_its_claims_in_their_order_and_need_not_be_there(tmp_path):
    text = f"{HEAD}CLAIMS = [{CLAIM}, {CLAIM.replace('C1', 'A1')}]\n"
    assert list(in_file(tmp_path, text)) == ["C1", "A1"]
    assert listed(names_in(tmp_path, OTHER), OTHER, "FIGURES", Claim) == {}
    assert in_file(tmp_path, "OTHER = 1\n") == {}


@pytest.mark.parametrize(("text", "message"), [
    (f"{HEAD}CLAIMS = [{CLAIM}, {CLAIM}]", "CLAIMS: 'C1' stands there twice"),
    (f"{HEAD}CLAIMS = [ticket]", "CLAIMS: entry 1 is not legal; legal: a list of what claim of"),
    (f"{HEAD}CLAIMS = {CLAIM}", "CLAIMS: entry 1 is not legal"),
    ("x = 1\nCLAIMS = [)", "line 2: closing parenthesis"),
    ("x = 1\n\nimport nowhere", "line 3: ModuleNotFoundError: No module named 'nowhere'"),
    (f"{HEAD}CLAIMS = [rule('r', ticket)]", "line 3: rule 'r': no bound"),
    (f"{HEAD}CLAIMS = [claim('C', says='s', where='w', rules=[])]", r"line 3: rules: \[\] is not legal"),
    (f"{HEAD}ticket.metrics", "line 3: AttributeError"),
])
def test_a_mistake_is_one_sentence_with_file_and_line(tmp_path, text, message):
    with pytest.raises(LTHError, match=f"^{FILE}[,:] {message}") as error:
        in_file(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_mistake_in_a_neighbour_is_told_from_one_here(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "toy_neighbour.py").write_text("x = (\n")
    with pytest.raises(LTHError, match=f"^{FILE}, line 2: SyntaxError: .*toy_neighbour.py, line 1"):
        in_file(tmp_path, "x = 1\nimport toy_neighbour\n")


def test_a_file_in_another_encoding_is_one_sentence(tmp_path):
    in_file(tmp_path, "")
    (tmp_path / FILE).write_bytes(b"x = '\xe9'\n")
    with pytest.raises(LTHError, match=f"^{FILE}: 'utf-8' codec .*; legal: Python in UTF-8"):
        names_in(tmp_path, FILE)


def test_a_role_that_is_none_is_one_sentence(tmp_path):
    in_file(tmp_path, "ROLES = {'mine': 'dense', 'a': 'wining'}\n")
    with pytest.raises(LTHError, match=f"^{FILE}: ROLES: a: 'wining' is not legal: .*'dense', 'winning'") as error:
        said(names_in(tmp_path, FILE), FILE, "ROLES", dict[str, Role])
    assert "\n" not in str(error.value)
    assert said(names_in(tmp_path, FILE), FILE, "OTHERS", dict[str, Role]) == {}


def test_reading_papers_imports_neither_arrays_nor_pictures():
    code = ("import sys; from lth_common.expressions.paper import load_paper; "
            "from lth_common.protocol.resolve import paper_names; [load_paper(name) for name in paper_names()]; "
            "print({'torch', 'numpy', 'pandas', 'seaborn', 'matplotlib', 'scipy'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr
