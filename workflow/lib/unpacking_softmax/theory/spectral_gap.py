"""The gap between the extreme singular values of a column softmax (Prop. 3.1 = J.2, Fig. 21).

S is n x n with probability vectors as columns. Its all-ones row vector gives 1^T S = 1^T, hence
sigma_1 >= 1. A flat S (high temperature) has gap 1; in a one-hot S (low temperature) the singular
values are the roots of how many columns each row has.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.special import softmax

from unpacking_softmax.readings.rank import RULES, numerical_rank

TEMPERATURES = np.logspace(-2, 2, 161)
ROUNDING = 1e-12  # how far above its bound a float64 gap may be computed


def overlap(stochastic: NDArray) -> float:
    """r = max_i sum_{j != i} <s_i, s_j> over the columns of S (n, n): in [0, n-1]."""
    gram = stochastic.T @ stochastic
    return float((gram.sum(axis=0) - np.diagonal(gram)).max())


def gap_bound(stochastic: NDArray) -> float:
    """The upper bound of Prop. J.2 on sigma_1 - sigma_n: sqrt(1+r) - sqrt(max(1/n - r, 0))."""
    r = overlap(stochastic)
    return float(np.sqrt(1 + r) - np.sqrt(max(1 / len(stochastic) - r, 0.0)))


def extremes(stochastic: NDArray) -> tuple[float, float]:
    """(sigma_1, sigma_n) of a square matrix."""
    sigma = np.linalg.svd(stochastic, compute_uv=False)
    return float(sigma[0]), float(sigma[-1])


def bound_cases(sizes: Sequence[int]) -> pd.DataFrame:
    """Gap and bound of the two cases that the proof calls tight: `n`, `case`, `gap`, `bound`.

    "one-row" is S = e_1 1^T (all columns equal e_1): r = n-1 and gap = bound = sqrt(n), tight; so
    is any one-hot S with two equal columns. "identity" attains the lower bound, gap
    0, while the upper bound is 1 - 1/sqrt(n) there. The upper bound is thus not tight as r -> 0,
    where the text argues with it: r = 0 makes S a permutation matrix, and the gap 0.
    """
    rows = []
    for n in sizes:
        one_row = np.zeros((n, n))
        one_row[0] = 1.0
        for case, matrix in {"identity": np.eye(n), "one-row": one_row}.items():
            top, bottom = extremes(matrix)
            rows.append({"n": n, "case": case, "gap": top - bottom, "bound": gap_bound(matrix)})
    return pd.DataFrame(rows)


def random_stochastic(n: int, concentration: float, rng: Generator) -> NDArray:
    """(n, n) with columns drawn from the symmetric Dirichlet: one-hot as concentration -> 0."""
    return rng.dirichlet(np.full(n, concentration), size=n).T


def bound_check(
    sizes: Sequence[int], concentrations: Sequence[float], draws: int, seed: int = 0
) -> pd.DataFrame:
    """Prop. J.2 on random S: one row for each (n, concentration).

    `violations` counts the draws whose gap exceeds the bound by more than rounding;
    `tightness_mean` and `tightness_max` are of gap / bound, in [0, 1]; `overlap_mean` is of r.
    """
    rows = []
    for n in sizes:
        for concentration in concentrations:
            rng = default_rng([seed, n, round(1000 * concentration)])
            matrices = [random_stochastic(n, concentration, rng) for _ in range(draws)]
            gaps = np.array([top - bottom for top, bottom in map(extremes, matrices)])
            bounds = np.array([gap_bound(matrix) for matrix in matrices])
            rows.append(
                {
                    "n": n,
                    "concentration": concentration,
                    "draws": draws,
                    "violations": int((gaps > bounds + ROUNDING).sum()),
                    "tightness_mean": float((gaps / bounds).mean()),
                    "tightness_max": float((gaps / bounds).max()),
                    "overlap_mean": float(np.mean([overlap(matrix) for matrix in matrices])),
                }
            )
    return pd.DataFrame(rows)


def rank_one(n: int, seed: int) -> NDArray:
    """A = u v^T (n, n) with standard normal u and v."""
    u, v = default_rng([seed, n]).standard_normal((2, n))
    return np.outer(u, v)


def gap_curve(
    *,
    n: int = 5,
    seed: int = 0,
    temperatures: Sequence[float] = TEMPERATURES,
    rule: str = "torch",
) -> pd.DataFrame:
    """Spectrum of S = softmax(A / T) by columns, A = `rank_one(n, seed)` (Fig. 21, top).

    One row for each temperature: `temperature`, `sigma_1`, `sigma_n`, `gap`, `ratio` (sigma_1 /
    sigma_n, infinite where S is singular), `rank`, `bound` (Prop. J.2), and the rank under each of
    RULES, `rank_<rule>`.
    """
    matrix = rank_one(n, seed)
    rows = []
    for temperature in temperatures:
        stochastic = softmax(matrix / temperature, axis=0)
        sigma = np.linalg.svd(stochastic, compute_uv=False)
        rows.append(
            {
                "temperature": temperature,
                "sigma_1": sigma[0],
                "sigma_n": sigma[-1],
                "gap": sigma[0] - sigma[-1],
                "ratio": sigma[0] / sigma[-1] if sigma[-1] else np.inf,
                "rank": numerical_rank(sigma, n, n, rule),
                "bound": gap_bound(stochastic),
                **{f"rank_{other}": numerical_rank(sigma, n, n, other) for other in RULES},
            }
        )
    return pd.DataFrame(rows)


def column_products(
    *, n: int = 5, seed: int = 0, temperatures: Sequence[float] = TEMPERATURES
) -> pd.DataFrame:
    """Inner products of the columns of the same S, by pair and temperature (Fig. 21, bottom).

    `temperature`, `i` < `j` (columns), `product` (in [0, 1]) and `same` (whether both columns have
    their largest entry in the same row, which no temperature changes).
    """
    matrix = rank_one(n, seed)
    i, j = np.triu_indices(n, k=1)
    largest = matrix.argmax(axis=0)
    frames = []
    for temperature in temperatures:
        stochastic = softmax(matrix / temperature, axis=0)
        product = (stochastic.T @ stochastic)[i, j]
        frame = {"temperature": temperature, "i": i, "j": j, "product": product}
        frames.append(pd.DataFrame({**frame, "same": largest[i] == largest[j]}))
    return pd.concat(frames, ignore_index=True)


def gap_minima(
    *,
    n: int,
    seeds: Sequence[int],
    temperatures: Sequence[float] = TEMPERATURES,
    rule: str = "torch",
) -> pd.DataFrame:
    """Whether the claim of Figure 21 holds from draw to draw: one row for each seed.

    `gap_at` and `ratio_at` are the temperatures that minimise gap and ratio; `gap_interior` and
    `ratio_interior` say whether they lie inside the range, not at its ends; `rank` and `rank_at`
    are the largest numerical rank and the mean log10 temperature at which it is read, `rank_interior`
    whether it is larger than at both ends, `rank_interior_<rule>` the same under each of RULES.
    """
    rows = []
    for seed in seeds:
        curve = gap_curve(n=n, seed=seed, temperatures=temperatures, rule=rule)
        gap, ratio = int(curve["gap"].argmin()), int(curve["ratio"].argmin())
        best = curve[curve["rank"] == curve["rank"].max()]
        rows.append(
            {
                "seed": seed,
                "gap_at": curve["temperature"][gap],
                "gap_interior": 0 < gap < len(curve) - 1,
                "ratio_at": curve["temperature"][ratio],
                "ratio_interior": 0 < ratio < len(curve) - 1,
                "rank": best["rank"].iloc[0],
                "rank_at": np.log10(best["temperature"]).mean(),
                "rank_interior": _is_inside(curve["rank"]),
                **{f"rank_interior_{other}": _is_inside(curve[f"rank_{other}"]) for other in RULES},
            }
        )
    return pd.DataFrame(rows)


def _is_inside(ranks: pd.Series) -> bool:
    """Whether the largest is larger than those at both ends."""
    return bool(ranks.max() > max(ranks.iloc[0], ranks.iloc[-1]))
