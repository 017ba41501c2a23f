"""Whole-split logits and their statistics against numpy's SVD."""

import numpy as np
import pytest
import torch

from unpacking_softmax.networks.door import new_network
from unpacking_softmax.training.evaluate import all_logits, logits_statistics


def svd(matrix):
    return np.linalg.svd(np.asarray(matrix, dtype=np.float64), compute_uv=False)


@pytest.mark.parametrize("temperature", [1.0, 30.0])
def test_statistics_are_those_of_an_svd(temperature):
    torch.manual_seed(0)
    logits = 5 * torch.randn(200, 6) + torch.arange(6)
    statistics = logits_statistics(logits, torch.arange(200) % 6, 6, temperature)
    m = logits.double().numpy()
    powers = np.exp(m / temperature)
    expected = {
        "singular_values": svd(m),
        "singular_values_centred": svd(m - m.mean(1, keepdims=True)),
        "singular_values_softmax": svd(powers / powers.sum(1, keepdims=True)),
    }
    for name, sigma in expected.items():
        # Through a Gram matrix: good to the root of float64's epsilon, relative to sigma_1.
        np.testing.assert_allclose(statistics[name], sigma, atol=3e-8 * sigma[0])
    assert statistics["n"] == 200
    assert statistics["logits_norm"] == pytest.approx(np.sqrt((m**2).sum()), rel=1e-12)
    assert statistics["logits_norm_rms"] == pytest.approx(np.sqrt((m**2).sum(1).mean()), rel=1e-12)


def test_known_spectrum():
    """Rows of 3 and 4 on two axes: ||M|| = 5 sqrt 2, and one row of means removed from each."""
    logits = torch.tensor([[3.0, 0, 0], [0, 4, 0], [3, 0, 0], [0, 4, 0]])
    statistics = logits_statistics(logits, torch.tensor([0, 1, 0, 1]), 3, 1.0)
    root = 2**0.5
    assert statistics["singular_values"] == pytest.approx([4 * root, 3 * root, 0], abs=1e-7)
    assert statistics["logits_norm"] == pytest.approx(5 * root)
    assert statistics["logits_norm_rms"] == pytest.approx(5 / root)
    assert statistics["singular_values_centred"][2] == pytest.approx(0, abs=1e-7)


def test_logits_are_raw_in_order_and_in_eval_mode(make_data, make_settings):
    data = make_data(size=16)
    model = new_network(make_settings(network="resnet8", width=None, depth=None), data)
    with torch.no_grad():  # running statistics unlike any batch's
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    mean, std = torch.tensor(data.mean), torch.tensor(data.std)
    images = data.train.images
    model.train()
    logits = all_logits(model, data.train, mean, std, batch=7)
    assert not model.training
    scaled = (images.double() / 255 - mean[:, None, None]) / std[:, None, None]
    with torch.no_grad():
        expected = model.double()(scaled)
    assert logits.shape == (64, 4)
    torch.testing.assert_close(logits.double(), expected.double(), atol=1e-4, rtol=1e-4)
