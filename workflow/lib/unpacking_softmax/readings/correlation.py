"""Spearman's rank correlation, and its interval by the bootstrap."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

DRAWS = 2000


def rank_correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Spearman's r of paired numbers; ties take their mean rank.

    NaN for fewer than 3 pairs, or where one side is constant, which then says nothing of the other.
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (x, y))
    return float(_of_rows(x[None], y[None])[0]) if _says_something(x, y) else float("nan")


def rank_correlation_interval(x: ArrayLike, y: ArrayLike, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of Spearman's r by DRAWS resamples of the pairs; NaN where r is.

    Resamples in which one side is constant are left out.
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (x, y))
    if not _says_something(x, y):
        return float("nan"), float("nan")
    rows = np.random.default_rng(seed).integers(len(x), size=(DRAWS, len(x)))
    low, high = np.nanquantile(_of_rows(x[rows], y[rows]), [0.025, 0.975])
    return float(low), float(high)


def _says_something(x: NDArray, y: NDArray) -> bool:
    return len(x) >= 3 and np.ptp(x) > 0 and np.ptp(y) > 0


def _of_rows(x: NDArray, y: NDArray) -> NDArray:
    """Of each row of x with that of y, both (draws, n)."""
    x, y = (_centred_ranks(values) for values in (x, y))
    with np.errstate(invalid="ignore"):
        return (x * y).sum(1) / np.sqrt(np.square(x).sum(1) * np.square(y).sum(1))


def _centred_ranks(values: NDArray) -> NDArray:
    return pd.DataFrame(values).rank(axis=1).to_numpy() - (values.shape[1] + 1) / 2
