"""Figure 6's experiment against limits that are known exactly."""

import numpy as np
import pytest
from scipy.special import softmax

from unpacking_softmax.theory.softmax_rank import low_rank, softmax_rank


@pytest.fixture(scope="module")
def curves():
    return softmax_rank(n=60, ranks=(1, 3), scales=[1e-9, 1e-2, 10.0, 1e9], seeds=range(4))


def test_scaling_leaves_the_rank_before_softmax(curves):
    assert (curves["rank_before"] == curves["k"]).all()
    for (_, _), group in curves.groupby(["k", "seed"]):
        np.testing.assert_allclose(group["norm"] / group["scale"], group["norm"].iloc[0] * 1e9)


def test_flat_softmax_has_rank_one(curves):
    assert (curves.loc[curves["scale"] == 1e-9, "rank"] == 1).all()


def test_one_hot_softmax_has_as_many_ranks_as_winning_rows(curves):
    for row in curves[curves["scale"] == 1e9].itertuples():
        assert row.rank == len(set(low_rank(60, row.k, row.seed).argmax(axis=0)))
    # u v^T has its column maxima in the rows of the largest and the smallest u.
    assert (curves.loc[(curves["scale"] == 1e9) & (curves["k"] == 1), "rank"] == 2).all()


def test_rank_rises_and_falls_and_grows_with_k(curves):
    mean = curves.groupby(["k", "scale"])["rank"].mean()
    for k in (1, 3):
        assert mean[k, 10.0] > max(mean[k, 1e-2], mean[k, 1e9])
    assert mean[3, 10.0] > 3 * mean[1, 10.0]


def test_rank_is_that_of_the_column_softmax_in_torch(curves):
    torch = pytest.importorskip("torch")
    row = curves[(curves["k"] == 3) & (curves["scale"] == 10.0)].iloc[2]
    matrix = torch.from_numpy(10.0 * low_rank(60, 3, int(row["seed"])))
    assert row["rank"] == int(torch.linalg.matrix_rank(matrix.softmax(0), rtol=60 * 2.0**-23))


def test_rank_is_read_under_every_rule(curves):
    row = curves[(curves["k"] == 3) & (curves["scale"] == 10.0)].iloc[2]
    sigma = np.linalg.svd(softmax(10.0 * low_rank(60, 3, int(row["seed"])), axis=0), compute_uv=False)
    cuts = {"torch": 60 * 2.0**-23 * sigma[0], "1e-8": 6e-7 * sigma[0], "1e-8-absolute": 6e-7}
    cuts["1e-3"] = 1e-3 * sigma[0]
    found = {rule: row[f"rank_{rule}"] for rule in cuts}
    assert found == {rule: (sigma > gamma).sum() for rule, gamma in cuts.items()}
    assert found["1e-3"] < found["torch"] < found["1e-8"]


def test_rank_one_logits_give_an_exactly_regular_softmax():
    """u_i = i log 2, v_j = j: exp(u v^T) is the Vandermonde matrix of 1, 2, 4, determinant 6."""
    logits = np.outer(np.arange(3) * np.log(2), np.arange(3))
    assert np.linalg.det(softmax(logits, axis=0)) == pytest.approx(6 / (3 * 7 * 21))


def test_draws_depend_on_the_seed_alone():
    first, again = (softmax_rank(n=10, ranks=(2,), scales=[1.0], seeds=[5]) for _ in range(2))
    assert first.equals(again)
    assert not np.array_equal(low_rank(10, 2, 5), low_rank(10, 2, 6))
    assert np.abs(low_rank(1000, 1, 0)).max() < 1
