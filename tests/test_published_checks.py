"""What figures, tables and claims take from published.csv is looked up while the workflow is planned."""

import subprocess
import sys

import pytest
from test_published_file import HEADER, NAME, NOTHING_SHOWN, VALID, planned

from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve, Point, Published
from lth_common.expressions.derived import derived
from lth_common.expressions.figures import Column, Figure, Panel, Row, Series, Table
from lth_common.expressions.published_numbers import figure_points
from lth_common.expressions.rules import Claim, DerivedRule, Place, Rule
from lth_common.protocol.resolve import ROOT

OURS = Curve(experiment="e", variant="v", arm="a")
S1, S2 = {"item": "fig1", "series": "S1"}, {"item": "fig1", "series": "S2"}
GAP, SHARE = {"item": "sec2", "series": "below"}, {"item": "sec2", "series": "fewest"}
LAYERS = {"item": "table1", "y_name": "layers"}
WEIGHTS = {"item": "table1", "y_name": "weights"}


def figure(x="weights_remaining", unit="percent", point=None, **published):
    series = Series(label="s", arm="a", level=None if x == "weights_remaining" else 1,
                    published=Published(**published) if published else None,
                    point=Point(epoch=Published(**point[0]), value=Published(**point[1])) if point else None)
    panel = Panel(title="p", experiment="e", variant="v", series=[series])
    return {"figures": {"F": Figure(title="t", caption="c", y_label="y", x=x, unit=unit, panels=[panel])}}


def table(unit="percent", column=None, **published):
    row = {"label": "r", "experiment": "e", "published": Published(**published)}
    if column is None:
        shown = {"variants": ["v"], "rows": [Row(**row, arm="a", metric="m", unit=unit)]}
    else:
        shown = {"columns": [Column(label="c", metric="m", published=column, unit=unit)],
                 "rows": [Row(**row, arm="a", variant="v")]}
    return {"tables": {"T": Table(title="t", caption="c", **shown)}}


def setting(**published):
    row = Row(label="r", experiment="e", published=Published(**published), setting="train.batch_size", unit="percent")
    return {"tables": {"T": Table(title="t", caption="c", variants=["v"], rows=[row])}}


def claim(value=None, of=None, against=None, **rule):
    theirs = {side: Published(**chosen) for side, chosen in {"value": value, "of": of, "against": against}.items()
              if chosen is not None}
    rule = {"quantity": "difference" if against else "value", "against": OURS if against else None,
            "unit": "points" if against else "percent", "at_least": 0} | rule
    made = Rule(label="l", of=OURS, published=theirs, **rule)
    return {"claims": {"C": Claim(statement="s", where="w", rules=[made])}}


def of_several(**of):
    places = [Place(of=OURS, quantity="value", unit="fraction", published={"of": Published(**of)}) for _ in range(3)]
    rule = DerivedRule(label="l", function=derived(of_several, None, {}), places=places, unit="ratio", at_least=0)
    return {"claims": {"C": Claim(statement="s", where="w", rules=[rule])}}


LOWEST = {"across_levels": "lowest_weights", "levels": (0, 2), "where": {"at_least": 0.5}}
LEGAL = [
    figure(**S1), figure(item="fig3", unit="epochs"), figure(x="epoch", unit="nats", item="fig2"),
    figure(x="arm", **SHARE), figure(x="epoch", unit="nats", point=({"item": "fig3"}, {"item": "fig2"})),
    table(**SHARE), table(unit="count", **WEIGHTS), table(unit="count", **LAYERS), setting(**LAYERS),
    setting(**WEIGHTS), table(item="fig1", series="S1", x=100.0, column="accuracy"),
    claim(value=SHARE), claim(of=S1, against=S2), claim(of=GAP, against=SHARE), claim(of=SHARE, **LOWEST),
    claim(of=S1, **LOWEST), claim(of={"item": "fig3"}, **LOWEST),
    claim(of={"item": "fig3"}, against={"item": "fig3"}, quantity="ratio", unit="ratio"), of_several(**S1),
]
WRONG = {
    "no item": (figure(item="fig9"), "F: .*item 'fig9': no such item; legal: 'fig1', 'fig2', 'fig3'"),
    "no series": (figure(item="fig1", series="S3"), "F: .*no such series; legal: 'S1', 'S2'"),
    "two series": (figure(item="fig1"), "F: .*name one series; legal: 'S1', 'S2'"),
    "an axis of epochs as levels": (figure(item="fig2", unit="nats"), "x_name 'epoch' is not one share of weights"),
    "levels over epochs": (figure(x="epoch", **S1), "'percent_weights_remaining' cannot be shown over epoch"),
    "levels in a histogram": (figure(x="initial_weight", **S1), "cannot be shown over initial_weight; legal: no 'publ"),
    "text as a dot": (figure(x="arm", unit="count", **LAYERS), "F: .*y '300,100' is no number"),
    "a series as a dot": (figure(x="arm", **S1), "F: .*2 rows where one is needed; name one x; legal: 100.0"),
    "text as a point": (figure(x="epoch", point=(LAYERS, SHARE)), "F: .*y '300,100' is no number"),
    "an epoch in percent": (figure(x="epoch", point=(SHARE, SHARE)), "unit 'percent' .* beside ours in 'epochs'"),
    "no unit beside percent": (figure(x="arm", **WEIGHTS), "unit '' of published.csv cannot .* legal: percent, percen"),
    "epochs beside percent": (figure(item="fig3"), "F: .*unit 'epochs' .*beside ours in 'percent'"),
    "no y_name": (table(item="table1"), "T: .*name one y_name; legal: 'weights', 'layers'"),
    "no x in a cell": (table(**S1), "T: .*2 rows where one is needed"),
    "another x in a cell": (table(**S1, x=50.0), "T: .*no such x; legal: 100.0, 0.8"),
    "no unit in a cell": (table(**WEIGHTS), "T: .*unit '' .*beside ours in 'percent'"),
    "another y_name in a column": (table(**S1, column="loss"), "T: .*no such y_name; legal: 'accuracy'"),
    "nothing set": (setting(item="table1", y_name="depth"), "T: .*no such y_name; legal: 'weights', 'layers'"),
    "text as a value": (claim(value=LAYERS), "C: .*y '300,100' is no number"),
    "no unit in a value": (claim(value=WEIGHTS), "C: .*unit '' .*beside ours in 'percent'"),
    "points as a value": (claim(value=S1), "C: .*2 rows where one is needed"),
    "no such side": (claim(of=S1, against={"item": "fig7"}), "C: .*item 'fig7': no such item"),
    "sides of two kinds": (claim(of=S1, against={"item": "fig3"}), "C: .*differ: epochs, percent; legal: one"),
    "levels as epochs": (claim(of={"item": "fig2"}, unit="nats"), "C: .*x_name 'epoch' is not one share of wei"),
    "no unit in a printed side": (claim(of=WEIGHTS, **LOWEST), "C: .*unit '' .*beside ours in 'percent'"),
    "printed beside points": (claim(of=S1, against=GAP, across_levels="slope"), "C: .*a printed number on one "),
    "points without the metric of where": (
        claim(of=S1, **LOWEST | {"where": {"metric": "loss", "at_least": 1}}), "C: .*points do not say where l"),
    "one series of several": (of_several(item="fig1", series="S4"), "C: .*no such series"),
}


@pytest.mark.parametrize("shown", LEGAL)
def test_what_is_there_and_of_its_kind_passes(tmp_path, shown):
    planned(tmp_path, VALID.encode(), NOTHING_SHOWN.model_copy(update=shown))


@pytest.mark.parametrize(("shown", "message"), WRONG.values(), ids=WRONG)
def test_what_analysis_could_not_show_is_refused(tmp_path, shown, message):
    with pytest.raises(LTHError, match=rf"^replications/{NAME}/(claims|figures)\.py: .*{message}"):
        planned(tmp_path, VALID.encode(), NOTHING_SHOWN.model_copy(update=shown))


def test_points_over_epochs_are_scaled_like_all_others(tmp_path):
    published = planned(tmp_path, VALID.encode())
    assert figure_points("epoch", published, Published(item="fig2", scale=2)) == [(2.0, 0.6)]
    assert figure_points("weights_remaining", published, Published(**S2, scale=2)) == [(1.0, 1.96), (0.8, 1.92)]


def test_whatever_is_shown_needs_a_row(tmp_path):
    with pytest.raises(LTHError, match="F: .*no such item; legal: nothing, the file has no rows"):
        planned(tmp_path, HEADER.encode(), NOTHING_SHOWN.model_copy(update=figure(**S1)))


def test_planning_checks_it_without_arrays_or_frames():
    code = ("import sys; from lth_common.expressions.name_checks import check_references as check; "
            f"from lth_common.expressions.paper import load_paper; check('{NAME}', load_paper('{NAME}')); "
            "print({'torch', 'numpy', 'pandas'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr
