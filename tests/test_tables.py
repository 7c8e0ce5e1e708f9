"""Tables print the paper's values beside ours, and a wrong key says which keys there are."""

import pytest
from analysis_fixtures import published, rows

from lth_common.analysis.tables import save, table_frame
from lth_common.errors import LTHError
from lth_common.records import frame
from lth_common.schema.analysis import Published, Row, Table

RECORDS = frame([
    *rows("dense", {0: [266200, 266200]}, metric="prunable_weights", split="model"),
    *rows("dense", {0: [0.97, 0.98, 0.99]}),
])
RESOLVED = {("lenet", "as_stated"): {"train": {"optimizer": {"name": "adam"}, "batch_size": 100},
                                     "model": {"hidden": [300, 100], "dropout": None}}}


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


@pytest.mark.parametrize(("row", "message"), [
    ({"setting": "train.batchsize"}, "no setting 'train.batchsize'; did you mean 'batch_size'"),
    ({"arm": "dense", "metric": "all_weights"}, "no metric 'all_weights'.*legal: prunable_weights"),
    ({"setting": "train.batch_size", "published": Published(item="table9")}, "no such item; legal: 'fig1'"),
])
def test_mistakes_name_table_row_and_what_is_legal(tmp_path, row, message):
    with pytest.raises(LTHError, match=f"table 'T', row 'l': .*{message}"):
        cell(tmp_path, **row)


def test_saved_for_machines_and_for_people(tmp_path):
    table = Table(title="T", caption="C", variants=["as_stated"],
                  rows=[Row(label="a | b", experiment="lenet", setting="train.batch_size")])
    save(table_frame(table, RECORDS, published(tmp_path), RESOLVED), tmp_path / "t", "T", "C")
    assert (tmp_path / "t.csv").read_text() == "label,published,ours (as_stated)\na | b,–,100\n"
    assert (tmp_path / "t.md").read_text() == (
        "## T\n\n| label | published | ours (as_stated) |\n|---|---:|---:|\n| a \\| b | – | 100 |\n\nC\n")
