"""Rank of the softmax of a scaled low-rank random matrix (Fig. 6).

In exact arithmetic there is nothing to plot: the kernel exp(xy) is strictly totally positive
(Karlin 1968), so softmax(cM) has rank n for almost every M of rank 1 already, at every c != 0. The
figure is about the numerical rank, hence about the rule that reads it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from unpacking_softmax.readings.rank import RULES, numerical_rank

SCALES = np.logspace(-2, 4, 61)


def low_rank(n: int, k: int, seed: int) -> NDArray:
    """M = A B^T (n, n) of rank k, entries of A and B (n, k) uniform on (-1, 1)."""
    factors = np.random.default_rng([seed, n, k]).uniform(-1, 1, size=(2, n, k))
    return factors[0] @ factors[1].T


def softmax_rank(
    *,
    n: int,
    ranks: Sequence[int],
    seeds: Sequence[int],
    scales: Sequence[float] = SCALES,
    rule: str = "torch",
) -> pd.DataFrame:
    """Numerical rank of S = softmax(c M), columns summing to 1, for random M of rank k.

    `rule` is a name in `measures.rank.RULES`. One row for each (k, seed, scale): `n`, `k`,
    `seed`, `scale` (c, an inverse temperature), `norm` (||c M||_F), `rank_before` (of M, which c does not
    change), `rank` (of S), and the same under each of RULES, `rank_<rule>`. Spectra are float64.
    """
    scales = np.asarray(scales, dtype=np.float64)
    frames = []
    for k in ranks:
        for seed in seeds:
            matrix = low_rank(n, k, seed)
            before = numerical_rank(np.linalg.svd(matrix, compute_uv=False), n, n, rule)
            spectra = np.linalg.svd(softmax(scales[:, None, None] * matrix, axis=1), compute_uv=False)
            frame = {
                "n": n,
                "k": k,
                "seed": seed,
                "scale": scales,
                "norm": scales * np.linalg.norm(matrix),
                "rank_before": before,
                "rank": [numerical_rank(sigma, n, n, rule) for sigma in spectra],
            }
            for other in RULES:
                frame[f"rank_{other}"] = [numerical_rank(sigma, n, n, other) for sigma in spectra]
            frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)
