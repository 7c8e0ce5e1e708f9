"""Records survive a round trip bit for bit, and every broken file or row is named."""

import math
import stat

import numpy as np
import pandas as pd
import pytest
from analysis_fixtures import records, rows
from hypothesis import given
from hypothesis import strategies as st

from lth_common.errors import LTHError
from lth_common.files import atomic_write_bytes
from lth_common.runs.records import collect, csv_bytes, frame, named, read_records, write_records
from lth_common.runs.rows import COLUMNS, OWN, own_bytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


@given(st.lists(st.floats(width=64), min_size=1, max_size=20),
       st.floats(min_value=0, max_value=1, exclude_min=True), st.sampled_from([".csv", ".csv.gz"]))
def test_round_trip_is_exact_to_the_bit(folder, values, remaining, ending):
    table = frame(rows("a", {0: values}, weights_remaining=remaining))
    write_records(table, folder / f"r{ending}")
    back = read_records(folder / f"r{ending}")
    assert list(back.dtypes) == list(table.dtypes)
    bits = [np.where(np.isnan(t["value"]), np.nan, t["value"]).tobytes() for t in (table, back)]
    assert bits[0] == bits[1]
    pd.testing.assert_frame_equal(back, table, check_exact=True)


@given(st.lists(st.floats(width=64), min_size=1, max_size=20), st.sampled_from([float, np.float64, np.float32]))
def test_a_run_writes_its_own_rows_as_a_table_of_them_would(values, kind):
    with np.errstate(over="ignore"):
        table = rows("a", {0: [kind(value) for value in values]}, metric='a "name", odd')
    own = [{name: row[name] for name in OWN} | {"step": number} for number, row in enumerate(table)]
    assert own_bytes(own) == csv_bytes(frame(own, OWN))


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_equal_records_give_equal_bytes_whatever_name_and_time(tmp_path, ending):
    table = records(a={0: [0.1, 0.2]})
    for name in ("one", "two"):
        write_records(table, tmp_path / f"{name}{ending}")
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"one{ending}", f"two{ending}"]


@pytest.mark.parametrize(("change", "message"), [
    ({"weights_remaining": 0.0}, "weights_remaining must lie in"),
    ({"weights_remaining": 1.01}, "weights_remaining must lie in"),
    ({"weights_remaining": math.nan}, "weights_remaining must lie in"),
    ({"split": "dev"}, "split must be one of"),
    ({"seed": 0.5}, "seed must be a whole number"),
    ({"level": -1}, "level must be a whole number"),
    ({"step": math.nan}, "step must be a whole number"),
    ({"arm": ""}, "arm must be text"),
    ({"metric": 3}, "metric must be text"),
    ({"value": "high"}, "value must be a number"),
    ({"seed": 0, "level": 0}, "this key is there already"),
])
def test_a_bad_row_is_named(change, message):
    good = rows("a", {0: [0.5, 0.6]})
    with pytest.raises(LTHError, match=rf"row 1: {message}"):
        frame([good[0], {**good[1], **change}])


def test_missing_and_unknown_columns_are_named():
    row = rows("a", {0: [0.5]})[0]
    row["sede"] = row.pop("seed")
    with pytest.raises(LTHError, match="row 0: wrong columns .missing seed; unknown sede.; legal: paper"):
        frame([row])
    with pytest.raises(LTHError, match="row 0: value: None is not legal"):
        frame(rows("a", {0: [None]}))


def test_no_rows_make_an_empty_table_that_can_be_stored(tmp_path):
    write_records(frame([]), tmp_path / "r.csv")
    assert tuple(read_records(tmp_path / "r.csv").columns) == COLUMNS


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_file_cut_anywhere_inside_a_line_is_refused(tmp_path, ending):
    path = tmp_path / f"r{ending}"
    write_records(records(a={0: [0.125, 0.25]}), path)
    data = path.read_bytes()
    for size in range(len(data)):
        if ending == ".csv" and data[:size].endswith(b"\n"):
            continue  # whole lines are a legal file
        path.write_bytes(data[:size])
        with pytest.raises(LTHError, match="not a whole records file|no such|wrong columns"):
            read_records(path)


def test_garbled_and_missing_files_are_named(tmp_path):
    path = tmp_path / "r.csv"
    for garbage in (b"\x00\xff\xfe\n", b"a,b\n1,2\n", b"\n", b"<html>\n"):
        path.write_bytes(garbage)
        with pytest.raises(LTHError, match="r.csv"):
            read_records(path)
    with pytest.raises(LTHError, match="no such records"):
        read_records(tmp_path / "absent.csv")
    with pytest.raises(LTHError, match=".csv or .csv.gz"):
        write_records(frame([]), tmp_path / "r.parquet")


def test_a_runs_file_names_no_run_and_gets_its_names_when_it_is_read(tmp_path):
    table = records(a={0: [0.125], 1: [math.nan]})
    own = table[list(OWN)].iloc[::-1]
    (tmp_path / "r.csv").write_bytes(csv_bytes(own))
    for checked in (True, False):
        back = read_records(tmp_path / "r.csv", OWN, checked=checked)
        names = {name: table[name].iloc[0] for name in ("paper", "experiment", "variant", "arm", "seed")}
        pd.testing.assert_frame_equal(collect([named(back, **names)])["value"].to_frame(), table[["value"]])
        assert list(named(back, **names).dtypes) == list(table.dtypes)


def test_collect_ignores_the_order_of_runs_and_refuses_a_key_in_two():
    parts = [records(b={0: [0.2]}), records(a={1: [0.1], 0: [0.3]})]
    merged = collect(parts)
    pd.testing.assert_frame_equal(merged, collect(parts[::-1]))
    assert list(merged["value"]) == [0.3, 0.1, 0.2]
    with pytest.raises(LTHError, match="two runs both have the record .*'arm': 'a'"):
        collect([*parts, parts[1]])
    with pytest.raises(LTHError, match="not one run"):
        collect([])


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file"
    atomic_write_bytes(path, b"old")
    assert stat.S_IMODE(path.stat().st_mode) & 0o400

    def no_rename(*_):
        raise OSError("no space")

    monkeypatch.setattr("os.replace", no_rename)
    with pytest.raises(OSError, match="no space"):
        atomic_write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in path.parent.iterdir()] == ["file"]
