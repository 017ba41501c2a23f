"""Numerical rank and its smooth relatives, as readings of a spectrum.

Every function takes the singular values `sigma` of an n x d matrix in descending order (any
sequence). A spectrum that is not finite (a diverged run) gives NaN.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

EPS32 = float(np.finfo(np.float32).eps)

# Name -> cut(sigma_1, max(n, d)). The paper names three that differ: PyTorch's default, which for
# float32 is "torch"; Eq. 5 as printed, "1e-8-absolute"; "relative to sigma_1" (Section 3.1),
# "1e-8" and, after the tunnel-effect literature, "1e-3".
RULES: dict[str, Callable[[float, int], float]] = {
    "torch": lambda largest, size: size * EPS32 * largest,
    "1e-8": lambda largest, size: 1e-8 * size * largest,
    "1e-8-absolute": lambda largest, size: 1e-8 * size,
    "1e-3": lambda largest, size: 1e-3 * largest,
}


def cut(sigma: ArrayLike, n: int, d: int, rule: str) -> float:
    """The threshold gamma of Eq. 5 for an n x d matrix under the rule of this name in RULES."""
    return float(RULES[rule](np.max(sigma, initial=0.0), max(n, d)))


def numerical_rank(sigma: ArrayLike, n: int, d: int, rule: str) -> float:
    """The number of singular values above gamma (Eq. 5): an int, or NaN."""
    sigma = np.asarray(sigma, dtype=np.float64)
    if not np.isfinite(sigma).all():
        return np.nan
    return int(np.sum(sigma > cut(sigma, n, d, rule)))


def effective_rank(sigma: Sequence[float]) -> float:
    """exp of the entropy of sigma / sum(sigma): Roy and Vetterli 2007; RankMe (Garrido et al. 2023)
    without its 1e-7. In [1, min(n, d)]; 0 for the zero matrix."""
    sigma = np.asarray(sigma, dtype=np.float64)
    if not sigma.any():
        return 0.0
    share = sigma[sigma != 0] / sigma.sum()
    return float(np.exp(-np.sum(share * np.log(share))))


def stable_rank(sigma: Sequence[float]) -> float:
    """||X||_F^2 / sigma_1^2. In [1, rank]; 0 for the zero matrix."""
    energy = np.square(np.asarray(sigma, dtype=np.float64))
    return float(energy.sum() / energy.max()) if energy.any() else 0.0


def participation_ratio(sigma: Sequence[float]) -> float:
    """(sum lambda)^2 / sum lambda^2 with lambda = sigma^2. In [1, rank]; 0 for the zero matrix.

    Usually read from the spectrum of centred features, whose lambda are the covariance's.
    """
    energy = np.square(np.asarray(sigma, dtype=np.float64))
    return float(energy.sum() ** 2 / np.square(energy).sum()) if energy.any() else 0.0
