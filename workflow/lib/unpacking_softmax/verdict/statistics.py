"""Intervals and tests over seeds: what the verdict rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gamma, sqrt

import numpy as np
from scipy import stats

LEVEL = 0.95
POWER = 0.8
MOST_SEEDS = 1000  # more is written as "more than"


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, from n values; no interval (NaN) where n < 2.

    error: standard error of the estimate, with its degrees of freedom. median: of the values, NaN
    where they are not one a seed. same: whether they are all one number.
    """

    estimate: float
    low: float
    high: float
    n: int
    error: float = np.nan
    freedom: float = np.nan
    median: float = np.nan
    same: bool = False

    def p(self, bar: float) -> float:
        """Two-sided p value of the t test that the mean is `bar`; NaN where there is no interval."""
        return 2 * min(self._above(bar), 1 - self._above(bar))

    def outside(self, margin: float) -> float:
        """The larger p value of the two one-sided tests (TOST) that the mean lies within ± margin."""
        return max(self._above(-margin), 1 - self._above(margin))

    def _above(self, bar: float) -> float:
        """One-sided p value against the mean being at most `bar`."""
        if np.isnan(self.error):
            return np.nan
        if self.error == 0:
            return 0.5 * (1 - np.sign(self.estimate - bar))
        return float(stats.t.sf((self.estimate - bar) / self.error, self.freedom))

    def effect(self, bar: float) -> float:
        """Hedges' g (1981): distance to `bar` in standard deviations of a seed, corrected for small n.

        NaN without a spread. Three seeds: 0.56 of Cohen's d, which is biased away from 0.
        """
        if not self.error > 0:
            return np.nan
        m = self.freedom
        correction = gamma(m / 2) / (sqrt(m / 2) * gamma((m - 1) / 2)) if 1 < m < 300 else 1.0
        return correction * (self.estimate - bar) / (self.error * sqrt(self.n))


def t_interval(values: Sequence[float], step: float = 0.0, level: float = LEVEL) -> Interval:
    """Student's t interval of a mean, one value a seed: mean ± t((1 + level)/2, n-1) s / sqrt(n).

    step: what the values are whole multiples of (1 for ranks). They were rounded to it, and equal
    ones have not no spread: s is at least that of rounding, step / sqrt(12).
    """
    values = np.asarray(values, dtype=np.float64)
    n, mean, median = len(values), float(np.mean(values)), float(np.median(values))
    if n < 2:
        return Interval(mean, np.nan, np.nan, n, median=median)
    error = float(max(values.std(ddof=1), step / sqrt(12)) / sqrt(n))
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    same = bool(np.ptp(values) == 0)
    return Interval(mean, mean - half, mean + half, n, error, n - 1, median, same)


def welch_interval(a: Sequence[float], b: Sequence[float], step: float = 0.0) -> Interval:
    """Interval of mean(a) - mean(b) of two independent samples (Welch 1947); n is the smaller size.

    step: as in `t_interval`; median: the difference of the medians.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    n = min(len(a), len(b))
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0)
    difference, median = float(a.mean() - b.mean()), float(np.median(a) - np.median(b))
    if n < 2:
        return Interval(difference, np.nan, np.nan, n, median=median)
    va, vb = (max(x.var(ddof=1), step**2 / 12) / len(x) for x in (a, b))
    if va + vb == 0:
        return Interval(difference, difference, difference, n, 0.0, n - 1, median)
    freedom = float((va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)))
    error = float(np.sqrt(va + vb))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return Interval(difference, difference - half, difference + half, n, error, freedom, median)


def share_interval(successes: int, n: int) -> Interval:
    """Wilson's interval (1927) of a share of n independent draws."""
    result = stats.binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Interval(successes / n, float(result.low), float(result.high), n)


def share_p(successes: int, n: int, share: float) -> float:
    """Two-sided p value of the exact binomial test that the share is `share`."""
    return float(stats.binomtest(successes, n, share).pvalue)


def equivalence_interval(values: Sequence[float], step: float = 0.0) -> Interval:
    """The 90 % t interval: inside a margin, two one-sided tests at 5 % each show equivalence (TOST).

    Schuirmann (1987); `Interval.outside` has its p value.
    """
    return t_interval(values, step, level=2 * LEVEL - 1)


def seeds_needed(interval: Interval, bar: float, tails: int = 2) -> float:
    """Seeds at which a t test at 5 % tells the estimate from `bar` with a power of 80 %.

    Taking the estimate and its spread over seeds as the true ones. NaN without a spread or without
    a difference; infinite beyond MOST_SEEDS.
    """
    difference = interval.estimate - bar
    if not interval.error > 0 or difference == 0:
        return np.nan
    size = abs(difference) / (interval.error * sqrt(interval.n))
    counts = np.arange(2, MOST_SEEDS + 1)
    reach = stats.t.ppf(1 - (1 - LEVEL) / tails, counts - 1)
    enough = np.flatnonzero(stats.nct.sf(reach, counts - 1, size * np.sqrt(counts)) >= POWER)
    return float(counts[enough[0]]) if len(enough) else np.inf


def seeds_to_match(interval: Interval, margin: float) -> float:
    """As `seeds_needed`, for a difference to be shown within ± margin, or outside it.

    By the margin that is nearer: the other one-sided test has more power.
    """
    return seeds_needed(interval, margin if interval.estimate > 0 else -margin, tails=1)


def seeds_text(least: float, most: float | None = None) -> str:
    """`9 seeds`, `9 to 25 seeds`, `more than 1000 seeds`: of numbers that `seeds_needed` gives."""
    names = [f"more than {MOST_SEEDS}" if np.isinf(n) else f"{n:g}" for n in (least, most) if n is not None]
    return f"{' to '.join(dict.fromkeys(names))} seeds"


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) adjusted p values, in the order given: at most alpha keeps the family's error."""
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)).clip(max=1.0)
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return adjusted.tolist()


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's correlation; 0 where either is constant, which then says nothing of the other."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(stats.spearmanr(x, y).statistic)


def correlation_step(points: int) -> float:
    """The smallest difference of two rank correlations of so many points without ties."""
    return 12 / (points * (points**2 - 1))
