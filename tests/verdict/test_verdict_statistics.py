"""Intervals and tests against tables, textbooks and scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from unpacking_softmax.verdict.statistics import (
    Interval,
    correlation_step,
    equivalence_interval,
    holm,
    rank_correlation,
    seeds_needed,
    seeds_text,
    share_interval,
    share_p,
    t_interval,
    welch_interval,
)


def test_t_interval_by_hand():
    # mean 2, s = 1, n = 3; t(0.975, 2) = 4.302653 from the table: half width 4.302653 / sqrt(3).
    found = t_interval([1, 2, 3])
    assert found.n == 3
    assert (found.low, found.estimate, found.high) == pytest.approx((-0.484138, 2, 4.484138), abs=1e-6)
    assert found.median == 2


def test_p_values_against_scipy():
    values = [0.3, 1.1, 0.8, 0.5]
    found = t_interval(values)
    for bar in (-1.0, 0.0, 0.6, 2.0):
        assert found.p(bar) == pytest.approx(stats.ttest_1samp(values, bar).pvalue)


def test_equivalence_against_two_one_sided_tests_of_scipy():
    values, margin = [0.004, -0.002, 0.003], 0.01
    lower = stats.ttest_1samp(values, -margin, alternative="greater").pvalue
    upper = stats.ttest_1samp(values, margin, alternative="less").pvalue
    found = equivalence_interval(values)
    assert found.outside(margin) == pytest.approx(max(lower, upper))
    # At p = 5 % the end of the interval is the margin.
    assert found.outside(found.high) == pytest.approx(0.05)


def test_one_value_has_no_interval():
    found = t_interval([5])
    assert found.estimate == 5
    assert found.n == 1
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(found.p(0))


def test_equal_counts_are_spread_by_their_rounding():
    # s = 1 / sqrt(12), half width 4.302653 / (sqrt(12) sqrt(3)) = 0.717109.
    found = t_interval([-4, -4, -4], step=1.0)
    assert (found.low, found.high) == pytest.approx((-4.717109, -3.282891), abs=1e-6)
    assert found.same
    assert 0 < found.p(0) < 0.01
    # Values that spread more are not touched.
    assert t_interval([1, 2, 3], step=1.0) == t_interval([1, 2, 3])


def test_hedges_g_by_hand():
    # Mean 2, s = 1: d = 2, and for two degrees of freedom the correction is 1 / sqrt(pi).
    assert t_interval([1, 2, 3]).effect(0) == pytest.approx(2 / math.sqrt(math.pi))
    assert math.isnan(t_interval([2, 2, 2]).effect(0))


@pytest.mark.parametrize(("size", "seeds"), [(0.5, 34), (1.0, 10), (2.0, 5)])
def test_seeds_needed_are_those_of_power_tables(size, seeds):
    # One-sample t test, two-sided 5 %, power 80 % (Cohen 1988; G*Power).
    found = Interval(size, math.nan, math.nan, 4, error=0.5, freedom=3)
    assert seeds_needed(found, 0.0) == seeds
    assert seeds_needed(found, size / 2) > seeds
    assert math.isnan(seeds_needed(found, size))


def test_numbers_of_seeds_as_words():
    assert seeds_text(9.0) == seeds_text(9.0, 9.0) == "9 seeds"
    assert seeds_text(9.0, 25.0) == "9 to 25 seeds"
    assert seeds_text(9.0, math.inf) == "9 to more than 1000 seeds"


def test_holm_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04 -> 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_welch_against_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 7), rng.normal(1, 3, 12)
    test = stats.ttest_ind(a, b, equal_var=False)
    theirs = test.confidence_interval(0.95)
    ours = welch_interval(a, b)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.p(0) == pytest.approx(test.pvalue)
    assert ours.estimate == pytest.approx(a.mean() - b.mean())
    assert ours.n == 7


def test_welch_of_constants_of_single_values_and_of_none():
    assert welch_interval([1, 1], [3, 3]).low == -2
    assert math.isnan(welch_interval([1], [3, 4]).low)
    assert welch_interval([], [1]).n == 0


def test_wilson_by_hand():
    # 10 of 10: lower end n / (n + z^2) with z = 1.959964.
    found = share_interval(10, 10)
    assert found.low == pytest.approx(10 / (10 + 1.959964**2), abs=1e-6)
    assert found.high == pytest.approx(1)
    assert share_p(10, 10, 0.5) == pytest.approx(2 / 2**10)


def test_rank_correlation():
    assert rank_correlation([1, 10, 100], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 3], [5, 5, 5]) == 0
    # Of three points: -1, -0.5, 0.5, 1; of four they go by 0.2.
    assert correlation_step(3) == 0.5
    assert correlation_step(4) == pytest.approx(0.2)
