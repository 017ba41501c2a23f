"""Alignment against constructed singular vectors; patches against torch's own convolution."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from unpacking_softmax.measures.alignment import (
    alignment,
    max_alignment,
    mean_row_max,
    patches,
    random_positions,
    right_singular_vectors,
    tokens,
    weight_matrix,
)


def orthonormal(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(rows, columns, dtype=torch.float64, generator=generator)
    return torch.linalg.qr(matrix).Q


def matrix_with(left: torch.Tensor, sigma: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return left * sigma @ right.T


@pytest.mark.parametrize(("out", "inputs"), [(12, 20), (20, 12), (20, 20)])
def test_vectors_of_the_same_basis_give_the_identity(out, inputs):
    rank = min(out, inputs)
    right = orthonormal(inputs, rank, seed=1)
    sigma = torch.arange(rank, 0, -1, dtype=torch.float64)
    weight = matrix_with(orthonormal(out, rank, seed=2), sigma, right)
    torch.testing.assert_close(
        alignment(weight, -right, k=5), torch.eye(5, dtype=torch.float64), atol=1e-12, rtol=0
    )


def test_rotation_of_the_activation_gives_its_cosines():
    angle = math.radians(30)
    turn = torch.eye(8, dtype=torch.float64)
    turn[:2, :2] = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]],
        dtype=torch.float64,
    )
    weight = torch.diag(torch.arange(8, 0, -1, dtype=torch.float64))
    cosines = alignment(weight, turn, k=3)
    cos, sin = math.sqrt(3) / 2, 0.5
    expected = torch.tensor([[cos, sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(cosines, expected, atol=1e-12, rtol=0)
    assert max_alignment(cosines[:2]) == pytest.approx(cos)


def test_summaries_by_hand():
    cosines = torch.tensor([[0.5, 0.25], [0.75, 0.0], [0.125, 0.0]])
    assert max_alignment(cosines) == 0.75
    assert mean_row_max(cosines) == pytest.approx((0.5 + 0.75 + 0.125) / 3)


@pytest.mark.parametrize("shape", [(10, 40), (40, 10), (30, 30)])
def test_right_singular_vectors_are_those_of_the_svd(shape):
    matrix = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    reference = torch.linalg.svd(matrix, full_matrices=False).Vh[:6].T
    cosines = (right_singular_vectors(matrix, 6) * reference).sum(0).abs()
    torch.testing.assert_close(cosines, torch.ones(6, dtype=torch.float64), atol=1e-10, rtol=0)


def test_rank_deficient_weight_keeps_orthonormal_vectors():
    right = orthonormal(30, 10, seed=4)
    sigma = torch.tensor([3.0, 2, 1] + [0] * 7, dtype=torch.float64)
    weight = matrix_with(orthonormal(10, 10, seed=5), sigma, right)
    vectors = right_singular_vectors(weight, 10)
    torch.testing.assert_close(vectors.T @ vectors, torch.eye(10, dtype=torch.float64))
    assert max_alignment(alignment(weight, right[:, :3], k=15)[:3]) == pytest.approx(1.0)


def test_alignment_decides_the_norm_of_the_product():
    """Eq. 2: ||W A|| = ||Sigma_W V_W^T U_A Sigma_A||, so it is largest at alignment."""
    sigma = torch.tensor([5.0, 2.0, 1.0], dtype=torch.float64)
    basis = orthonormal(9, 3, seed=6)
    weight = matrix_with(orthonormal(7, 3, seed=7), sigma, basis)
    activation = matrix_with(orthonormal(9, 3, seed=8), sigma, orthonormal(50, 3, seed=9))
    left = torch.linalg.svd(activation, full_matrices=False).U
    product = sigma[:, None] * alignment(weight, left, k=3) * sigma
    assert product.norm().item() == pytest.approx((weight @ activation).norm().item())


def test_classifier_of_few_classes_has_as_many_rows():
    weight = torch.randn(10, 64, generator=torch.Generator().manual_seed(10))
    cosines = alignment(weight, orthonormal(64, 20), k=15)
    assert cosines.shape == (10, 15)
    assert cosines.dtype == torch.float64


def test_diverged_weight_gives_nan():
    weight = torch.full((10, 64), math.inf)
    assert alignment(weight, orthonormal(64, 20), k=15).isnan().all()


def draw(images, count, key="key"):
    return lambda cells: random_positions(images, cells, count, key)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [(3, 1, 1, 1), (3, 2, 1, 1), (1, 2, 0, 1), ((3, 2), (1, 2), (0, 1), (2, 1)), (7, 2, 3, 1)],
)
def test_all_patches_are_unfold_and_give_the_convolution(kernel, stride, padding, dilation):
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 5, kernel, stride, padding, dilation, bias=False)
    x = torch.randn(4, 3, 9, 8)
    fields = patches(x, conv, draw(4, 10_000))
    unfolded = F.unfold(x, kernel, dilation=dilation, padding=padding, stride=stride)
    assert torch.equal(fields, unfolded.transpose(1, 2).flatten(0, 1))
    output = conv(x).permute(0, 2, 3, 1).flatten(0, 2).double()
    torch.testing.assert_close(fields.double() @ weight_matrix(conv.weight).T, output, atol=1e-5, rtol=1e-5)


def test_random_patches_are_distinct_positions_of_their_own_image():
    conv = nn.Conv2d(1, 1, 1, bias=False)
    x = torch.arange(2 * 6 * 6, dtype=torch.float32).reshape(2, 1, 6, 6)
    fields = patches(x, conv, draw(2, 20)).reshape(2, 20)
    for image, drawn in zip(x, fields, strict=True):
        assert len(drawn.unique()) == 20
        assert torch.isin(drawn, image).all()
    assert torch.equal(fields.flatten(), patches(x, conv, draw(2, 20)).flatten())
    assert not torch.equal(fields.flatten(), patches(x, conv, draw(2, 20, "other")).flatten())


def test_random_positions_are_uniform():
    conv = nn.Conv2d(1, 1, 3, stride=2, padding=1, bias=False)
    x = torch.arange(36, dtype=torch.float32).reshape(1, 1, 6, 6).expand(3000, -1, -1, -1)
    centres = patches(x, conv, draw(3000, 3))[:, 4]
    values, counts = centres.unique(return_counts=True)
    assert values.tolist() == [0, 2, 4, 12, 14, 16, 24, 26, 28]
    # 9000 draws over 9 positions: mean 1000, s.d. sqrt(3000 * 1/3 * 2/3) = 26
    assert (counts - 1000).abs().max() < 5 * 26


def test_tokens_are_rows_that_a_linear_layer_acts_on():
    """All tokens in order, or those that are drawn for each image; one row an image where there is one."""
    x = torch.arange(2 * 4 * 3 * 5, dtype=torch.float32).view(2, 4, 3, 5)
    everything = tokens(x, lambda cells: torch.arange(cells).expand(2, -1))
    assert torch.equal(everything, x.reshape(24, 5))
    chosen = torch.tensor([[11, 0], [3, 4]])
    drawn = tokens(x, lambda cells: chosen)
    assert torch.equal(drawn, torch.stack([x[0, 3, 2], x[0, 0, 0], x[1, 1, 0], x[1, 1, 1]]))
    assert torch.equal(tokens(x[:, 0, 0], None), x[:, 0, 0])
