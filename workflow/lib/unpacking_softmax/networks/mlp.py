"""The multilayer perceptron: 8 weight layers of width 2048 in the paper (Appendix A.1)."""

from collections import OrderedDict
from collections.abc import Mapping

from torch import nn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.heads import classifier, logits_point
from unpacking_softmax.networks.points import Point
from unpacking_softmax.networks.variants import NORMALISATIONS

WIDTH = 2048  # Appendix A.1
DEPTH = 8


class MLP(nn.Sequential):
    """Linear -> [LayerNorm] -> ReLU, `depth - 1` times, then the classifier [-> LayerNorm].

    Takes images (b, 3, h, w), flattened on entry. `depth` counts weight layers: the paper's
    percentages of depth only fit a classifier that is the 8th of them.
    """

    head_path = "fc"

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


def make(
    name: str,
    *,
    classes: int,
    image_size: int,
    variant: Mapping,
    width: int | None,
    depth: int | None,
) -> MLP:
    """An MLP, see `resnet.make`. width: units of each hidden layer (WIDTH). depth: weight layers (DEPTH)."""
    width, depth = WIDTH if width is None else width, DEPTH if depth is None else depth
    if width < 1:
        raise StudyError(f"width: {width} is not at least 1")
    if depth < 2:
        raise StudyError(f"depth: {depth} leaves no hidden layer; use 2 or more")
    norm_hidden, norm_logits = NORMALISATIONS[variant.get("normalisation", "none")]
    return MLP(
        3 * image_size**2,
        classes,
        width=width,
        depth=depth,
        norm_hidden=norm_hidden,
        norm_logits=norm_logits,
        rank=variant.get("head_rank"),
    )


def _hidden(inputs: int, width: int, norm: bool) -> nn.Sequential:
    layers = OrderedDict(linear=nn.Linear(inputs, width))
    if norm:
        layers["norm"] = nn.LayerNorm(width)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)
