"""NC1-NC4 and OrthoDev on an exact simplex ETF, hand-worked cases, and Proposition I.1."""

import math

import numpy as np
import pytest

from unpacking_softmax.measures import collapse
from unpacking_softmax.readings.rank import numerical_rank

C, D = 5, 12


@pytest.fixture
def etf() -> np.ndarray:
    """Rows of a simplex ETF in R^12, of length 3: (C, d), cosines -1/(C-1)."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((D, C)))[0]
    return 3 * math.sqrt(C / (C - 1)) * (np.eye(C) - 1 / C) @ basis.T


def test_simplex_has_collapsed(etf):
    shift = np.arange(D)
    means = etf + shift
    np.testing.assert_allclose(collapse.centred(means), etf, atol=1e-13)
    assert collapse.nc2_norm_cov(etf) == pytest.approx(0, abs=1e-13)
    assert collapse.nc2_angle(etf) == pytest.approx(0, abs=1e-13)
    assert collapse.nc2_coherence(etf) == pytest.approx(0, abs=1e-13)
    assert collapse.nc2_etf(etf) == pytest.approx(0, abs=1e-13)
    assert collapse.nc3(0.1 * etf, means) == pytest.approx(0, abs=1e-13)


def test_orthogonal_frame_is_a_known_distance_from_the_simplex():
    """Cosines 0, not -1/(C-1); <I/||I||, E/||E||> = sqrt((C-1)/C) gives the Gram distance."""
    frame = np.eye(C)
    assert collapse.nc2_angle(frame) == 0
    assert collapse.nc2_coherence(frame) == pytest.approx(1 / (C - 1))
    assert collapse.nc2_etf(frame) == pytest.approx(math.sqrt(2 - 2 * math.sqrt((C - 1) / C)))


def test_unequal_lengths_and_angles_by_hand():
    vectors = np.array([[1.0, 0], [3.0, 0], [0, 2.0]])  # lengths 1, 3, 2; cosines 1, 0, 0
    assert collapse.nc2_norm_cov(vectors) == pytest.approx(math.sqrt(2 / 3) / 2)
    assert collapse.nc2_angle(vectors) == pytest.approx(math.sqrt(2) / 3)
    assert collapse.nc2_coherence(vectors) == pytest.approx((1.5 + 0.5 + 0.5) / 3)


def test_opposite_classifier_is_the_farthest(etf):
    assert collapse.nc3(-etf, etf) == pytest.approx(2)


def test_nc1_equals_the_trace_with_a_pseudo_inverse(etf):
    rng = np.random.default_rng(1)
    root = rng.standard_normal((D, D))
    within, between = root @ root.T, etf.T @ etf / C
    expected = np.trace(within @ np.linalg.pinv(between)) / C
    values, vectors = np.linalg.eigh(between)
    values, vectors = values[-(C - 1) :], vectors[:, -(C - 1) :]
    projected = vectors.T @ within @ vectors
    assert collapse.nc1_pinv(projected, values, C) == pytest.approx(expected)
    # within = s^2 I: tr = s^2 sum 1/lambda, and every lambda is 9 / (C-1) for lengths 3
    assert collapse.nc1_pinv(0.5 * np.eye(C - 1), values, C) == pytest.approx(0.5 * (C - 1) * (C - 1) / 9 / C)


def test_nc1_quotient():
    assert collapse.nc1_quotient(1.0, 4.0) == 0.25
    assert math.isnan(collapse.nc1_quotient(0.0, 0.0))


def test_cdnv_by_hand():
    means = np.array([[0.0, 0], [3, 4], [0, 2]])  # squared distances 25, 4, 13
    variances = np.array([1.0, 2, 3])
    expected = (3 / 50 + 4 / 8 + 5 / 26) / 3
    assert collapse.cdnv(means, variances) == pytest.approx(expected)
    assert collapse.cdnv(means, np.zeros(3)) == 0


def test_nearest_mean_agreement():
    means = np.array([[0.0, 0], [4, 0], [0, 10]])
    features = np.array([[1.9, 0], [2.1, 0], [0, 4.9], [0, 5.1]])  # nearest: 0, 1, 0, 2
    assert collapse.nc4(features, [0, 1, 0, 2], means) == 1
    assert collapse.nc4(features, [0, 0, 0, 1], means) == 0.5


def test_orthodev_by_hand():
    means = np.array([[1.0, 0, 0], [0, -2, 0], [3, 3, 0]])
    assert collapse.orthodev(means, [0, 0, 7]) == 0
    assert collapse.orthodev(means, [0, 5, 0]) == pytest.approx((0 + 1 + math.sqrt(0.5)) / 3)


def test_orthodev_of_a_positive_orthant_vanishes_only_when_centred(etf):
    """OOD features at mu_G + something orthogonal to the classes: centred 0, uncentred cos > 0."""
    shift = 10 * np.ones(D)
    means = etf + shift
    normal = np.linalg.svd(np.vstack([etf, shift]))[2][-1]
    assert collapse.orthodev_centred(means, shift + 2 * normal) == pytest.approx(0, abs=1e-12)
    lengths = math.sqrt(100 * D + 4)
    expected = np.mean([m @ (shift + 2 * normal) / (np.linalg.norm(m) * lengths) for m in means])
    assert collapse.orthodev(means, shift + 2 * normal) == pytest.approx(expected)
    assert expected > 0.9


def test_proposition_i1_collapsed_network_has_rank_c_minus_1(etf):
    labels = np.repeat(np.arange(C), 20)
    logits = etf[labels] @ (0.7 * etf).T  # NC1-NC3: samples are means, weights follow them
    sigma = np.linalg.svd(logits, compute_uv=False)
    assert numerical_rank(sigma, *logits.shape, "torch") == C - 1
    # M = S K (0.7 K)^T with S^T S = 20 I and K K^T of eigenvalue 9 C/(C-1), C-1 times.
    np.testing.assert_allclose(sigma[:-1], 0.7 * math.sqrt(20) * 9 * C / (C - 1))


def test_dead_or_diverged_representation_gives_nan(etf):
    dead = np.zeros((C, D))
    for measure in (collapse.nc2_norm_cov, collapse.nc2_angle, collapse.nc2_etf):
        assert math.isnan(measure(dead))
    assert math.isnan(collapse.orthodev(dead, np.ones(D)))
    assert math.isnan(collapse.nc3(etf, dead))
    assert math.isnan(collapse.nc4(np.full((3, D), np.nan), [0, 0, 0], etf))
