"""Residual networks (He et al. 2016), with torchvision's names and initialisation.

The points of a block are the ReLU after each inner batch normalisation, and the ReLU after the
addition; each is its own module, and none works in place. With the ImageNet stem, weights of
torchvision's resnet18, resnet34 and resnet50 load as they are.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from unpacking_softmax.networks.heads import classifier, logits_point
from unpacking_softmax.networks.init import kaiming_fan_out
from unpacking_softmax.networks.points import Point

# Pixels a side: torchvision's stem would leave 1 px of a 32 px image to the last stage.
IMAGENET_STEM_FROM = 64


class PaddedShortcut(nn.Module):
    """Option A of He et al.: every `stride`-th pixel, and zeros for the channels to come.

    (b, c, h, w) -> (b, c + added, h / stride, w / stride), half of the zeros on either side.
    """

    def __init__(self, added: int, stride: int):
        super().__init__()
        self.padding = (0, 0, 0, 0, added // 2, added - added // 2)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, :: self.stride, :: self.stride], self.padding)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    convolutions = 2
    expansion = 1

    def __init__(self, channels: int, width: int, stride: int, shortcut: nn.Module):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride) and 1x1 convolutions beside a shortcut."""

    convolutions = 3
    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, shortcut: nn.Module):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu3 = nn.ReLU()
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        return self.relu3(self.bn3(self.conv3(y)) + self.downsample(x))


@dataclass(frozen=True)
class Plan:
    """Blocks and width of each stage; all stages but the first halve the map.

    `stem` "by size" is torchvision's from IMAGENET_STEM_FROM pixels on and a 3x3 convolution of
    stride 1 below; otherwise it is the stride of that 3x3 convolution.
    """

    block: type[BasicBlock] | type[Bottleneck]
    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    stem: Literal["by size"] | int = "by size"
    projection: bool = True


RESNETS: dict[str, Plan] = {
    "resnet8": Plan(BasicBlock, (1, 1, 1), (16, 32, 128), stem=2),
    "resnet18": Plan(BasicBlock, (2, 2, 2, 2), (64, 128, 256, 512)),
    "resnet20": Plan(BasicBlock, (3, 3, 3), (16, 32, 64), stem=1, projection=False),
    "resnet34": Plan(BasicBlock, (3, 4, 6, 3), (64, 128, 256, 512)),
    "resnet50": Plan(Bottleneck, (3, 4, 6, 3), (64, 128, 256, 512)),
}


class ResNet(nn.Sequential):
    """Stem, stages `layer1`, `layer2`, ... of residual blocks, average over the map, classifier.

    Takes images (b, 3, h, w).
    """

    head_path = "fc"

    def __init__(self, plan: Plan, classes: int, *, image_size: int, rank: int | None):
        layers = _stem(plan, image_size)
        channels = plan.widths[0]
        for i, (blocks, width) in enumerate(zip(plan.blocks, plan.widths, strict=True), start=1):
            layers[f"layer{i}"] = _stage(plan, channels, width, blocks, stride=1 if i == 1 else 2)
            channels = width * plan.block.expansion
        layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
        layers["flatten"] = nn.Flatten()
        layers["fc"] = classifier(channels, classes, rank)
        super().__init__(layers)
        kaiming_fan_out(self)
        self.points = (Point("conv1", "conv1", "relu"), *_inner(self), logits_point(rank))


def make(name: str, *, classes: int, image_size: int, variant: Mapping) -> ResNet:
    """The network of this name in RESNETS, with the classifier that `variant` asks for.

    What the door expects of any network: it maps normalised images (b, 3, h, w) to raw logits
    (b, classes), and has `points`, the tuple of its `Point`s in order, and `head_path`, that of its
    classifier, whose input (b, d) are the penultimate features. Weights as its reference draws them.
    """
    return ResNet(RESNETS[name], classes, image_size=image_size, rank=variant.get("head_rank"))


def _stem(plan: Plan, image_size: int) -> OrderedDict[str, nn.Module]:
    channels = plan.widths[0]
    large = plan.stem == "by size" and image_size >= IMAGENET_STEM_FROM
    if large:
        conv = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
    else:
        stride = 1 if plan.stem == "by size" else plan.stem
        conv = nn.Conv2d(3, channels, 3, stride, padding=1, bias=False)
    stem = OrderedDict(conv1=conv, bn1=nn.BatchNorm2d(channels), relu=nn.ReLU())
    if large:
        stem["maxpool"] = nn.MaxPool2d(3, stride=2, padding=1)
    return stem


def _stage(plan: Plan, channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    stage = []
    for _ in range(blocks):
        out = width * plan.block.expansion
        shortcut = _shortcut(channels, out, stride, plan.projection)
        stage.append(plan.block(channels, width, stride, shortcut))
        channels, stride = out, 1
    return nn.Sequential(*stage)


def _shortcut(channels: int, out: int, stride: int, projection: bool) -> nn.Module:
    if channels == out and stride == 1:
        return nn.Identity()
    if not projection:
        return PaddedShortcut(out - channels, stride)
    conv = nn.Conv2d(channels, out, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


def _inner(model: nn.Module) -> Iterator[Point]:
    for path, block in model.named_modules():
        if isinstance(block, BasicBlock | Bottleneck):
            for i in range(1, block.convolutions + 1):
                conv = f"{path}.conv{i}"
                yield Point(conv, conv, f"{path}.relu{i}")
