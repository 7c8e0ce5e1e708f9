"""Every mistake in published.csv is named while the workflow is planned: file, line, column, value, what is legal."""

import csv
import io

import pytest
from conftest import EDITED as NAME
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.expressions.name_checks import check_references
from lth_common.expressions.paper import load_paper
from lth_common.expressions.published_checks import check_published
from lth_common.expressions.published_file import SOURCES, UNITS, X_NAMES, read_table
from lth_common.protocol.resolve import ROOT, paper_names

PAPER = load_paper(NAME)
NOTHING_SHOWN = PAPER.model_copy(update={"figures": {}, "tables": {}, "claims": {}})
HEADER = "paper,item,series,x_name,x,y_name,y,unit,source,uncertainty\n"
VALID = HEADER + f"""\
{NAME},fig1,S1,percent_weights_remaining,100,accuracy,97.0,percent,read-from-figure,0.1
{NAME},fig1,S1,percent_weights_remaining,0.8,accuracy,0.5,percent,read-from-figure,0.1
{NAME},fig1,S2,fraction_pruned,0,accuracy,0.98,fraction,"author-log, mean of two",0.001
{NAME},fig1,S2,fraction_pruned,0.2,accuracy,0.96,fraction,read-from-figure,
{NAME},fig2,S1,epoch,2,loss,0.3,nats,read-from-figure,0.01
{NAME},fig3,S1,percent_pruned_as_plotted,20,epochs,7,epochs,read-from-figure,0.5
{NAME},sec2,fewest,,,share,0.3,percent,text,0
{NAME},sec2,below,,,gap,-0.8,percentage points,text,0
{NAME},table1,LeNet,,,weights,266000,,table,0
{NAME},table1,LeNet,,,layers,"300,100",,table,0
"""

# what is replaced, by what, and what the message must say
MISTAKES = {
    "a capital in the unit": ("97.0,percent", "97.0,Percent", "line 2: unit 'Percent' .*did you mean 'percent'"),
    "a sign for the unit": ("97.0,percent", "97.0,%", "line 2: unit '%' is not legal here; legal: BLEU, .*percent"),
    "no unit in a curve": ("97.0,percent", "97.0,", "line 2: unit '' .*a unit wherever x is given"),
    "our word for points": ("percentage points", "points", "line 9: unit 'points'"),
    "another unit in a series": ("0.5,percent", "0.5,fraction", "line 3: unit 'fraction' .*'percent', as in the ser"),
    "accuracy above all": ("97.0,", "900,", "line 2: y '900' .*legal: 0 to 100 percent"),
    "accuracy below nothing": ("97.0,", "-97,", "line 2: y '-97' .*0 to 100 percent"),
    "a fraction of 98": ("0.98,", "98,", "line 4: y '98' .*0 to 1 fraction"),
    "a gap wider than all": (",-0.8,", ",-180,", "line 9: y '-180' .*-100 to 100 percentage points"),
    "fewer epochs than none": (",7,epochs", ",-7,epochs", "line 7: y '-7' .*0 to inf epochs"),
    "infinite": ("97.0,", "inf,", "line 2: y 'inf' .*a finite number"),
    "infinite by its exponent": ("0.3,nats", "1e999,nats", "line 6: y '1e999' .*a finite number"),
    "not a number": ("97.0,", "nan,", "line 2: y 'nan'"),
    "infinite setting": ("266000", "Infinity", "line 10: y 'Infinity'"),
    "missing setting": ("266000", "NaN", "line 10: y 'NaN'"),
    "digits of another script": ("266000", "２６", "line 10: y '２６'"),
    "Python's digits": ("266000", "266_000", "line 10: y '266_000'"),
    "text where the unit wants a number": ("97.0,", "high,", "line 2: y 'high'"),
    "a comma for the point": ("97.0,", '"97,0",', "line 2: y '97,0'"),
    "the unit in the number": ("97.0,", "97.0%,", "line 2: y '97.0%'"),
    "an error bar in the number": ("97.0,", "97.0±0.1,", "line 2: y '97.0±0.1'"),
    "no y": ("97.0,", ",", "line 2: y ''"),
    "unknown x_name": ("fraction_pruned,0.2", "pruned,0.2", "line 5: x_name 'pruned'"),
    "misspelt x_name": ("epoch,2", "epcoh,2", "line 6: x_name 'epcoh' .*did you mean 'epoch'.*, or nothing"),
    "a capital in the x_name": ("epoch,2", "Epoch,2", "line 6: x_name 'Epoch'"),
    "another x_name in a series": ("fraction_pruned,0.2", "percent_pruned,20", "line 5: x_name .*as in the series' fi"),
    "x without a name": ("epoch,2", ",2", "line 6: x_name ''"),
    "a name without x": ("epoch,2", "epoch,", "line 6: x_name 'epoch' .*given exactly where x is"),
    "x is text": ("epoch,2", "epoch,two", "line 6: x 'two'"),
    "x is infinite": ("epoch,2", "epoch,inf", "line 6: x 'inf'"),
    "a negative epoch": ("epoch,2", "epoch,-2", "line 6: x '-2' .*0 or more"),
    "half a percent of a whole series": ("plotted,20", "plotted,0.5", "line 7: x 0.5 of a series in percent .*fra"),
    "a fraction for percent in y": (",97.0,percent", ",0.97,percent", "line 2: y 0.97 of a series in percent"),
    "percent for a fraction": ("fraction_pruned,0.2", "fraction_pruned,20", "line 5: x '20' .*fraction_pruned for"),
    "more weights than all": ("remaining,100", "remaining,101", "line 2: x '101'"),
    "no weight left": ("remaining,100", "remaining,0", "line 2: x '0'"),
    "all pruned": ("plotted,20", "plotted,100", "line 7: x '100'"),
    "unknown source": (",table,0", ",memory,0", "line 10: source 'memory' .*text, table, read-from-figure, author-log"),
    "a capital in the source": (",text,0", ",Text,0", "line 8: source 'Text'"),
    "no source": (",text,0", ",,0", "line 8: source ''"),
    "derived, but not how": (",text,0", ',"text,",0', "line 8: source 'text,'"),
    "negative uncertainty": ("figure,0.1", "figure,-0.1", "line 2: uncertainty '-0.1' .*0 to 100, or nothing"),
    "infinite uncertainty": ("figure,0.1", "figure,inf", "line 2: uncertainty 'inf'"),
    "uncertainty in percent of a fraction": ("two\",0.001", "two\",10", "line 4: uncertainty '10' .*0 to 1"),
    "uncertainty in words": ("figure,0.1", "figure,little", "line 2: uncertainty 'little'"),
    "the row of before": (",0.8,accuracy", ",1e2,accuracy", "line 3: item 'fig1' .*occur once"),
    "the setting of before": (",layers,", ",weights,", "line 11: item 'table1' .*occur once"),
    "another paper": (f"{NAME},sec2,fewest", "lenet,sec2,fewest", f"line 8: paper 'lenet' .*legal: '{NAME}'"),
    "no paper": (f"{NAME},sec2,fewest", ",sec2,fewest", "line 8: paper ''"),
    "no item": (",sec2,fewest", ",,fewest", "line 8: item ''"),
    "no y_name": (",share,", ",,", "line 8: y_name ''"),
    "a cell too few": (",text,0", ",text", "line 8: 9 cells; legal: 10"),
    "a cell too many": ("layers,\"300,100\"", "layers,300,100", "line 11: 11 cells"),
    "a space before": ("97.0,percent", "97.0, percent", "line 2: unit ' percent' .*without spaces"),
    "a hard space": ("sec2,fewest", "sec2\u00a0,fewest", "line 8: item 'sec2.* .*printable"),
    "a byte of nothing": ("sec2,fewest", "sec\x002,fewest", "line 8: item"),
    "a line break in a cell": ("fewest", '"few\nest"', "line 9: series 'few"),
    "an open quote": ("fewest", '"fewest', "line 11: not readable as CSV"),
    "a quote inside": ("fewest", '"few"est', "line 8: not readable as CSV"),
    "semicolons": (",", ";", "columns are paper;item"),
    "tabs": (",", "\t", "columns are paper"),
    "a misspelt column": (",unit,", ",units,", "columns are paper, .*; legal: paper, item"),
    "columns in another order": ("unit,source", "source,unit", "columns are paper"),
    "no header": (HEADER, "", f"columns are {NAME}, fig1"),
    "an empty file": (VALID, "", "columns are missing; legal: paper, item"),
}


def planned(root, data: bytes, paper=NOTHING_SHOWN):
    path = root / "replications" / NAME / "published.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    check_published(NAME, paper, root)
    return read_table(path, "file")


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path, old, new, message):
    assert old in VALID
    changed = VALID.replace(old, new, -1 if len(old) == 1 else 1)
    with pytest.raises(LTHError, match=rf"(?s)replications/{NAME}/published.csv[:,] ({message})"):
        planned(tmp_path, changed.encode())


@pytest.mark.parametrize(("data", "message"), [
    (VALID.replace("fewest", "fewést").encode("latin-1"), "line 8: byte 0xe9 is not UTF-8"),
    (VALID.encode("utf-16"), "line 1: byte 0xff is not UTF-8"),
])
def test_bytes_that_are_no_text_are_named(tmp_path, data, message):
    with pytest.raises(LTHError, match=f"published.csv, {message}"):
        planned(tmp_path, data)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LTHError, match=f"replications/{NAME}/published.csv: not readable .*legal: a file with the "):
        check_published(NAME, NOTHING_SHOWN, tmp_path)
    with pytest.raises(LTHError, match=f"replications/{NAME}/published.csv: not readable"):
        check_references(NAME, PAPER, tmp_path)


def test_a_header_alone_is_a_paper_without_published_numbers(tmp_path):
    assert not any(planned(tmp_path, HEADER.encode()).values())


@pytest.mark.parametrize("write", [
    lambda text: text.encode("utf-8-sig"), lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.encode() + b"\n", lambda text: text.encode().rstrip(b"\n"),
], ids=["byte-order mark", "CRLF", "empty line", "no last line break"])
def test_what_programs_write_differently_is_read_alike(tmp_path, write):
    plain, other = planned(tmp_path, VALID.encode()), planned(tmp_path, write(VALID))
    assert repr(plain) == repr(other) and len(plain["y"]) == 10


@pytest.mark.parametrize("name", paper_names())
def test_numbers_are_what_the_file_says(name):
    path = ROOT / "replications" / name / "published.csv"
    table = read_table(path, str(path), name)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(table["number"]) == len(rows)
    for i, row in enumerate(rows):
        assert [table[column][i] for column in ("item", "series", "y")] == [row[c] for c in ("item", "series", "y")]
        if row["unit"]:
            assert table["number"][i] == float(row["y"]) / (100 if row["unit"].startswith("percent") else 1)


REAL = (ROOT / "replications" / "mask_and_distribution" / "published.csv").read_text(encoding="utf-8")
LEGAL = {"unit": tuple(UNITS), "x_name": ("", *X_NAMES), "source": SOURCES}
NEAR = st.sampled_from(["%", "Percent", "percents", "pct", "percent ", "fractions", "Table", "figure", "weights", ""])


@example(row=1, column="unit", bad="")
@given(row=st.integers(1, REAL.count("\n") - 1), column=st.sampled_from(sorted(LEGAL)),
       bad=NEAR | st.text(st.characters(codec="utf-8"), max_size=12))
def test_one_cell_that_is_not_of_its_closed_set_is_refused(tmp_path_factory, row, column, bad):
    rows = list(csv.reader(io.StringIO(REAL)))
    place = rows[0].index(column)
    in_curve = rows[row][3] != ""
    known = {"source": bad.partition(",")[0] in SOURCES, "x_name": bad in X_NAMES or (bad == "" and not in_curve),
             "unit": bad in UNITS and not (bad == "" and in_curve)}[column]
    assume(not known)
    rows[row][place] = bad
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = tmp_path_factory.getbasetemp() / "published.csv"
    path.write_bytes(text.getvalue().encode())
    with pytest.raises(LTHError, match=f"line .*{column} "):
        read_table(path, "published.csv", "mask_and_distribution")
