"""Small networks for tests, and what is read from them."""

import torch

from unpacking_softmax.networks.door import build
from unpacking_softmax.networks.points import reading


def small(architecture, **settings):
    torch.manual_seed(0)
    width = 24 if architecture == "mlp" else None
    return build(architecture, **{"classes": 10, "image_size": 32, "width": width, **settings})


def settled(architecture, **settings):
    """A network in evaluation mode whose running statistics are no longer the initial ones."""
    model = small(architecture, **settings)
    size = settings.get("image_size", 32)
    with torch.no_grad():
        model(torch.randn(8, 3, size, size))
    return model.eval()


def read(model, x, door=reading, points=None):
    seen = {}
    with torch.no_grad(), door(model, seen.__setitem__, points):
        model(x)
    return seen


def assert_identical(actual, expected):
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name
