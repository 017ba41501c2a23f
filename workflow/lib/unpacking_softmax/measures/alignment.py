"""Alignment of a layer's weights with the representation they act on (Eq. 2; Figs 3, 10, 24, 25).

The paper writes a layer as Z = W A, with A the features of all samples (in, n). ||W A|| grows when
the right singular vectors of W meet the left singular vectors of A. They are compared here by
|cosines|, since the sign of a singular vector is arbitrary. A is not centred.
"""

import hashlib
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def weight_matrix(weight: Tensor) -> Tensor:
    """A Linear weight (out, in) as it is, a Conv2d weight as (out, in*kh*kw), in float64.

    The columns of a convolution are in the order of `torch.nn.functional.unfold`, so that
    `weight_matrix(w) @ unfold(x)` is the convolution.
    """
    return weight.detach().double().flatten(1)


def right_singular_vectors(matrix: Tensor, k: int) -> Tensor:
    """The top right singular vectors of `matrix` (m, d): (d, min(k, m, d)), by descending value.

    By the eigenvectors of the smaller Gram matrix: twice as fast as an SVD, and more where the
    matrix is oblong; as accurate for the leading vectors.
    """
    m, d = matrix.shape
    if d <= m:
        return torch.linalg.eigh(matrix.T @ matrix).eigenvectors.flip(1)[:, :k]
    left = torch.linalg.eigh(matrix @ matrix.T).eigenvectors.flip(1)[:, :k]
    # W^T u is sigma v; QR normalises, and keeps vanishing directions orthogonal to the others.
    return torch.linalg.qr(matrix.T @ left).Q


def alignment(weight: Tensor, activation_vectors: Tensor, k: int) -> Tensor:
    """|V_W^T U_A|: cosines between the top-k singular vectors of a weight and of its input (Eq. 2).

    `weight` is (out, in) or (out, in, kh, kw); `activation_vectors` (in, at least k) are the left
    singular vectors of the input A^{i-1} (features x samples), or of its im2col patches, by
    descending singular value. Returns (k, k) float64 in [0, 1], rows for the weight's vectors and
    columns for the activation's; fewer where a matrix has fewer (a classifier of 10 classes, 10).
    A weight or an input that is not finite (a diverged run) gives NaN.
    """
    matrix = weight_matrix(weight)
    vectors = activation_vectors.to(matrix)[:, :k]
    if not (matrix.isfinite().all() and vectors.isfinite().all()):
        return matrix.new_full((min(k, *matrix.shape), vectors.shape[1]), torch.nan)
    return (right_singular_vectors(matrix, k).T @ vectors).abs().clamp(max=1.0)


def max_alignment(cosines: Tensor) -> float:
    """The largest entry of `alignment`: the number that Figure 3 averages over layers."""
    return cosines.max().item()


def mean_row_max(cosines: Tensor) -> float:
    """Mean over the weight's singular vectors of the best match among the activation's."""
    return cosines.amax(dim=1).mean().item()


def random_positions(images: int, cells: int, count: int, key: str) -> Tensor:
    """`count` of `cells` output positions for each image, without replacement: (images, count) int64.

    All of them, in order, where there are no more. The draw depends on `key` alone.
    """
    if count >= cells:
        return torch.arange(cells).expand(images, -1)
    digest = hashlib.sha256(key.encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))
    return torch.rand(images, cells, generator=generator).topk(count, dim=1).indices


def tokens(x: Tensor, draw: Callable[[int], Tensor]) -> Tensor:
    """The input of a linear layer as rows (n, d): one an image, or a few of many tokens of each.

    `x` is (b, ..., d). draw(tokens of an image) gives those that are taken, (b, k), on the device of `x`.
    """
    if x.dim() == 2:
        return x
    flat = x.flatten(1, -2)
    chosen = draw(flat.shape[1])[..., None].expand(-1, -1, flat.shape[2])
    return flat.gather(1, chosen).flatten(0, 1)


def patches(x: Tensor, conv: nn.Conv2d, draw: Callable[[int], Tensor]) -> Tensor:
    """The receptive fields of `conv` at some output positions: rows of the im2col matrix.

    `x` is (b, c, h, w), the input of `conv` (numeric zero padding, groups=1). draw(h_out * w_out)
    gives the positions of each image, (b, k), on the device of `x`. The result is (b*k, c*kh*kw),
    columns in the order of `weight_matrix`.
    """
    (kh, kw), (sh, sw), (dh, dw) = conv.kernel_size, conv.stride, conv.dilation
    ph, pw = conv.padding
    padded = F.pad(x, (pw, pw, ph, ph))
    b, c, height, width = padded.shape
    out_h = (height - dh * (kh - 1) - 1) // sh + 1
    out_w = (width - dw * (kw - 1) - 1) // sw + 1
    chosen = draw(out_h * out_w)
    rows = (chosen // out_w * sh)[..., None] + torch.arange(kh, device=x.device) * dh
    columns = (chosen % out_w * sw)[..., None] + torch.arange(kw, device=x.device) * dw
    image = torch.arange(b, device=x.device).view(b, 1, 1, 1, 1)
    channel = torch.arange(c, device=x.device).view(1, 1, c, 1, 1)
    fields = padded[image, channel, rows[:, :, None, :, None], columns[:, :, None, None, :]]
    return fields.reshape(-1, c * kh * kw)
