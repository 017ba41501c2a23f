"""The twin of a network that computes in a lower precision, for forward and backward passes."""

import copy

import torch
from torch import nn

from unpacking_softmax.networks.heads import Classifier


def lowered(model: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A network that shares everything with `model` but the weights of its body, copied in `dtype`.

    The body's weights are those of convolutions and linear layers outside the classifier: the ones
    that autocast would cast in every forward pass. Called under autocast the twin computes what
    `model` would; gradients of its weights are in `dtype`, as autocast computes them before it casts.
    Biases, normalisation and its running statistics are the very tensors of `model`.
    """
    shared = [*model.parameters(), *model.buffers()]
    twin = copy.deepcopy(model, memo={id(tensor): tensor for tensor in shared})
    for layer in twin.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and not isinstance(layer, Classifier):
            layer.weight = nn.Parameter(layer.weight.detach().to(dtype))
    return twin
