"""The multilayer perceptron: 8 weight layers of width 2048 in the paper (Appendix A.1)."""

from collections import OrderedDict

from torch import nn

from unpacking_softmax.networks.heads import classifier, logits_point
from unpacking_softmax.networks.points import Point


class MLP(nn.Sequential):
    """Linear -> [LayerNorm] -> ReLU, `depth - 1` times, then the classifier [-> LayerNorm].

    Takes images (b, 3, h, w), flattened on entry. `depth` counts weight layers: the paper's
    percentages of depth only fit a classifier that is the 8th of them.
    """

    head = "fc"

    def __init__(
        self,
        inputs: int,
        classes: int,
        *,
        width: int,
        depth: int,
        norm_hidden: bool,
        norm_logits: bool,
        rank: int | None,
    ):
        names = [f"hidden{i}" for i in range(1, depth)]
        layers = OrderedDict(flatten=nn.Flatten())
        for name in names:
            layers[name] = _hidden(inputs, width, norm_hidden)
            inputs = width
        layers["fc"] = classifier(inputs, classes, rank)
        if norm_logits:
            layers["norm"] = nn.LayerNorm(classes)
        super().__init__(layers)
        last = logits_point(rank, output="norm" if norm_logits else "fc")
        self.points = (*(Point(name, f"{name}.linear", f"{name}.relu") for name in names), last)


def _hidden(inputs: int, width: int, norm: bool) -> nn.Sequential:
    layers = OrderedDict(linear=nn.Linear(inputs, width))
    if norm:
        layers["norm"] = nn.LayerNorm(width)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)
