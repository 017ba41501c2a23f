"""Intervals and correlations against tables and scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from unpacking_softmax.verdict.statistics import (
    rank_correlation,
    share_interval,
    t_interval,
    welch_interval,
)


def test_t_interval_by_hand():
    # mean 2, s = 1, n = 3; t(0.975, 2) = 4.302653 from the table: half width 4.302653 / sqrt(3).
    found = t_interval([1, 2, 3])
    assert found.n == 3
    assert (found.low, found.estimate, found.high) == pytest.approx((-0.484138, 2, 4.484138), abs=1e-6)


def test_one_value_has_no_interval():
    found = t_interval([5])
    assert found.estimate == 5
    assert found.n == 1
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_equal_values_have_an_interval_of_width_zero():
    found = t_interval([-4, -4, -4])
    assert (found.low, found.high) == (-4, -4)


def test_welch_against_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 7), rng.normal(1, 3, 12)
    theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    ours = welch_interval(a, b)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.estimate == pytest.approx(a.mean() - b.mean())
    assert ours.n == 7


def test_welch_of_constants_and_of_single_values():
    assert welch_interval([1, 1], [3, 3]).low == -2
    assert math.isnan(welch_interval([1], [3, 4]).low)


def test_wilson_by_hand():
    # 10 of 10: lower end n / (n + z^2) with z = 1.959964.
    found = share_interval(10, 10)
    assert found.low == pytest.approx(10 / (10 + 1.959964**2), abs=1e-6)
    assert found.high == pytest.approx(1)


def test_rank_correlation():
    assert rank_correlation([1, 10, 100], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 3], [5, 5, 5]) == 0
