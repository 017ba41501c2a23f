"""Gradients of the loss in each weight, whose rank that of the layer's input bounds (Eq. 3)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from unpacking_softmax.networks.points import Point


def gradient_matrices(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    points: Sequence[Point],
) -> dict[str, Tensor]:
    """dL/dW of each point's weight on one batch (Fig. 4), by point name.

    Returns float32 matrices (out, in) or, for convolutions, (out, in*kh*kw). `images` (b, 3, h, w)
    are normalised float32, `labels` (b,) int64, and `loss_fn(logits, labels)` is the scalar
    training loss with its temperature. The model runs in evaluation mode, where a sample's gradient
    is its own (batch statistics would couple them), and is left in the mode it had.
    By Eq. 3, rank(dL/dW^i) <= rank(A^{i-1}) with A^{i-1} the input of that layer on the same batch;
    for a convolution, the im2col matrix of its input. Call it within
    `arithmetic.float32_arithmetic(tf32=False)`: TF32's rounding fills the small singular values.
    """
    weights = [model.get_submodule(point.weight).weight for point in points]
    training = model.training
    model.eval()
    try:
        loss = loss_fn(model(images), labels)
        gradients = torch.autograd.grad(loss, weights)
    finally:
        model.train(training)
    return {point.name: gradient.flatten(1) for point, gradient in zip(points, gradients, strict=True)}
