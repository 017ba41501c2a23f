"""Spearman's correlation against scipy's, by hand, and where it says nothing."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from unpacking_softmax.readings.correlation import rank_correlation, rank_correlation_interval


def test_by_hand():
    """Rank differences 0, 1, 1, 0 of four: 1 - 6 x 2 / (4 x 15) = 0.8."""
    assert rank_correlation([1, 10, 100, 1000], [5, 9, 7, 20]) == pytest.approx(0.8)


def test_it_is_scipys_and_its_interval_holds_it():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 12, 40).astype(float)  # with ties
    y = x + 6 * rng.standard_normal(40)
    r, (low, high) = rank_correlation(x, y), rank_correlation_interval(x, y)
    assert r == pytest.approx(spearmanr(x, y).statistic)
    # Fisher's z with the variance 1.06 / (n - 3) of Fieller et al. (1957).
    expected = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) * np.sqrt(1.06 / 37))
    np.testing.assert_allclose([low, high], expected, atol=0.07)


def test_monotone_constant_and_few_points():
    x = np.arange(6.0)
    assert (rank_correlation(x, x**3), *rank_correlation_interval(x, x**3)) == pytest.approx((1, 1, 1))
    assert rank_correlation_interval(x, -np.exp(x)) == pytest.approx((-1, -1))
    for few in ((x, np.ones(6)), (np.ones(6), x), (x[:2], x[:2]), ([], [])):
        assert np.isnan([rank_correlation(*few), *rank_correlation_interval(*few)]).all()
