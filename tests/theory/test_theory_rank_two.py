"""Proposition K.1 against circulant closed forms and diagonal dominance."""

import numpy as np
import pytest
from scipy.special import softmax

from unpacking_softmax.theory import rank_two


def test_gram_matrix_is_that_of_normalised_gaussian_rows():
    n, seed = 7, 4
    rows = np.random.default_rng([seed, n]).standard_normal((n, 2))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    angles = rank_two.unit_vectors(n, seed)
    np.testing.assert_allclose(1 + rank_two.gram_minus_one(angles), rows @ rows.T, atol=1e-14)


def test_close_pair_keeps_its_distance():
    """1 - cos(1e-9) = 5e-19, which 1 - np.cos would call 0."""
    shifted = rank_two.gram_minus_one(np.array([1.0, 1.0 + 1e-9]))
    assert -shifted[0, 1] == pytest.approx(5e-19, rel=1e-6)


def test_three_regular_directions_have_full_rank_at_every_scale():
    """Circulant with x = exp(-3c/2): singular values 1 and twice (1 - x) / (1 + 2x)."""
    shifted = rank_two.gram_minus_one(2 * np.pi / 3 * np.arange(3))
    for scale in (1e-3, 0.1, 1.0, 10.0):
        x = np.exp(-1.5 * scale)
        sigma = np.linalg.svd(softmax(scale * shifted, axis=1), compute_uv=False)
        np.testing.assert_allclose(sigma, [1, *[(1 - x) / (1 + 2 * x)] * 2], rtol=1e-9)


def test_three_regular_directions_dominate_from_a_known_scale():
    """2 exp(-3c/2) = 1."""
    angles = 2 * np.pi / 3 * np.arange(3)
    assert rank_two.dominance_scale(angles) == pytest.approx(np.log(2) / 1.5)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_dominance_begins_at_its_scale(seed):
    angles = rank_two.unit_vectors(30, seed)
    shifted = rank_two.gram_minus_one(angles)
    scale = rank_two.dominance_scale(angles)
    diagonal = np.diagonal(softmax(scale * shifted, axis=1)).min()
    assert diagonal == pytest.approx(0.5, abs=1e-6)
    closest = -shifted[~np.eye(30, dtype=bool)].max()
    assert scale <= np.log(29) / closest


def test_rank_curve_goes_from_one_to_n():
    curves = rank_two.rank_curve(sizes=(3, 12), scales=[1e-9, 1.0, 1e12], seeds=(0, 1))
    assert (curves["rank_before"] == 2).all()
    assert (curves.loc[curves["scale"] == 1e-9, "rank"] == 1).all()
    full = curves[curves["scale"] == 1e12]
    assert (full["rank"] == full["n"]).all()
    assert set(curves["rule"]) == {"torch", "1e-8"}


def test_dominance_scales_are_consistent_with_the_closest_pair():
    scales = rank_two.dominance_scales(sizes=(10, 40), seeds=range(5))
    assert len(scales) == 10
    assert (scales["scale"] <= np.log(scales["n"] - 1) / scales["closest"]).all()
    medians = scales.groupby("n")["scale"].median()
    assert medians[40] > 10 * medians[10]
