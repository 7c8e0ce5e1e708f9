"""What figures, tables and claims name is checked before training, in both kinds of table."""

import pytest

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve
from lth_common.expressions.figures import Column, Figure, Panel, Row, Series, Table
from lth_common.expressions.leaves import Leaf, leaves
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.paper import load_paper
from lth_common.expressions.rules import Claim, Rule
from lth_common.protocol.resolve import experiments_of, paper_names, resolve
from lth_common.runs.needs import needed_by

NAME = paper_names()[0]
PAPER = load_paper(NAME)
EXPERIMENT, VARIANT = experiments_of(NAME, PAPER)[0]
RESOLVED = resolve(NAME, PAPER, EXPERIMENT, VARIANT, "paper")
ARM = next(iter(RESOLVED.arms))
NETWORK = {"label": "l", "experiment": EXPERIMENT, "variant": VARIANT, "arm": ARM}


def paper(**changes):
    """The first paper with one table by columns of one network, and nothing else to show."""
    table = Table(title="T", caption="C", columns=[Column(label="c", metric="accuracy")],
                  rows=[Row(**{**NETWORK, **changes})])
    return PAPER.model_copy(update={"figures": {}, "claims": {}, "tables": {"networks": table}})


def test_a_network_s_own_variant_is_what_is_needed():
    assert set(leaves(paper())) == {Leaf("figures.py: networks", EXPERIMENT, VARIANT, ARM, metric, split, 0)
                                    for metric, split in ((None, None), ("accuracy", "test"))}
    assert needed_by(paper(), "tables", "networks") == [(EXPERIMENT, VARIANT)]
    assert {leaf.level for leaf in leaves(paper(level=1))} == {1}
    check_references(NAME, paper(level=RESOLVED.prune.levels))


@pytest.mark.parametrize(("changes", "message"), [
    ({"arm": "nobody"}, "figures.py: networks: arm 'nobody' is not there"),
    ({"variant": "as_told"}, "figures.py: networks: variant 'as_told' is not there"),
    ({"level": 999}, f"figures.py: networks: level 999 of arm '{ARM}' of {EXPERIMENT} is not trained; legal: 0, 1"),
])
def test_what_a_row_names_must_be_there(changes, message):
    with pytest.raises(LTHError, match=message):
        check_references(NAME, paper(**changes))


def test_a_figure_s_level_must_be_trained():
    series = [Series(label="s", arm=ARM, level=999)]
    figure = Figure(title="T", caption="C", y_label="y", x="epoch",
                    panels=[Panel(title="P", experiment=EXPERIMENT, variant=VARIANT, series=series)])
    with pytest.raises(LTHError, match="figures.py: curves: level 999"):
        check_references(NAME, paper().model_copy(update={"figures": {"curves": figure}}))


def test_a_role_is_that_of_an_arm():
    series = [Series(label="s", arm=ARM)]
    figure = Figure(title="T", caption="C", y_label="y", roles={"nobody": "dense"},
                    panels=[Panel(title="P", experiment=EXPERIMENT, variant=VARIANT, series=series)])
    with pytest.raises(LTHError, match="figures.py: ROLES: arm 'nobody' is not there"):
        check_references(NAME, paper().model_copy(update={"figures": {"curves": figure}}))


def test_a_branch_has_only_its_own_levels():
    chain = next(name for name, arm in RESOLVED.arms.items() if arm.from_ is None)
    raw = {**PAPER.experiments[EXPERIMENT]}
    raw["arms"] = {**raw["arms"], "late": {"about": "b", "from": chain, "levels": [2]}}
    changed = paper(arm="late", level=2).model_copy(update={"experiments": {**PAPER.experiments, EXPERIMENT: raw}})
    check_references(NAME, changed)
    wrong = changed.model_copy(update={"tables": paper(arm="late", level=1).tables})
    with pytest.raises(LTHError, match="level 1 of arm 'late' .*legal: 2$"):
        check_references(NAME, wrong)


def test_a_condition_on_the_dense_network_needs_it_trained():
    chain = next(name for name, arm in RESOLVED.arms.items() if arm.from_ is None)
    raw = {**PAPER.experiments[EXPERIMENT]}
    raw["arms"] = {**raw["arms"], "late": {"about": "b", "from": chain, "levels": [1, 2]}}
    changed = paper(arm="late", level=2).model_copy(update={"experiments": {**PAPER.experiments, EXPERIMENT: raw}})
    lowest = {"across_levels": "lowest_weights", "where": {"at_most_below_dense": 0.1}}
    column = Column(label="c", metric="selected_accuracy", **lowest)
    table = changed.tables["networks"].model_copy(update={"columns": [column]})
    of = Curve(experiment=EXPERIMENT, variant=VARIANT, arm="late")
    rule = Rule(label="r", quantity="value", of=of, unit="percent", levels=(0, 2), at_most=50, **lowest)
    claim = Claim(statement="s", where="w", rules=[rule])
    check_references(NAME, changed)
    for part, what in (({"tables": {"networks": table}}, "figures.py: networks"),
                       ({"claims": {"C1": claim}}, "claims.py: C1")):
        with pytest.raises(LTHError, match=f"{what}: level 0 of arm 'late' .* is not trained; legal: 1, 2$"):
            check_references(NAME, changed.model_copy(update=part))
