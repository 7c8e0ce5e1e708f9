"""Coverage of repeated intervals, and errors of verdicts at the bound, by simulation."""

import itertools
import math

import numpy as np
import pytest

from lth_common.analysis.intervals import (
    ERROR,
    Interval,
    at_looks,
    exact_mean,
    looks_in,
    of_correlation,
    of_mean,
    of_ratio,
    of_share,
    reachable,
)
from lth_common.analysis.verdict import FAILS, HOLDS, NOT_RUN, UNDECIDED, Range, find
from lth_common.protocol.looks import LOOKS

CASES = 3000


def draws(kind, size, seed=0):
    """Draws whose true mean is 0, [cases, seeds]."""
    generator = np.random.default_rng(seed)
    return {"normal": lambda: generator.normal(size=size),
            "skewed": lambda: generator.exponential(size=size) - 1,
            "two-valued": lambda: generator.integers(2, size=size) - 0.5}[kind]()


def missed(data, how=of_mean, truth=0.0, error=ERROR):
    """In what share of cases the intersection over all looks misses the truth."""
    found = [at_looks(row.tolist(), how, error) for row in data]
    return np.mean([not one.low <= truth <= one.high for one in found])


def test_looks_together_cover_the_truth_in_95_percent_of_cases():
    data = draws("normal", (CASES, LOOKS[-1]))
    assert missed(data) <= 0.05
    assert 0.11 <= missed(data, error=0.05) <= 0.17      # plain 95 % intervals, looked at four times


@pytest.mark.parametrize(("kind", "most"), [("skewed", 0.16), ("two-valued", 0.06)])
def test_coverage_where_seeds_are_not_normal(kind, most):
    assert missed(draws(kind, (CASES, LOOKS[-1]))) <= most


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.85])
def test_shares_are_covered_whatever_they_are(share):
    data = np.random.default_rng(1).random((CASES, LOOKS[-1])) < share
    assert missed(data.astype(float), of_share, share) <= 0.05


def test_ratios_of_noisy_numbers_are_covered():
    noise = np.random.default_rng(2).normal(scale=0.3, size=(CASES, LOOKS[-1]))
    assert missed(np.exp(noise), of_ratio, 1.0) <= 0.05


@pytest.mark.parametrize("levels", [1, 15])
def test_false_failures_and_false_holds_at_the_bound_are_rare(levels):
    data = draws("normal", (1000, levels, LOOKS[-1]), seed=3)
    for across, wrong in (("every", FAILS), ("some", HOLDS)):
        found = [find(dict(enumerate(case.tolist())), Range(low=0.0), across, tests=levels).verdict for case in data]
        assert np.mean([verdict == wrong for verdict in found]) <= 0.025 + 0.01    # 0.01: noise of 1,000 cases
        uncorrected = np.mean([find(dict(enumerate(case.tolist())), Range(low=0.0), across).verdict == wrong
                               for case in data])
        assert levels == 1 or uncorrected > 0.15


def test_a_verdict_never_goes_back():
    for row in draws("normal", (300, LOOKS[-1]), seed=4) + 0.6:
        found = [find({0: row[:n].tolist()}, Range(low=0.0)) for n in (5, 7, 10, 20, 25, 30)]
        for before, after in itertools.pairwise(found):
            assert before.verdict in (UNDECIDED, after.verdict) or after.reason == "inconsistent"


def test_seeds_between_looks_are_not_looked_at():
    values = list(map(float, range(5))) + [1e6] * 4
    assert at_looks(values) == at_looks(values[:5]) and at_looks(values[:4]).n == 0
    assert looks_in([0, 1, *range(10, 20)]) == [5, 10] and looks_in(range(5)) == []


def test_looks_that_exclude_each_other_are_inconsistent():
    values = [0.0, 0.01, 0.0, 0.01, 0.0] + [5.0, 5.01] * 8
    assert at_looks(values[:10]).low <= 0.01
    torn = [1.0, 1.01, 1.0, 1.01, 1.0] + [1.5, 1.5, 1.51, 1.5, 1.52] + [2.0, 2.0, 2.01, 2.0, 1.99] * 2
    found = find({0: torn}, Range(low=0.0))
    assert at_looks(torn).inconsistent and (found.verdict, found.reason) == (UNDECIDED, "inconsistent")


def test_zero_meets_no_strict_bound_and_equal_values_decide_only_as_counts():
    zeros = {0: [0.0] * 5}
    assert find(zeros, Range(low=0.0, strict_low=True), how=exact_mean).verdict == FAILS
    assert find(zeros, Range(low=0.0), how=exact_mean).verdict == HOLDS
    assert find(zeros, Range(low=0.0)).reason == "width"


def test_a_seed_that_failed_leaves_its_look_undecided_and_is_not_dropped():
    values = [1.0, 1.1, math.nan, 0.9, 1.0]
    assert find({0: values}, Range(low=0.0)).verdict == UNDECIDED
    assert math.isnan(at_looks(values).mean)
    later = [1.0, 1.1, 1.0, 0.9, 1.0, math.nan, 1, 1, 1, 1]
    assert find({0: later}, Range(low=0.0)).verdict == HOLDS     # decided at the first look


def test_nothing_is_not_run():
    assert find({}, Range(low=0.0)).verdict == find({0: [1.0, 1.0]}, Range(low=0.0)).verdict == NOT_RUN


def test_intervals_stay_in_their_range():
    assert of_correlation([0.9, -0.9, 0.5, 0.99, -1.0]).low >= -1
    assert of_share([1.0] * 5)[1:] == (pytest.approx(0.0075 ** 0.2), 1.0, 5)
    assert of_ratio([2.0, 8.0, 4.0]).mean == pytest.approx(4.0) and of_ratio([2.0, 8.0, 4.0]).low > 0
    assert of_ratio([1.0, 0.0, 2.0])[1:3] == (0.0, math.inf)


def test_a_share_that_thirty_seeds_cannot_show_is_known():
    assert reachable(0.84) and not reachable(0.86)


def test_ranges():
    legal = Range(-1.0, 1.0)
    assert legal.contains(Interval(0, -1.0, 1.0, 5)) and not legal.excludes(Interval(0, 0.9, 3.0, 5))
    assert legal.excludes(Interval(2, 1.1, 3.0, 5)) and Range(high=0.97 - 0.98).contains(Interval(0, -1, -0.01, 5))
    assert legal.slack(math.nan) == -math.inf and legal.slack(0.25) == 0.75
