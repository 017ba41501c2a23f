"""The points of a network, where its representations are read: one a line, with its shape for one image.

    python workflow/points.py resnet18
    python workflow/points.py timm/vit_tiny_patch16_224 --size 224
    python workflow/points.py models/mine.py:build --classes 100

Which are a study's, it says by an architecture's `points`: these names, or some of them.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

import torch

from unpacking_softmax.artefacts.errors import UserError
from unpacking_softmax.networks.door import build
from unpacking_softmax.networks.points import reading


def listed(network: str, classes: int, size: int) -> list[str]:
    """A line for each point: its place, name and shape, and the weight layer that leads to it."""
    model = build(network, classes=classes, image_size=size).eval()
    shapes: dict[str, str] = {}
    with torch.no_grad(), reading(model, lambda name, x: shapes.update({name: _shape(x)})):
        model(torch.zeros(1, 3, size, size))
    rows = [
        (str(place), point.name, shapes[point.name], point.weight)
        for place, point in enumerate(model.points, start=1)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _shape(x: torch.Tensor) -> str:
    return " x ".join(map(str, x.shape[1:]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", help="as a study names it")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--size", type=int, default=32, help="side of the images in pixels")
    given = parser.parse_args()
    try:
        print("\n".join(listed(given.network, given.classes, given.size)))
    except UserError as error:
        sys.exit(f"error: {error}")
