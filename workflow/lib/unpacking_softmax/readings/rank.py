"""Numerical rank, as a reading of a spectrum.

Every function takes the singular values `sigma` of an n x d matrix in descending order (any
sequence). A spectrum that is not finite (a diverged run) gives NaN.
"""

from collections.abc import Callable

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
    largest = float(np.max(sigma, initial=0.0))  # of float32 values too: the cut is float64
    return float(RULES[rule](largest, max(n, d)))


def numerical_rank(sigma: ArrayLike, n: int, d: int, rule: str) -> float:
    """The number of singular values above gamma (Eq. 5): an int, or NaN."""
    sigma = np.asarray(sigma, dtype=np.float64)
    if not np.isfinite(sigma).all():
        return np.nan
    return int(np.sum(sigma > cut(sigma, n, d, rule)))


def class_centred_rank(sigma: ArrayLike, n: int, d: int, rule: str) -> float:
    """As `numerical_rank`, of a matrix whose rows sum to zero: at most d - 1.

    Its last singular value is zero, whatever rounding leaves of it. Read from a float64 Gram matrix that
    is about 1e-8 sigma_1, which at large logits norms lies above the cut of a rule without sigma_1.
    """
    return numerical_rank(np.asarray(sigma)[: d - 1], n, d, rule)
