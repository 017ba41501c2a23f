import numpy as np
import pytest
import torch

from unpacking_softmax.measures.spectrum import Moments, feature_subset


def moments_of(x, labels=None, classes=1, pieces=3, device="cpu"):
    labels = torch.zeros(len(x), dtype=torch.int64) if labels is None else labels
    moments = Moments(x.shape[1], classes, device)
    for part, part_labels in zip(x.tensor_split(pieces), labels.tensor_split(pieces), strict=True):
        moments.update(part.to(device), part_labels.to(device))
    return moments


def with_spectrum(n, sigma, seed=0):
    """An n x d matrix with these singular values, and its right singular vectors."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.normal(size=(n, len(sigma))))[0]
    right = np.linalg.qr(rng.normal(size=(len(sigma), len(sigma))))[0]
    return torch.from_numpy(left * sigma @ right.T), right


@pytest.fixture
def clusters():
    """90 samples of 4 unequal classes in 7 dimensions, far from the origin."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.tensor([0] * 40 + [1] * 25 + [2] * 20 + [4] * 5)  # class 3 has no sample
    centres = torch.randn(5, 7, generator=generator) + 3
    x = centres[labels] + 0.3 * torch.randn(90, 7, generator=generator)
    order = torch.randperm(90, generator=generator)
    return x[order], labels[order]


def test_spectrum_of_a_matrix_worked_by_hand():
    x = torch.tensor([[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]])
    assert moments_of(x).spectrum().tolist() == pytest.approx([4, 3])


def test_spectrum_resolves_seven_orders_of_magnitude():
    sigma = np.logspace(0, -7, 50)
    x, _ = with_spectrum(400, sigma)
    np.testing.assert_allclose(moments_of(x, pieces=7).spectrum(), sigma, rtol=0.02)


def test_spectrum_of_fewer_samples_than_features():
    x = torch.randn(5, 12, generator=torch.Generator().manual_seed(2))
    spectrum = moments_of(x).spectrum()
    np.testing.assert_allclose(spectrum, np.linalg.svd(x.double().numpy())[1], rtol=1e-10)


def test_products_of_float32_samples_are_exact():
    # 4097 needs 13 bits, TF32 keeps 11; its square needs 25, float32 keeps 24.
    assert moments_of(torch.full((3, 1), 4097.0)).gram.item() == 3 * 4097**2


def test_centred_spectra(clusters):
    x, labels = clusters
    moments = moments_of(x, labels, 5)
    x = x.double().numpy()
    bias = np.arange(7.0)
    for got, matrix in [
        (moments.spectrum_about(moments.mean()), x - x.mean(0)),
        (moments.class_centred_spectrum(), x - x.mean(1, keepdims=True)),
        (moments.spectrum_about(torch.from_numpy(bias)), x - bias),
    ]:
        np.testing.assert_allclose(got, np.linalg.svd(matrix)[1], rtol=1e-9, atol=1e-5)


def test_class_centred_rank_of_logits_is_at_most_classes_less_one():
    generator = torch.Generator().manual_seed(3)
    spectrum = moments_of(torch.randn(50, 6, generator=generator)).class_centred_spectrum()
    assert spectrum[4] > 1
    assert spectrum[5] < 1e-6


def test_top_vectors_are_the_right_singular_vectors():
    x, right = with_spectrum(60, np.array([5.0, 4.0, 3.0, 2.0, 1e-6, 0.0]))
    sigma, vectors = moments_of(x).leading(4)
    vectors = vectors.numpy()
    np.testing.assert_allclose(sigma, [5, 4, 3, 2, 1e-6, 0], atol=1e-7)
    assert vectors.shape == (6, 4)
    np.testing.assert_allclose(np.abs(right[:, :4].T @ vectors), np.eye(4), atol=1e-12)
    assert (vectors[np.abs(vectors).argmax(0), range(4)] > 0).all()


def test_class_statistics_worked_by_hand():
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [5.0, 4.0], [5.0, 8.0]])
    moments = moments_of(x, torch.tensor([0, 0, 2, 2]), classes=3)
    assert moments.n == 4
    assert moments.class_counts.tolist() == [2, 0, 2]
    assert moments.mean().tolist() == [3, 3]
    assert moments.class_means()[[0, 2]].tolist() == [[1, 0], [5, 6]]
    assert moments.class_means()[1].isnan().all()
    assert moments.class_variances()[[0, 2]].tolist() == [1, 4]
    assert moments.within_trace() == pytest.approx(2.5)
    assert moments.between_trace() == pytest.approx(13)  # (2, 3) from the mean, on both sides
    projected, eigenvalues = moments.within_projected()
    assert eigenvalues.tolist() == pytest.approx([13])
    # Sigma_W = diag(0.5, 2) along (2, 3) / sqrt(13).
    assert projected.item() == pytest.approx((0.5 * 4 + 2 * 9) / 13)


def test_within_projected_gives_the_trace_with_the_pseudo_inverse(clusters):
    x, labels = clusters
    projected, eigenvalues = moments_of(x, labels, 5).within_projected()
    x, labels = x.double().numpy(), labels.numpy()
    means = np.stack([x[labels == label].mean(0) for label in labels])
    within = np.cov(x - means, rowvar=False, bias=True)
    between = np.cov(means, rowvar=False, bias=True)
    expected = np.trace(within @ np.linalg.pinv(between, rcond=1e-12, hermitian=True))
    assert len(eigenvalues) == 3  # four classes present, less one
    assert (projected.diagonal() / eigenvalues).sum().item() == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(eigenvalues, np.linalg.eigvalsh(between)[::-1][:3], rtol=1e-9)


def test_traces_add_up_to_the_total_variance(clusters):
    x, labels = clusters
    moments = moments_of(x, labels, 5)
    total = x.double().var(0, correction=0).sum().item()
    assert moments.within_trace() + moments.between_trace() == pytest.approx(total, rel=1e-12)


def test_a_diverged_network_gives_nan():
    moments = moments_of(torch.tensor([[1.0, 2.0], [float("inf"), 0.0], [1.0, 1.0]]))
    assert moments.spectrum().isnan().all()
    assert moments.spectrum_about(moments.mean()).isnan().all()
    assert moments.class_centred_spectrum().isnan().all()
    assert moments.leading(1)[1].isnan().all()
    assert moments.leading(1)[1].shape == (2, 1)
    assert all(part.isnan().all() for part in moments.within_projected())
    assert np.isnan([moments.within_trace(), moments.between_trace()]).all()


def test_feature_subset():
    assert feature_subset(4, 10, "any").tolist() == [0, 1, 2, 3]
    subset = feature_subset(65_536, 10_000, "resnet18/relu")
    assert subset.dtype == torch.int64
    assert len(subset.unique()) == len(subset) == 10_000
    assert (subset.diff() > 0).all()
    assert not torch.equal(subset, feature_subset(65_536, 10_000, "resnet18/layer1.0.relu1"))


def test_feature_subset_is_the_same_everywhere():
    assert feature_subset(1000, 5, "resnet18/relu").tolist() == [160, 212, 361, 431, 969]


def test_feature_subset_is_uniform():
    draws = torch.cat([feature_subset(10, 3, f"key {i}") for i in range(2000)])
    # Each index is drawn 600 times, with a standard deviation of 20.5.
    assert (draws.bincount() - 600).abs().max() < 90


@pytest.mark.gpu
def test_gpu_agrees_with_cpu(clusters):
    x, labels = clusters
    cpu, gpu = (moments_of(x, labels, 5, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(gpu.spectrum().cpu(), cpu.spectrum(), rtol=1e-9)
    np.testing.assert_allclose(gpu.leading(3)[1].cpu(), cpu.leading(3)[1], atol=1e-9)
    assert gpu.within_trace() == pytest.approx(cpu.within_trace(), rel=1e-12)
