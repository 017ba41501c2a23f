"""Intervals over seeds, and rank correlation: what the verdict rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval, from n values; no interval (NaN) where n < 2."""

    estimate: float
    low: float
    high: float
    n: int


def t_interval(values: Sequence[float]) -> Interval:
    """Student's t interval of a mean, one value a seed: mean ± t(0.975, n-1) s / sqrt(n)."""
    values = np.asarray(values, dtype=np.float64)
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return Interval(mean, np.nan, np.nan, n)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def welch_interval(a: Sequence[float], b: Sequence[float]) -> Interval:
    """Interval of mean(a) - mean(b) of two independent samples (Welch 1947); n is the smaller size."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    n, difference = min(len(a), len(b)), float(a.mean() - b.mean())
    if n < 2:
        return Interval(difference, np.nan, np.nan, n)
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if va + vb == 0:
        return Interval(difference, difference, difference, n)
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(va + vb)
    return Interval(difference, difference - half, difference + half, n)


def share_interval(successes: int, n: int) -> Interval:
    """Wilson's interval (1927) of a share of n independent draws."""
    result = stats.binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Interval(successes / n, float(result.low), float(result.high), n)


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's correlation; 0 where either is constant, which then says nothing of the other."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(stats.spearmanr(x, y).statistic)
