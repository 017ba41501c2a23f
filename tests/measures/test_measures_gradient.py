"""Gradients against closed forms, and the rank bound of Eq. 3 on networks."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from unpacking_softmax.measures.gradient import gradient_matrices


def point(weight: str) -> SimpleNamespace:
    return SimpleNamespace(name=weight, weight=weight)


def mlp(widths: list[int], seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    layers: list[nn.Module] = [nn.Flatten()]
    for d, width in pairwise(widths):
        layers += [nn.Linear(d, width), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("temperature", [1.0, 100.0])
def test_softmax_classifier_has_the_textbook_gradient(temperature):
    """dL/dW = (P - Y)^T X / (n T)."""
    model = mlp([12, 4])
    images, labels = torch.randn(30, 3, 2, 2), torch.randint(4, (30,))

    def loss(logits, labels):
        return F.cross_entropy(logits / temperature, labels)

    x = images.flatten(1).double()
    logits = x @ model[1].weight.double().T + model[1].bias.double()
    error = (logits / temperature).softmax(1) - F.one_hot(labels, 4)
    expected = error.T @ x / (30 * temperature)
    (gradient,) = gradient_matrices(model, images, labels, loss, [point("1")]).values()
    assert gradient.dtype == torch.float32
    torch.testing.assert_close(gradient.double(), expected, atol=1e-8, rtol=1e-4)


def test_convolution_gradient_is_a_sum_of_patches():
    """For L = sum of outputs, each row of dL/dW is the sum of the im2col rows."""
    conv = nn.Conv2d(3, 2, 3, stride=2, padding=1)
    images = torch.randn(5, 3, 6, 6)
    (gradient,) = gradient_matrices(
        nn.Sequential(conv), images, torch.zeros(5), lambda z, _: z.sum(), [point("0")]
    ).values()
    expected = F.unfold(images, 3, padding=1, stride=2).sum((0, 2))
    torch.testing.assert_close(gradient, expected.expand(2, -1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_rank_is_bounded_by_that_of_the_input(rank):
    """Eq. 3, with a first layer that reads a matrix of known rank and a hidden one of width 5."""
    model = mlp([48, 40, 5, 30, 10])
    factors = torch.randn(200, rank), torch.randn(rank, 48)
    images, labels = (factors[0] @ factors[1]).reshape(200, 3, 4, 4), torch.randint(10, (200,))
    inputs: dict[str, torch.Tensor] = {}
    for name in ("1", "3", "5", "7"):
        module = model.get_submodule(name)
        module.register_forward_pre_hook(lambda _, x, name=name: inputs.update({name: x[0]}))
    gradients = gradient_matrices(
        model, images, labels, F.cross_entropy, [point(name) for name in ("1", "3", "5", "7")]
    )
    ranks = {name: int(torch.linalg.matrix_rank(g)) for name, g in gradients.items()}
    assert ranks["1"] == rank
    assert ranks["5"] <= 5
    for name, value in ranks.items():
        assert value <= int(torch.linalg.matrix_rank(inputs[name]))


def test_evaluation_mode_couples_no_samples_and_is_left_again():
    """With running statistics, the gradient of a mean loss is the mean of gradients of halves."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    model(torch.randn(50, 3, 4, 4))  # running statistics of some batch
    before = model[1].running_mean.clone()
    images, labels = torch.randn(20, 3, 4, 4), torch.randint(3, (20,))

    def gradient(rows):
        points = [point("0")]
        return gradient_matrices(model, images[rows], labels[rows], F.cross_entropy, points)["0"]

    halves = (gradient(slice(0, 10)) + gradient(slice(10, 20))) / 2
    torch.testing.assert_close(gradient(slice(0, 20)), halves, atol=1e-7, rtol=1e-5)
    assert model.training
    assert torch.equal(model[1].running_mean, before)
    assert all(parameter.grad is None for parameter in model.parameters())
