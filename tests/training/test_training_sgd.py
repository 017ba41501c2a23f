"""The optimiser against torch.optim.SGD."""

import pytest
import torch
from torch import nn

from unpacking_softmax.training.sgd import SGD


def parameters(seed=0):
    """A convolution's weight in channels-last order, a matrix, a vector."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (8, 3, 3, 3), (5, 7), (5,)
    weights = [torch.randn(shape, generator=generator) for shape in shapes]
    return [weights[0].contiguous(memory_format=torch.channels_last), *weights[1:]]


@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 1e-2), (0.0, 1e-2), (0.9, 0.0), (0.0, 0.0)])
@pytest.mark.parametrize("form", ["step", "step_to_compile"])
def test_same_as_torch_while_the_rate_falls(form, momentum, weight_decay):
    """Six updates; gradients come in the parameters' memory format and in the plain one."""
    ours = nn.ParameterList(parameters())
    theirs = [nn.Parameter(p.clone()) for p in ours]
    rate = torch.tensor(0.1)
    sgd = SGD(ours, ours, rate, momentum, weight_decay)
    update_by = getattr(sgd, form)
    reference = torch.optim.SGD(theirs, lr=0.1, momentum=momentum, weight_decay=weight_decay)
    for update in range(6):
        if update == 3:
            rate.fill_(0.01)
            reference.param_groups[0]["lr"] = 0.01
        gradients = parameters(seed=update + 1)
        if update % 2:
            gradients = [g.contiguous() for g in gradients]
        update_by(gradients)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient.clone()
        reference.step()
    for ours_now, theirs_now in zip(ours, theirs, strict=True):
        torch.testing.assert_close(ours_now, theirs_now, atol=1e-6, rtol=1e-6)


def test_two_steps_by_hand():
    """p = 1, g = 1, momentum 1/2, decay 1, rate 1/4: v = 2, p = 1/2; v = 1 + 3/2, p = -1/8."""
    model = nn.ParameterList([torch.ones(1)])
    sgd = SGD(model, model, torch.tensor(0.25), momentum=0.5, weight_decay=1.0)
    seen = []
    for _ in range(2):
        sgd.step([torch.ones(1)])
        seen.append(model[0].item())
    assert seen == [0.5, -0.125]
