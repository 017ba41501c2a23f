"""Full-rank softmax of rank-two logits, and the scale that it takes (Prop. K.1).

B is the Gram matrix of n random unit vectors of the plane, and softmax acts on rows, as in App. K.
In exact arithmetic softmax(cB) has rank n at *every* c > 0, not only in the limit: its rows are
those of exp(-c ||a_i - a_j||^2 / 2) rescaled, and this kernel is strictly positive definite for
distinct points. What takes a large c is a *numerical* rank of n: the closest pair of n vectors is
some 1/n^2 apart, and its cosine differs from 1 by half the square of that, of the order of n^-4.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import softmax

from unpacking_softmax.readings.rank import numerical_rank

SCALES = np.logspace(0, 12, 49)


def unit_vectors(n: int, seed: int) -> NDArray:
    """Angles (n,) in radians of the normalised rows of a standard normal (n, 2) matrix."""
    x, y = np.random.default_rng([seed, n]).standard_normal((n, 2)).T
    return np.arctan2(y, x)


def gram_minus_one(angles: NDArray) -> NDArray:
    """B - 1 (n, n), B_ij = cos(theta_i - theta_j), without cancellation near the diagonal.

    Softmax does not see the constant, and at n = 1,000 the closest pair has 1 - B_ij near 1e-11.
    """
    return -2 * np.square(np.sin(np.subtract.outer(angles, angles) / 2))


def rank_curve(
    *,
    sizes: Sequence[int] = (10, 100, 1000),
    scales: Sequence[float] = SCALES,
    seeds: Sequence[int] = range(3),
    rules: Sequence[str] = ("torch", "1e-8"),
) -> pd.DataFrame:
    """Numerical rank of softmax(cB) against c: `n`, `seed`, `scale`, `rule`, `rank`, `rank_before`.

    `rank_before` is that of B (2); `rules` are names in `measures.rank.RULES`. n = 1,000 costs one
    SVD of 0.2 to 0.5 s on one core for each scale and seed.
    """
    rows = []
    for n in sizes:
        for seed in seeds:
            shifted = gram_minus_one(unit_vectors(n, seed))
            before = np.linalg.eigvalsh(1 + shifted)[::-1].clip(min=0)
            for scale in scales:
                sigma = np.linalg.svd(softmax(scale * shifted, axis=1), compute_uv=False)
                rows += [
                    {
                        "n": n,
                        "seed": seed,
                        "scale": scale,
                        "rule": rule,
                        "rank": numerical_rank(sigma, n, n, rule),
                        "rank_before": numerical_rank(before, n, n, rule),
                    }
                    for rule in rules
                ]
    return pd.DataFrame(rows)


def dominance_scale(angles: NDArray) -> float:
    """The c from which softmax(cB) of n >= 3 vectors is strictly diagonally dominant.

    Such a matrix is regular whatever the rule (Levy-Desplanques). Rows sum to 1, so it is where the
    smallest diagonal entry, which grows with c, reaches 1/2: the c at which the largest
    sum_{j != i} exp(-c (1 - B_ij)) is 1. It is at most log(n-1) / (1 - cos of the smallest angle).
    """
    shifted = gram_minus_one(angles)
    np.fill_diagonal(shifted, -np.inf)

    def excess(log_scale: float) -> float:
        return np.exp(np.exp(log_scale) * shifted).sum(axis=1).max() - 1

    highest = np.log(len(angles)) / -shifted.max()
    return float(np.exp(brentq(excess, np.log(1e-6), np.log(highest))))


def dominance_scales(
    sizes: Sequence[int] = (10, 20, 50, 100, 200, 500, 1000), seeds: Sequence[int] = range(10)
) -> pd.DataFrame:
    """`dominance_scale` of random vectors: `n`, `seed`, `closest` (1 - largest cosine), `scale`."""
    rows = []
    for n in sizes:
        for seed in seeds:
            angles = unit_vectors(n, seed)
            others = gram_minus_one(angles)[~np.eye(n, dtype=bool)]
            scale = dominance_scale(angles)
            rows.append({"n": n, "seed": seed, "closest": -others.max(), "scale": scale})
    return pd.DataFrame(rows)
