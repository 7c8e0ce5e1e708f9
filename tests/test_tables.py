"""Tables print the paper's values beside ours, and a wrong key says which keys there are."""

import pytest
from analysis_fixtures import PUBLISHED, curves, published, rows
from pydantic import ValidationError

from lth_common.analysis.tables import save, table_frame
from lth_common.errors import LTHError
from lth_common.expressions.curves import Published
from lth_common.expressions.figures import Column, Row, Table
from lth_common.runs.records import frame

RECORDS = frame([
    *rows("dense", {0: [266200, 266200]}, metric="prunable_weights", split="model"),
    *rows("dense", {0: [0.97, 0.98, 0.99]}),
])
RESOLVED = {("lenet", "as_stated"): {"arms": {"dense": {}, "ticket": {}},
                                     "train": {"optimizer": {"name": "adam"}, "batch_size": 100},
                                     "model": {"hidden": [300, 100], "dropout": None}}}
NETWORKS = frame([
    *curves("dense", [[0.5, 0.8, 0.7], [0.6, 0.9, 0.8]], metric="accuracy"),
    *curves("ticket", [[2e-4, 6.56e-4], [2e-4, 6.56e-4]], level=1, metric="loss"),
    *curves("ticket", [[0.5, 0.7], [0.5, 0.7]], level=1, metric="accuracy"),
    *curves("dense", [[3e-4], [3e-4]], metric="loss"),
])


def cell(tmp_path, column="ours (as_stated)", **row):
    line = Row(**{"label": "l", "experiment": "lenet", **row})
    table = Table(title="T", caption="C", variants=["as_stated", "as_released"], rows=[line])
    return table_frame(table, RECORDS, published(tmp_path), RESOLVED)[column].item()


def test_measured_counts_and_means(tmp_path):
    weights = {"arm": "dense", "metric": "prunable_weights",
               "published": Published(item="table1", y_name="all_weights")}
    assert cell(tmp_path, **weights) == "266,200 (n = 2)"
    assert cell(tmp_path, "published", **weights) == "266,000"
    accuracy = {"arm": "dense", "metric": "selected_accuracy", "split": "test", "unit": "percent",
                "published": Published(item="fig1", series="S1", x=80)}
    assert cell(tmp_path, **accuracy) == "98.00 % (95.52 to 100.48, n = 3)"
    assert cell(tmp_path, "published", **accuracy) == "96.50 %"


def test_settings_and_published_text_pass_through(tmp_path):
    optimizer = Published(item="table1", y_name="optimizer")
    assert cell(tmp_path, setting="train.optimizer.name") == "adam"
    assert cell(tmp_path, "published", setting="train.optimizer.name", published=optimizer) == "Adam"
    assert cell(tmp_path, setting="model.hidden") == "300, 100"
    assert cell(tmp_path, setting="model.dropout") == "none"
    assert cell(tmp_path, "published", setting="train.batch_size") == "–"


def test_what_was_not_run_is_a_dash(tmp_path):
    assert cell(tmp_path, "ours (as_released)", setting="train.batch_size") == "–"
    assert cell(tmp_path, arm="dense", metric="prunable_weights", level=5) == "–"
    assert cell(tmp_path, arm="left_out", metric="prunable_weights") == "–"


@pytest.mark.parametrize(("row", "message"), [
    ({"setting": "train.batchsize"}, "no setting 'train.batchsize'; did you mean 'batch_size'"),
    ({"arm": "dense", "metric": "all_weights"}, "no metric 'all_weights'.*legal: prunable_weights"),
    ({"setting": "train.batch_size", "published": Published(item="table9")}, "no such item; legal: 'fig1'"),
])
def test_mistakes_name_table_row_and_what_is_legal(tmp_path, row, message):
    with pytest.raises(LTHError, match=f"table 'T', row 'l': .*{message}"):
        cell(tmp_path, **row)


def test_a_published_number_is_shown_times_its_scale(tmp_path):
    weights = {"arm": "dense", "metric": "prunable_weights"}
    thousand = Published(item="table1", y_name="all_weights", scale=1e-3)
    assert cell(tmp_path, "published", published=thousand, **weights) == "266"
    assert cell(tmp_path, "published", published=thousand, setting="train.batch_size") == "266"
    text = Published(item="table1", y_name="optimizer", scale=2)
    assert cell(tmp_path, "published", published=text, setting="train.batch_size") == "Adam"


BEST = Column(label="accuracy", metric="accuracy", over_epochs="at_max_of_mean", published="test_accuracy")
LOSS = Column(label="loss (×10⁴)", metric="loss", over_epochs="last", unit="nats", scale=1e4, published="loss",
              published_scale=10)
S1 = Published(item="fig1", series="S1", x=80)


def by_columns(tmp_path, columns=(BEST,), data=NETWORKS, **rows_by_label):
    lines = [Row(**{"label": label, "experiment": "lenet", "variant": "as_stated", **row})
             for label, row in rows_by_label.items()]
    table = Table(title="T", caption="C", columns=columns, rows=lines)
    return table_frame(table, data, published(tmp_path), RESOLVED)


def test_a_network_a_row_and_its_quantities_beside_the_published_ones(tmp_path):
    table = by_columns(tmp_path, dense={"arm": "dense", "published": S1}, ticket={"arm": "ticket", "level": 1})
    assert list(table) == ["network", "accuracy: published", "accuracy: ours"]
    assert table.to_numpy().tolist() == [["dense", "96.50 %", "85.00 % (21.47 to 148.53)"],
                                         ["ticket", "–", "70.00 %"]]


def test_columns_have_their_own_units_and_scales(tmp_path):
    text = PUBLISHED + "p,fig1,S1,percent_weights_remaining,80,loss,0.65,nats,read-from-figure,0.1\n"
    lines = [Row(label="ticket", experiment="lenet", variant="as_stated", arm="ticket", level=1,
                 published=S1.model_copy(update={"scale": 2.0}))]
    table = Table(title="T", caption="C", columns=[LOSS, LOSS.model_copy(update={"label": "plain", "scale": 1e-2})],
                  rows=lines)
    shown = table_frame(table, NETWORKS, published(tmp_path, text), RESOLVED)
    assert shown.iloc[0].tolist() == ["ticket", "13 nats", "6.56 nats", "13 nats", "6.56 × 10⁻⁶ nats"]


def test_no_column_for_what_the_paper_does_not_print(tmp_path):
    plain = BEST.model_copy(update={"published": None})
    dense = {"arm": "dense", "published": S1}
    assert list(by_columns(tmp_path, [plain], dense=dense)) == ["network", "accuracy: ours"]
    assert list(by_columns(tmp_path, dense={"arm": "dense"})) == ["network", "accuracy: ours"]


def test_networks_that_were_not_run_are_dashes(tmp_path):
    table = by_columns(tmp_path, dense={"arm": "dense"}, absent={"arm": "left_out"},
                       deep={"arm": "ticket", "level": 9}, other={"arm": "dense", "variant": "as_released"})
    assert table["accuracy: ours"].tolist()[1:] == ["–"] * 3
    nothing = by_columns(tmp_path, absent={"arm": "left_out"})
    assert nothing["accuracy: ours"].tolist() == ["–"] and nothing.attrs["note"] == ""


def test_the_number_of_seeds_is_said_once_if_it_is_the_same(tmp_path):
    networks = {"dense": {"arm": "dense"}, "ticket": {"arm": "ticket", "level": 1}}
    table = by_columns(tmp_path, **networks)
    save(table, tmp_path / "t", "T", "C.")
    assert (tmp_path / "t.md").read_text().endswith(
        "\n\nC. Curve: mean over 2 seeds and, where they differ, 95 % t-interval.\n")
    fewer = by_columns(tmp_path, data=NETWORKS[(NETWORKS["arm"] == "dense") | (NETWORKS["seed"] == 0)], **networks)
    assert fewer["accuracy: ours"].tolist() == ["85.00 % (21.47 to 148.53, n = 2)", "70.00 % (n = 1)"]
    assert "over n seeds" in fewer.attrs["note"]
    single = by_columns(tmp_path, data=NETWORKS[NETWORKS["seed"] == 0], **networks)
    assert single["accuracy: ours"].tolist() == ["80.00 %", "70.00 %"] and "one seed" in single.attrs["note"]


def test_mistakes_in_columns_name_row_and_column(tmp_path):
    with pytest.raises(LTHError, match="table 'T', row 'dense', column 'a': .*no metric 'acc'; legal: accuracy"):
        by_columns(tmp_path, [Column(label="a", metric="acc")], dense={"arm": "dense"})
    wrong = BEST.model_copy(update={"published": "accuracy"})
    with pytest.raises(LTHError, match="column 'accuracy': .*no such y_name; legal: 'test_accuracy'"):
        by_columns(tmp_path, [wrong], dense={"arm": "dense", "published": S1})


MEASURED = {"arm": "dense", "metric": "loss"}


@pytest.mark.parametrize(("table", "row", "message"), [
    ({"variants": ["as_stated"], "columns": [BEST]}, MEASURED, "either 'variants' or 'columns'"),
    ({}, MEASURED, "either 'variants' or 'columns'"),
    ({"columns": [BEST, BEST]}, {"arm": "dense", "variant": "as_stated"}, "labels of 'columns' must differ"),
    ({"columns": [BEST]}, {"arm": "dense"}, "needs 'arm' and 'variant'"),
    ({"columns": [BEST]}, MEASURED | {"variant": "as_stated"}, "neither 'metric' nor 'setting'"),
    ({"variants": ["as_stated"]}, MEASURED | {"setting": "train"}, "exactly one of 'metric'"),
    ({"variants": ["as_stated"]}, {}, "exactly one of 'metric'"),
    ({"variants": ["as_stated"]}, {"metric": "loss"}, "'metric' needs 'arm'"),
    ({"variants": ["as_stated"]}, MEASURED | {"variant": "as_stated"}, "the variants are the table's"),
])
def test_rows_must_fit_the_kind_of_table(table, row, message):
    with pytest.raises(ValidationError, match=message):
        Table(title="T", caption="C", rows=[Row(label="l", experiment="lenet", **row)], **table)


def test_saved_for_machines_and_for_people(tmp_path):
    table = Table(title="T", caption="C", variants=["as_stated"],
                  rows=[Row(label="a | b", experiment="lenet", setting="train.batch_size")])
    save(table_frame(table, RECORDS, published(tmp_path), RESOLVED), tmp_path / "t", "T", "C")
    assert (tmp_path / "t.csv").read_text() == "label,published,ours (as_stated)\na | b,–,100\n"
    assert (tmp_path / "t.md").read_text() == (
        "## T\n\n| label | published | ours (as_stated) |\n|---|---:|---:|\n| a \\| b | – | 100 |\n\nC\n")
