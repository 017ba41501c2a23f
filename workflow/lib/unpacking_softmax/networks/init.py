"""Initialisation schemes (Section 5 and Appendix E: they act as a temperature)."""

from collections.abc import Iterator, Mapping

import torch
from torch import nn


def initialise(model: nn.Module, scheme: Mapping) -> None:
    """Draw the weights of all convolutions and linear layers anew; biases become zero.

    Args:
        scheme: {"scheme": "default"} keeps what the architecture's constructor drew;
            "kaiming" draws from N(0, 2 / fan_in) (He et al. 2015);
            "normal" from N(0, std^2), with `std` a key of the mapping.
    """
    if scheme["scheme"] == "default":
        return
    for layer in _weight_layers(model):
        if scheme["scheme"] == "kaiming":
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, std=scheme["std"])
        _zero_bias(layer)


@torch.no_grad()
def initialise_last(model: nn.Module, bound: float) -> None:
    """Draw the last layer's weights from U(-bound, bound) and set its bias to zero.

    With 1e-12 this is what contrastive reinforcement learning does (Section 5). A bias left at
    its usual size would alone decide the norm of the logits.
    """
    layer = model.get_submodule(model.points[-1].weight)
    nn.init.uniform_(layer.weight, -bound, bound)
    _zero_bias(layer)


def kaiming_fan_out(model: nn.Module) -> None:
    """Draw every convolution from N(0, 2 / fan_out), as torchvision does for its ResNets.

    Batch normalisation keeps weight 1 and bias 0 (no zero-initialised residual branch), and the
    classifier PyTorch's default.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def _weight_layers(model: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    return (layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear))


def _zero_bias(layer: nn.Conv2d | nn.Linear) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
