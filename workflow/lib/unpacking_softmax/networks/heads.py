"""Classifiers: from penultimate features to logits, always in the precision of their weights."""

import torch
from torch import Tensor, nn

from unpacking_softmax.networks.points import Point


class Classifier(nn.Linear):
    """A linear layer that leaves autocast, so that logits are float32 in a bfloat16 network.

    Logits reach 10^3 where temperatures are high; bfloat16 keeps only three digits of them.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map features (b, d) of any floating type to logits (b, C)."""
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.to(self.weight.dtype))


class LowRankClassifier(nn.Sequential):
    """d features -> `rank` units -> C logits, with no bias after the units (Appendix K).

    The logits matrix over any number of samples has rank at most `rank`.
    """

    def __init__(self, features: int, classes: int, rank: int):
        super().__init__()
        self.project = Classifier(features, rank)
        self.expand = Classifier(rank, classes, bias=False)


def classifier(features: int, classes: int, rank: int | None) -> nn.Module:
    """Return the module that every network keeps under the name `fc`."""
    if rank is None:
        return Classifier(features, classes)
    return LowRankClassifier(features, classes, rank)


def logits_point(rank: int | None, output: str = "fc") -> Point:
    """Return the last point of a network whose classifier is called `fc`."""
    return Point("logits", weight="fc" if rank is None else "fc.expand", output=output)
