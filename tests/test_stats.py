"""Intervals cover what they promise and do not depend on the order of seeds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from lth_common.analysis.stats import iqm, t_interval

# Whole thousandths: the reference underflows for tiny spreads.
values = st.lists(st.integers(-10**6, 10**6).map(lambda n: n / 1000), min_size=2, max_size=12)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_coverage_is_what_it_promises_also_for_few_seeds(n):
    draws = np.random.default_rng(n).normal(3.0, 2.0, size=(2000, n))
    covered = np.mean([low <= 3.0 <= high for _, low, high, _ in map(t_interval, draws)])
    assert covered == pytest.approx(0.95, abs=0.015)


@given(values)
def test_agrees_with_scipy(data):
    interval = t_interval(data)
    if min(data) < max(data):
        low, high = reference.t.interval(0.95, len(data) - 1, np.mean(data), reference.sem(data))
        assert interval.low == pytest.approx(low, rel=1e-6, abs=1e-6)
        assert interval.high == pytest.approx(high, rel=1e-6, abs=1e-6)


@given(values, st.randoms())
def test_order_changes_no_bit(data, random):
    shuffled = data.copy()
    random.shuffle(shuffled)
    assert t_interval(data) == t_interval(shuffled)


@given(values)
def test_more_confidence_is_wider(data):
    narrow, wide = t_interval(data, 0.8), t_interval(data, 0.99)
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


def test_one_seed_knows_no_spread_and_equal_seeds_have_none():
    assert t_interval([0.3]) == (0.3, -math.inf, math.inf, 1)
    assert t_interval([0.1, 0.1, 0.1]) == (0.1, 0.1, 0.1, 3)


def test_a_diverged_run_makes_the_interval_say_nothing():
    mean, low, high, n = t_interval([0.5, math.nan, 0.5])
    assert math.isnan(mean) and (low, high, n) == (-math.inf, math.inf, 3)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_iqm_is_the_mean_trimmed_by_a_quarter(data):
    assert iqm(data) == pytest.approx(reference.trim_mean(data, 0.25), rel=1e-9, abs=1e-9)


def test_no_values_are_refused():
    for function in (t_interval, iqm):
        with pytest.raises(ValueError, match="at least one value"):
            function([])
    with pytest.raises(ValueError, match="confidence"):
        t_interval([1, 2], 95)
