"""VGG-19 with batch normalisation (Simonyan & Zisserman 2015; Appendix A.1), and a small one."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from unpacking_softmax.networks.heads import classifier, logits_point
from unpacking_softmax.networks.points import Point


@dataclass(frozen=True)
class Plan:
    """Channels of the convolutions, a tuple for each stage, and units of two linear layers."""

    stages: tuple[tuple[int, ...], ...]
    linear: int


VGGS: dict[str, Plan] = {
    "vgg8": Plan(((16,), (32,), (64,), (128, 128)), linear=128),
    "vgg19": Plan(((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4), linear=512),
}


class VGG(nn.Sequential):
    """Stages of 3x3 convolution -> batch norm -> ReLU, each ended by 2x2 max pooling.

    What is left of the map is averaged (32 px images leave VGG-19 one pixel); two linear layers
    with ReLU, without normalisation or dropout, and the classifier follow. PyTorch's default
    initialisation. Takes images (b, 3, h, w).
    """

    head_path = "fc"

    def __init__(self, plan: Plan, classes: int, *, rank: int | None):
        layers, points = OrderedDict(), []
        channels = 3
        for stage, widths in enumerate(plan.stages, start=1):
            for width in widths:
                name = f"conv{len(points) + 1}"
                layers[name] = _convolution(channels, width)
                points.append(Point(name, f"{name}.conv", f"{name}.relu"))
                channels = width
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
        layers["average"] = nn.AdaptiveAvgPool2d(1)
        layers["flatten"] = nn.Flatten()
        for name in ("fc1", "fc2"):
            linear = nn.Linear(channels, plan.linear)
            layers[name] = nn.Sequential(OrderedDict(linear=linear, relu=nn.ReLU()))
            points.append(Point(name, f"{name}.linear", f"{name}.relu"))
            channels = plan.linear
        layers["fc"] = classifier(channels, classes, rank)
        super().__init__(layers)
        self.points = (*points, logits_point(rank))


def make(name: str, *, classes: int, image_size: int, variant: Mapping) -> VGG:
    """The network of this name in VGGS, see `resnet.make`; any image size from the registry's on will do."""
    return VGG(VGGS[name], classes, rank=variant.get("head_rank"))


def _convolution(channels: int, width: int) -> nn.Sequential:
    conv = nn.Conv2d(channels, width, 3, padding=1)
    return nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm2d(width), relu=nn.ReLU()))
