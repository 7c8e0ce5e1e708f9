"""Curves over training become one number a seed and level, and a diverged or unequal curve is never passed over."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from analysis_fixtures import curves, ours, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lth_common.analysis.over_epochs import CHOICES, PICKS, reduce_curves
from lth_common.analysis.selection import describe, select, summary
from lth_common.errors import LTHError
from lth_common.expressions.curves import Curve, Point, Published
from lth_common.expressions.figures import Figure, Panel, Series
from lth_common.runs.records import frame

# Each seed peaks at another epoch, and the mean of both at a third.
UNEQUAL = [[0.1, 0.9, 0.8, 0.2], [0.1, 0.4, 0.8, 0.9]]


def reduced(how, *seeds, **changes) -> list[float]:
    """Values of the seeds 0, 1, … at level 0 after `how`; ten steps an epoch."""
    table = frame(curves("ticket", list(seeds), **changes))
    return select(table, ours("ticket", metric="accuracy", over_epochs=how))["value"].tolist()


@pytest.mark.parametrize(("how", "expected"), [
    ("last", [0.2, 0.9]),
    ("at_max_of_mean", [0.8, 0.8]),
    ("at_min_of_mean", [0.1, 0.1]),
    ("epoch_of_max", [2, 4]),
    ("epoch_of_min", [1, 1]),
    ("epoch_of_max_of_mean", [3, 3]),
    ("epoch_of_min_of_mean", [1, 1]),
    ("epochs_to_99_percent", [2, 4]),
])
def test_each_choice_on_curves_that_peak_apart(how, expected):
    assert reduced(how, *UNEQUAL) == pytest.approx(expected)


def test_every_choice_of_the_schema_is_there():
    assert set(PICKS) == set(CHOICES)
    with pytest.raises(ValidationError, match="over_epochs"):
        ours("ticket", over_epochs="best")


@pytest.mark.parametrize(("how", "expected"), [("epoch_of_max", 2), ("epoch_of_min", 1), ("epoch_of_max_of_mean", 2),
                                               ("epoch_of_min_of_mean", 1), ("epochs_to_99_percent", 2)])
def test_the_first_of_equals_counts(how, expected):
    assert reduced(how, [0.3, 0.7, 0.7, 0.3], [0.3, 0.7, 0.7, 0.3]) == [expected, expected]


def test_equal_means_of_different_values_take_the_first_in_any_order_of_the_seeds():
    first, second = [0.1, 0.2, 0.3, 0.6], [0.6, 0.3, 0.2, 0.1]
    for seeds in (list(zip(first, second, strict=True)), list(zip(second, first, strict=True))):
        assert reduced("epoch_of_max_of_mean", *map(list, seeds)) == [1] * 4


def test_99_percent_is_the_seed_s_own_and_means_nothing_below_zero():
    assert reduced("epochs_to_99_percent", [98.9, 99, 100, 5], [0.5, 0.98, 0.989, 0.99]) == [2, 3]
    assert np.isnan(reduced("epochs_to_99_percent", [-3, -2, -1])).all()


def test_change_in_last_tenth():
    rising = [float(epoch) for epoch in range(1, 21)]
    assert reduced("change_in_last_tenth", rising) == [pytest.approx(20 / 18 - 1)]
    assert reduced("change_in_last_tenth", [1.0, 2.0, 3.0, 4.0, 5.0]) == [pytest.approx(5 / 4 - 1)]  # 4.5: the earlier
    assert np.isnan(reduced("change_in_last_tenth", [1.0, 2.0, 3.0])).all()  # 2.7 is nearest to the end itself
    assert not math.isfinite(reduced("change_in_last_tenth", [0.0] * 9 + [1.0])[0])


@pytest.mark.parametrize("how", [how for how in CHOICES if how != "last"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_diverged_curve_leaves_it_open(how, bad):
    values = reduced(how, [0.5, 0.6, bad, 0.9] + [0.9] * 8, [0.5, 0.7, 0.6, 0.9] + [0.9] * 8)
    assert math.isnan(values[0]) and math.isnan(values[1]) == how.endswith("of_mean")
    table = frame(curves("ticket", [[0.5, bad], [0.5, 0.6], [0.5, 0.6]]))
    interval = summary(select(table, ours("ticket", metric="accuracy", over_epochs=how)))
    assert interval["low"].item() == -math.inf and interval["high"].item() == math.inf


def test_last_is_the_last_value_whatever_it_is():
    assert reduced("last", [math.nan, 0.9], [0.5, 0.6, 0.7]) == [0.9, 0.7]
    assert math.isnan(reduced("last", [0.9, math.nan])[0])


def test_only_epochs_that_all_seeds_have_enter_a_mean():
    long, short = [0.1, 0.6, 0.5, 0.99], [0.1, 0.4, 0.6]
    assert reduced("epoch_of_max_of_mean", long, short) == [3, 3]
    assert reduced("at_max_of_mean", long, short) == [0.5, 0.6]
    assert reduced("epoch_of_max", long, short) == [4, 3]
    apart = frame(rows("ticket", {3: [0.5]}, step=1) + rows("ticket", {3: [0.5]}, step=2, seed=1))
    with pytest.raises(LTHError, match="at max of mean.*: the seeds of level 3 share no step.*legal: last, epoch"):
        select(apart, ours("ticket", over_epochs="at_max_of_mean"))


def test_each_level_has_its_own_best_epoch():
    table = frame(curves("ticket", UNEQUAL) + curves("ticket", [[0.9, 0.1], [0.9, 0.1]], level=1))
    best = select(table, ours("ticket", metric="accuracy", over_epochs="epoch_of_max_of_mean"))
    assert best["value"].tolist() == [3, 1, 3, 1] and list(best.index) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert best["weights_remaining"].tolist() == pytest.approx([1, 0.8, 1, 0.8])
    fixed = select(table, ours("ticket", metric="accuracy", over_epochs="at_max_of_mean", level=1))
    assert fixed["value"].tolist() == [0.9, 0.9]
    assert select(table, ours("ticket", metric="accuracy", over_epochs="epoch_of_max", level=7)).empty


def test_epochs_need_steps_per_epoch_and_values_do_not():
    records = frame(curves("ticket", UNEQUAL))
    for how in CHOICES:
        if how.startswith("epoch"):
            with pytest.raises(LTHError, match=r"accuracy epoch.*: no 'steps_per_epoch' above 0 for seed 0, level 0"):
                select(records[records["metric"] == "accuracy"], ours("ticket", metric="accuracy", over_epochs=how))
        else:
            assert len(reduced(how, *UNEQUAL)) == 2
    partly = records[(records["metric"] == "accuracy") | (records["seed"] == 0)]
    with pytest.raises(LTHError, match="seed 1, level 0"):
        select(partly, ours("ticket", metric="accuracy", over_epochs="epoch_of_max"))


def test_one_record_a_level_is_a_curve_of_one_point():
    table = frame(rows("ticket", {0: [0.5, 0.6], 1: [0.7, 0.8]}))
    plain = select(table, ours("ticket"))
    for how in ("last", "at_max_of_mean", "at_min_of_mean"):
        pd.testing.assert_frame_equal(select(table, ours("ticket", over_epochs=how)), plain)


def test_a_curve_without_a_choice_names_the_choices():
    with pytest.raises(LTHError, match="4 values for seed 0, level 0 .*'over_epochs'; legal: last, at_max_of_mean"):
        select(frame(curves("ticket", UNEQUAL)), ours("ticket", metric="accuracy"))


def test_records_of_two_papers_are_not_mixed():
    one = frame(curves("ticket", UNEQUAL))
    table = pd.concat([one, one.assign(paper="q")])
    with pytest.raises(LTHError, match=r"several papers \(p, q\)"):
        select(table, ours("ticket", metric="accuracy", over_epochs="last"))


def test_the_choice_is_in_the_description():
    chosen = ours("ticket", metric="accuracy", over_epochs="at_max_of_mean", level=2)
    assert describe(chosen) == "accuracy at max of mean[lenet/as_stated/ticket, level 2]"


lengths = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=12), min_size=1, max_size=4)


@settings(deadline=None, max_examples=30)
@given(lengths, st.sampled_from(CHOICES), st.integers(0, 99))
def test_rows_may_stand_in_any_order_and_highest_mirrors_lowest(seeds, how, order):
    table = frame(curves("ticket", seeds))
    table = table[table["metric"] == "accuracy"]
    per_epoch = table.groupby(["seed", "level"]).size() * 0 + 10
    value = reduce_curves(table, how, per_epoch)
    pd.testing.assert_series_equal(reduce_curves(table.sample(frac=1, random_state=order), how, per_epoch), value)
    if "max" in how:
        mirrored = reduce_curves(table.assign(value=-table["value"]), how.replace("max", "min"), per_epoch)
        sign = -1 if how.startswith("at") else 1
        assert mirrored.tolist() == pytest.approx((sign * value).tolist())


def test_half_a_million_rows_take_no_time():
    size = 500_000
    step, level, seed = (axis.ravel() for axis in np.meshgrid(range(1, 2501), range(20), range(10), indexing="ij"))
    big = pd.DataFrame({"paper": "p", "experiment": "lenet", "variant": "as_stated", "arm": "ticket", "seed": seed,
                        "level": level, "weights_remaining": 0.8**level, "step": step, "split": "test",
                        "metric": "accuracy", "value": np.random.default_rng(0).random(size)})
    ones = big[big["step"] == 1].assign(metric="steps_per_epoch", split="model", step=0, value=1.0)
    table = pd.concat([big, ones], ignore_index=True)
    start = time.process_time()
    assert len(select(table, Curve(experiment="lenet", variant="as_stated", arm="ticket", metric="accuracy",
                                  over_epochs="epoch_of_max_of_mean"))) == 200
    assert time.process_time() - start < 20  # a loop over rows takes minutes


@pytest.mark.parametrize(("x", "series", "message"), [
    ("epoch", {}, "'level' is needed for x: epoch"),
    ("arm", {}, "'level' is needed for x: arm"),
    ("arm", {"level": 1, "point": Point(epoch=Published(item="a"), value=Published(item="b"))}, "'point' belongs to"),
])
def test_series_must_fit_the_axis(x, series, message):
    panel = Panel(title="P", experiment="lenet", variant="as_stated", series=[Series(label="s", arm="a", **series)])
    with pytest.raises(ValidationError, match=message):
        Figure(title="T", caption="C", y_label="y", x=x, panels=[panel])
