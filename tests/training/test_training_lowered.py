"""The twin in bfloat16 against the network under autocast, on the CPU."""

import pytest
import torch

from unpacking_softmax.networks.door import new_network
from unpacking_softmax.training.lowered import lowered
from unpacking_softmax.training.sgd import SGD

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


def gradients(model, images):
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        logits = model.train()(images)
    return logits, torch.autograd.grad(logits.float().square().sum(), list(model.parameters()))


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_same_logits_and_gradients_as_autocast(make_data, make_settings, changes):
    data, settings = make_data(size=16), make_settings(**changes)
    images = data.train.images[:32] / 255
    plain = gradients(new_network(settings, data), images)
    model = new_network(settings, data)
    twin = gradients(lowered(model, torch.bfloat16), images)
    assert torch.equal(plain[0], twin[0])
    for expected, found in zip(plain[1], twin[1], strict=True):
        assert torch.equal(expected, found.float())


def test_shares_all_but_the_weights_of_the_body(make_data, make_settings):
    """conv and shortcut weights are copies; batch norm, its statistics and the classifier are not."""
    data, settings = make_data(size=16), make_settings(**RESNET8)
    model = new_network(settings, data)
    twin = lowered(model, torch.bfloat16)
    pairs = zip(model.named_parameters(), twin.parameters(), strict=True)
    copied = {name for (name, ours), theirs in pairs if ours is not theirs}
    assert copied == {name for name, p in model.named_parameters() if p.dim() == 4}
    assert all(a is b for a, b in zip(model.buffers(), twin.buffers(), strict=True))
    assert twin.fc.weight is model.fc.weight


def test_copies_follow_the_weights(make_data, make_settings):
    """One update of rate 1 by gradients of one: p falls by one; so does its bfloat16 copy."""
    data, settings = make_data(), make_settings()
    model = new_network(settings, data)
    twin = lowered(model, torch.bfloat16)
    before = [p.detach().clone() for p in model.parameters()]
    sgd = SGD(model, twin, torch.tensor(1.0), momentum=0.0, weight_decay=0.0)
    sgd.step_to_compile([torch.ones_like(leaf) for leaf in sgd.leaves])
    for start, ours, theirs in zip(before, model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.detach(), start - 1)
        assert torch.equal(theirs, ours.to(theirs.dtype))
    with torch.no_grad():
        model.hidden1.linear.weight.zero_()
    sgd.follow()
    assert not twin.hidden1.linear.weight.any()
