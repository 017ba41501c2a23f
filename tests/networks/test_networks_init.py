"""Statistics of the weights that each initialisation scheme draws."""

import pytest
import torch
from torch import nn

from unpacking_softmax.networks.door import build
from unpacking_softmax.networks.registry import NETWORKS


def drawn(architecture, variant):
    torch.manual_seed(0)
    width = 64 if architecture == "mlp" else None
    return build(architecture, classes=100, image_size=32, variant=variant, width=width)


def layers(model):
    return [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def assert_normal(weight, std):
    """Mean, standard deviation and kurtosis of a normal sample, at five standard errors."""
    z, n = weight.detach().double().flatten() / std, weight.numel()
    assert z.mean().abs() < 5 / n**0.5
    assert abs(z.std() - 1) < 5 / (2 * n) ** 0.5
    assert abs((z**4).mean() - 3) < 5 * (96 / n) ** 0.5  # var(z^4) = 105 - 9


def fan(layer):
    """Fan-in and fan-out of a layer."""
    area = layer.weight[0, 0].numel()
    return layer.weight.shape[1] * area, layer.weight.shape[0] * area


@pytest.mark.parametrize("architecture", ["resnet8", "resnet18", "resnet20", "resnet50"])
def test_default_of_resnets_is_fan_out_normal(architecture):
    model = drawn(architecture, {"init": {"scheme": "default"}})
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            assert_normal(module.weight, (2 / fan(module)[1]) ** 0.5)
        if isinstance(module, nn.BatchNorm2d):
            assert (module.weight == 1).all()
            assert (module.bias == 0).all()


@pytest.mark.parametrize("architecture", ["mlp", "vgg8", "vgg19"])
def test_default_elsewhere_is_torchs(architecture):
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)): variance 1 / (3 fan_in)."""
    for layer in layers(drawn(architecture, {})):
        bound = fan(layer)[0] ** -0.5
        assert 0.99 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)
        assert abs(layer.weight.std() / bound * 3**0.5 - 1) < 0.05
        assert layer.bias.abs().max() > 0


@pytest.mark.parametrize("architecture", NETWORKS)
def test_kaiming_is_fan_in_normal_with_zero_biases(architecture):
    for layer in layers(drawn(architecture, {"init": {"scheme": "kaiming"}})):
        assert_normal(layer.weight, (2 / fan(layer)[0]) ** 0.5)
        assert layer.bias is None or (layer.bias == 0).all()


@pytest.mark.parametrize("std", [0.005, 0.05])
@pytest.mark.parametrize("architecture", ["mlp", "vgg8", "resnet8"])
def test_normal_has_one_standard_deviation(architecture, std):
    for layer in layers(drawn(architecture, {"init": {"scheme": "normal", "std": std}})):
        assert_normal(layer.weight, std)
        assert layer.bias is None or (layer.bias == 0).all()


@pytest.mark.parametrize("head", [{}, {"head_rank": 5}])
@pytest.mark.parametrize("architecture", ["mlp", "vgg8", "resnet8"])
def test_last_init_is_uniform_on_the_last_layer_alone(architecture, head):
    model = drawn(architecture, {"last_init": {"uniform": 1e-12}, **head})
    *earlier, last = layers(model)
    assert 0.98e-12 < last.weight.abs().max() <= 1e-12
    assert abs(last.weight.std() / 1e-12 * 3**0.5 - 1) < 0.1
    assert last.bias is None or (last.bias == 0).all()
    for layer, plain in zip(earlier, layers(drawn(architecture, head)), strict=False):
        assert torch.equal(layer.weight, plain.weight)
    assert model(torch.randn(4, 3, 32, 32)).abs().max() < 1e-9


def test_last_init_follows_another_scheme():
    variant = {"init": {"scheme": "normal", "std": 0.02}, "last_init": {"uniform": 1e-3}}
    *earlier, last = layers(drawn("mlp", variant))
    assert last.weight.abs().max() <= 1e-3
    for layer in earlier:
        assert_normal(layer.weight, 0.02)
