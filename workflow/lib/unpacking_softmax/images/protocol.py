"""What measures and training ask of images, wherever they lie: on the device, or read from a disk."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor


class Images(Protocol):
    """The labelled images of one split, in an order that never changes.

    labels: (n,) int64, on `device`, where the images are handed out too.
    """

    labels: Tensor

    @property
    def device(self) -> torch.device: ...

    def __len__(self) -> int: ...

    def take(self, rows: slice | Tensor) -> "Images":
        """Some of the images, by a slice or by indices (k,), in that order."""
        ...

    def batches(self, order: Iterable[slice | Tensor]) -> Iterator[Tensor]:
        """The images that each entry of `order` names, uint8 (b, 3, size, size), one batch after another.

        The whole order is given at once, so that what is read from a disk can be read ahead.
        """
        ...


class Data(Protocol):
    """A train and a test split, with the train split's statistics.

    classes: their names; num_classes, how many. image_size: side of the square images in pixels.
    mean, std: one number a channel, for pixels in [0, 1]. source: what the images are, in a line.
    sha256: of pixels and labels.
    """

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str

    @property
    def train(self) -> Images: ...

    @property
    def test(self) -> Images: ...

    @property
    def num_classes(self) -> int: ...

    @property
    def image_size(self) -> int: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def sha256(self) -> str: ...


def in_batches(images: Images, size: int) -> list[slice]:
    """The order that `Images.batches` takes, for all images as they come, `size` at a time."""
    return [slice(start, min(start + size, len(images))) for start in range(0, len(images), size)]
