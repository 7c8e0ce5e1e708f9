"""The levels of a seed become one number, which is right for straight lines and no number where it has no meaning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_common.analysis.across_levels import PICKS, reduce_levels
from lth_common.expressions.quantities import OverLevels

WEIGHTS = 0.8 ** np.arange(12)
finite = st.floats(-10, 10).map(lambda x: round(x, 3))


def number(how, values, meets=None, weights=WEIGHTS):
    values = np.asarray(values, dtype=float)
    meets = np.ones(len(values), bool) if meets is None else np.asarray(meets, bool)
    return reduce_levels(values, weights[:len(values)], meets, how)


def test_every_choice_of_the_schema_is_there():
    assert set(PICKS) == set(OverLevels.__args__)


@given(finite, finite, st.integers(3, 12))
def test_a_straight_line_has_its_slope_and_no_rest(start, slope, n):
    line = start + slope * (1 - WEIGHTS[:n])
    assert number("slope", line) == pytest.approx(slope, abs=1e-9)
    if abs(slope) > 0.1:
        assert number("r_squared", line) == pytest.approx(1)


@settings(deadline=None)
@given(st.lists(finite, min_size=3, max_size=12), finite.filter(lambda x: abs(x) > 0.1), finite)
def test_the_line_is_that_of_least_squares_whatever_the_unit(values, scale, shift):
    slope, r_squared = number("slope", values), number("r_squared", values)
    pruned, moved = 1 - WEIGHTS[:len(values)], scale * np.array(values) + shift
    assert slope == pytest.approx(np.polyfit(pruned, values, 1)[0], abs=1e-6)
    assert number("slope", moved) == pytest.approx(scale * slope, abs=1e-6)
    if np.ptp(values) > 0.1:
        assert r_squared == pytest.approx(np.corrcoef(pruned, values)[0, 1] ** 2, abs=1e-9)
        assert number("r_squared", moved) == pytest.approx(r_squared, abs=1e-6)


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_unbroken_looks_no_further_than_the_first_failure(meets):
    lowest, unbroken = (number(how, [0.0] * len(meets), meets) for how in ("lowest_weights", "lowest_weights_unbroken"))
    before = meets.index(False) if False in meets else len(meets)
    assert (unbroken == WEIGHTS[before - 1]) if before else np.isnan(unbroken)
    assert (lowest <= WEIGHTS[meets.index(True)]) if any(meets) else np.isnan(lowest)
    assert not unbroken < lowest
    if sorted(meets, reverse=True) == meets and before:
        assert lowest == unbroken


@pytest.mark.parametrize(("how", "values"), [
    ("slope", [1]), ("r_squared", [1, 2]), ("r_squared", [1, 1, 1]), ("slope", [1, np.nan, 2]),
    ("r_squared", [1, 2, np.inf, 3]), ("mean", [1, np.nan])])
def test_no_number_where_it_has_no_meaning(how, values):
    assert np.isnan(number(how, values))
