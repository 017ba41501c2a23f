"""Proposition J.2: closed forms, its tight cases, and Figure 21's claim from draw to draw."""

import numpy as np
import pytest
from scipy.special import softmax

from unpacking_softmax.theory import spectral_gap


def one_hot(rows: list[int]) -> np.ndarray:
    """Column j is the unit vector of rows[j]."""
    return np.eye(len(rows))[:, rows]


def test_bound_by_hand():
    """Columns (1, 0) and (1/4, 3/4): r = 1/4, bound = sqrt(5/4) - sqrt(1/2 - 1/4)."""
    matrix = np.array([[1, 0.25], [0, 0.75]])
    assert spectral_gap.overlap(matrix) == 0.25
    assert spectral_gap.gap_bound(matrix) == pytest.approx(np.sqrt(1.25) - 0.5)
    top, bottom = spectral_gap.extremes(matrix)
    assert top * bottom == pytest.approx(0.75)  # |det|
    assert top**2 + bottom**2 == pytest.approx(1 + 10 / 16)  # ||S||_F^2


def test_overlap_is_the_largest_of_the_columns():
    """Columns e1, e1, e2: the third overlaps nothing, the first two each other."""
    assert spectral_gap.overlap(one_hot([0, 0, 1])) == 1


def test_claimed_tight_cases():
    cases = spectral_gap.bound_cases([2, 3, 10]).set_index(["case", "n"])
    n = np.array([2, 3, 10])
    np.testing.assert_allclose(cases.loc["one-row", "gap"], np.sqrt(n))
    np.testing.assert_allclose(cases.loc["one-row", "bound"], np.sqrt(n))
    np.testing.assert_allclose(cases.loc["identity", "gap"], 0)
    np.testing.assert_allclose(cases.loc["identity", "bound"], 1 - 1 / np.sqrt(n))


@pytest.mark.parametrize("rows", [[0, 0, 1, 2], [3, 3, 3, 1], [0, 0, 1, 1]])
def test_one_hot_with_equal_columns_is_tight(rows):
    count = max(rows.count(row) for row in rows)
    top, bottom = spectral_gap.extremes(one_hot(rows))
    assert top - bottom == pytest.approx(np.sqrt(count))
    assert spectral_gap.gap_bound(one_hot(rows)) == pytest.approx(np.sqrt(count))


def test_random_columns_are_probability_vectors():
    matrix = spectral_gap.random_stochastic(6, 0.01, np.random.default_rng(0))
    np.testing.assert_allclose(matrix.sum(axis=0), 1)
    assert matrix.min() >= 0
    assert np.all(spectral_gap.random_stochastic(6, 1e6, np.random.default_rng(0)) < 0.2)


def test_bound_holds_on_random_matrices():
    check = spectral_gap.bound_check(sizes=(2, 4, 20), concentrations=(0.05, 1, 50), draws=40)
    assert len(check) == 9
    assert (check["violations"] == 0).all()
    assert (check["tightness_max"] <= 1 + 1e-12).all()
    assert (check["tightness_mean"] <= check["tightness_max"]).all()
    # Nearly flat columns: gap 1 and r = (n-1)/n, so bound = sqrt(2 - 1/n) at n = 20.
    flat = check[(check["n"] == 20) & (check["concentration"] == 50)].iloc[0]
    assert flat["overlap_mean"] == pytest.approx(0.95, abs=0.01)
    assert flat["tightness_mean"] == pytest.approx(1 / np.sqrt(1.95), abs=0.01)


def test_a_false_bound_is_noticed(monkeypatch):
    monkeypatch.setattr(spectral_gap, "gap_bound", lambda matrix: 0.5)
    check = spectral_gap.bound_check(sizes=(4,), concentrations=(1,), draws=10)
    assert check["violations"].tolist() == [10]


def test_gap_curve_ends_where_theory_says():
    seed, n = 3, 5
    matrix = spectral_gap.rank_one(n, seed)
    assert np.linalg.matrix_rank(matrix) == 1
    curve = spectral_gap.gap_curve(n=n, seed=seed, temperatures=[1e-6, 1.0, 1e6])
    counts = np.bincount(matrix.argmax(axis=0))
    assert curve["gap"].iloc[0] == pytest.approx(np.sqrt(counts.max()))
    assert np.isinf(curve["ratio"].iloc[0])
    assert curve["rank"].iloc[0] == 2
    assert curve["gap"].iloc[-1] == pytest.approx(1, abs=1e-5)
    assert curve["rank"].iloc[-1] <= 2
    assert (curve["gap"] <= curve["bound"]).all()
    middle = curve.iloc[1]
    assert middle["ratio"] == pytest.approx(middle["sigma_1"] / middle["sigma_n"])


def test_column_products_split_by_the_winning_row():
    products = spectral_gap.column_products(seed=3, temperatures=[1e-6, 1e6])
    assert len(products) == 2 * 10
    assert (products["i"] < products["j"]).all()
    cold = products[products["temperature"] == 1e-6]
    np.testing.assert_allclose(cold["product"], cold["same"].astype(float), atol=1e-12)
    hot = products[products["temperature"] == 1e6]
    np.testing.assert_allclose(hot["product"], 0.2, atol=1e-5)


def test_gap_has_no_interior_minimum_but_the_ratio_has():
    """Figure 21's caption holds for ratio and rank, not for the difference, in every draw."""
    temperatures = np.logspace(-2, 2, 41)
    minima = spectral_gap.gap_minima(n=5, seeds=range(30), temperatures=temperatures)
    assert not minima["gap_interior"].any()
    assert (minima["gap_at"] == 100).all()
    assert minima["ratio_interior"].all()
    assert (minima["rank"] >= 4).all()
    assert minima["rank_at"].between(-2, 1).all()
    # At T = 100 columns are nearly alike, at T = 0.01 one-hot on two rows: the rank is higher between, but
    # for a draw whose logits are so small that they are not one-hot yet.
    assert list(minima.index[~minima["rank_interior"]]) == [29]
    ranks = spectral_gap.gap_curve(seed=29, temperatures=temperatures)["rank"]
    assert ranks.iloc[0] == ranks.max() == 5


def test_a_rank_that_is_highest_at_an_end_is_not_inside():
    falling = spectral_gap.gap_minima(n=5, seeds=range(5), temperatures=[0.3, 10, 1000])
    assert not falling["rank_interior"].any()


def test_ranks_are_read_under_every_rule():
    """At T = 20 the draw of seed 3 has singular values between the cuts of the rules."""
    drawn = {"n": 5, "seed": 3, "temperatures": np.logspace(-2, 2, 41)}
    curve = spectral_gap.gap_curve(**drawn)
    assert curve["rank_torch"].equals(curve["rank"])
    matrix = softmax(spectral_gap.rank_one(5, 3) / curve["temperature"].iloc[33], axis=0)
    sigma = np.linalg.svd(matrix, compute_uv=False)
    cuts = {"torch": 5 * 2.0**-23 * sigma[0], "1e-8": 5e-8 * sigma[0], "1e-8-absolute": 5e-8}
    cuts["1e-3"] = 1e-3 * sigma[0]
    found = {rule: curve[f"rank_{rule}"].iloc[33] for rule in cuts}
    assert found == {rule: (sigma > gamma).sum() for rule, gamma in cuts.items()}
    assert (found["1e-3"], found["torch"], found["1e-8"]) == (2, 3, 4)
