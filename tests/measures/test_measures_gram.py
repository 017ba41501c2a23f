"""Both ways to X^T X against an SVD in float64."""

import numpy as np
import pytest
import torch

from unpacking_softmax.measures import gram
from unpacking_softmax.measures.gram import Factor, Gram
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.readings.rank import RULES, numerical_rank

SPECTRA = {
    "slow decay": np.logspace(0, -3.1, 60),
    "fast decay": np.logspace(0, -6, 60),
    "rank 9": np.r_[np.ones(9), np.zeros(51)],
    "one large, the rest just above and below the cuts": np.r_[1e3, np.linspace(0.05, 2.0, 59)],
}


def with_spectrum(n, sigma):
    """A float32 matrix (n, d) of these singular values, and those it has after rounding."""
    rng = np.random.default_rng(0)
    left = np.linalg.qr(rng.normal(size=(n, len(sigma))))[0]
    right = np.linalg.qr(rng.normal(size=(len(sigma), len(sigma))))[0]
    x = torch.from_numpy(left * sigma @ right.T).float()
    return x, np.linalg.svd(x.double().numpy(), compute_uv=False)


def singular_values(way, x, pieces):
    for part in x.double().tensor_split(pieces):
        way.add(part)
    return torch.linalg.eigvalsh(way.matrix()).flip(0).clamp_min(0).sqrt()


@pytest.mark.parametrize("sigma", SPECTRA.values(), ids=SPECTRA)
@pytest.mark.parametrize("pieces", [1, 3, 50])
@pytest.mark.parametrize("way", [Gram, Factor])
def test_same_singular_values_and_ranks_as_an_svd(way, pieces, sigma):
    """In pieces smaller and larger than d. Factor is within 1e-6 sigma_1, what is asked of spectra."""
    x, expected = with_spectrum(400, sigma)
    found = singular_values(way(60), x, pieces)
    np.testing.assert_allclose(found, expected, atol=1e-6 * expected[0])
    for rule in RULES:
        ranks = [numerical_rank(values, 50_000, 60, rule) for values in (found.numpy(), expected)]
        assert ranks[0] == ranks[1], rule


@pytest.mark.parametrize("wide", [7, 13, 60])
def test_blocks_above_the_diagonal_make_the_whole_matrix(monkeypatch, wide):
    monkeypatch.setattr(gram, "WIDE", wide)
    x, _ = with_spectrum(90, np.logspace(0, -2, 60))
    way = Gram(60)
    for part in x.double().tensor_split(4):
        way.add(part)
    torch.testing.assert_close(way.matrix(), x.double().T @ x.double(), rtol=1e-13, atol=1e-13)
    assert torch.equal(torch.linalg.eigvalsh(way.triangle()), torch.linalg.eigvalsh(way.matrix()))


def test_factor_of_fewer_samples_than_features():
    x = torch.randn(5, 12, generator=torch.Generator().manual_seed(2))
    found = singular_values(Factor(12), x, 2)[:5]
    np.testing.assert_allclose(found, np.linalg.svd(x.double().numpy())[1], rtol=1e-6)


def test_samples_may_be_added_after_a_look():
    x = torch.randn(90, 7, generator=torch.Generator().manual_seed(3))
    way = Factor(7)
    way.add(x[:50])
    first = way.matrix()
    torch.testing.assert_close(first, x[:50].double().T @ x[:50].double(), rtol=1e-5, atol=1e-5)
    way.add(x[50:])
    torch.testing.assert_close(way.matrix(), x.double().T @ x.double(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("d", "slow", "way"), [(2048, True, Factor), (2047, True, Gram), (4096, False, Gram)]
)
def test_chosen_by_what_the_device_is_slow_at(monkeypatch, d, slow, way):
    monkeypatch.setattr(gram, "float64_is_slow", lambda _: slow)
    assert isinstance(gram.products(d, torch.device("cpu")), way)


def test_moments_of_a_slow_card(monkeypatch):
    """The same spectrum, class moments and leading vectors by either way."""
    x = torch.randn(300, 40, generator=torch.Generator().manual_seed(4)) * torch.logspace(0, -2, 40)
    labels = torch.arange(300) % 5
    plain = Moments(40, 5)
    monkeypatch.setattr(gram, "WIDE", 1)
    monkeypatch.setattr(gram, "float64_is_slow", lambda _: True)
    other = Moments(40, 5)
    for moments in (plain, other):
        for part, part_labels in zip(x.split(64), labels.split(64), strict=True):
            moments.update(part, part_labels)
    torch.testing.assert_close(other.spectrum(), plain.spectrum(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(other.leading(5)[1], plain.leading(5)[1], rtol=0, atol=1e-3)
    (within, between), (expected_within, expected) = other.within_projected(), plain.within_projected()
    torch.testing.assert_close(between, expected, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(within.diagonal(), expected_within.diagonal(), rtol=1e-3, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_factor_on_a_gpu_agrees_with_float64():
    x, expected = with_spectrum(3000, np.logspace(0, -5, 600))
    found = singular_values(Factor(600, "cuda"), x.cuda(), 7)
    np.testing.assert_allclose(found.cpu(), expected, atol=1e-6 * expected[0])
