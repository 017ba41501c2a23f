"""Representations as matrices: one forward pass over images, features chosen once for each point."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.protocol import Data, Images, in_batches
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.measures.spectrum import feature_subset
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.networks.door import load_network
from unpacking_softmax.networks.points import Point, reading


@dataclass(frozen=True)
class Reader:
    """How a network's representations are read.

    name: the architecture's name, which with a point's decides the features drawn there, so that
    temperatures, epochs and data sets are compared on the same ones. limit: features at a point
    before the logits, which are read whole. mean, std: of the data the network was trained on, also
    when it reads other data (inventory of ambiguities, 11). batch: images in a forward pass.
    """

    model: nn.Module
    name: str
    limit: int
    batch: int
    mean: Tensor
    std: Tensor

    def dimensions(self, images: Images) -> dict[str, int]:
        """Features read at each point, in network order."""
        first = next(self.stream(images.take(slice(1)), self.model.points))[1]
        return {name: x.shape[1] for name, x in first.items()}

    def chosen(self, name: str, output: Tensor) -> Tensor:
        """The features that are read of a point's output (b, ...): float32 (b, d)."""
        flat = output.flatten(1)
        if flat.shape[1] > self.limit and name != "logits":
            chosen = _chosen(flat.shape[1], self.limit, f"{self.name}/{name}", flat.device)
            flat = flat[:, chosen]
        return flat.float()

    @torch.inference_mode()
    def stream(
        self, images: Images, points: Sequence[Point], tf32: bool = False
    ) -> Iterator[tuple[slice, dict[str, Tensor]]]:
        """Yield (rows, {point: float32 (b, d)}) over all images in order, in true float32 or TF32."""
        self.model.eval()
        kept: dict[str, Tensor] = {}

        def keep(name: str, output: Tensor) -> None:
            kept[name] = self.chosen(name, output)

        order = in_batches(images, self.batch)
        for rows, pixels in zip(order, images.batches(order), strict=True):
            part = normalise(pixels, self.mean, self.std)
            with float32_arithmetic(tf32=tf32), reading(self.model, keep, points):
                self.model(part.contiguous(memory_format=torch.channels_last))
            yield rows, dict(kept)


@cache
def _chosen(d: int, limit: int, key: str, device: torch.device) -> Tensor:
    """`feature_subset` on the device; drawn once, not with every batch: it takes milliseconds."""
    return feature_subset(d, limit, key).to(device)


def open_reader(weights: str, settings: Mapping, trained_on: Data) -> Reader:
    """A reader of the network in `weights`, on the device of the data it was trained on.

    settings: network, variant, width, depth, features, batch.
    """
    device = trained_on.device
    return Reader(
        model=load_network(weights, settings, trained_on).to(memory_format=torch.channels_last),
        name=settings["network"],
        limit=settings["features"],
        batch=settings["batch"],
        mean=torch.tensor(trained_on.mean, device=device),
        std=torch.tensor(trained_on.std, device=device),
    )


def named_stream(
    reader: Reader, images: Images, names: Sequence[str]
) -> Iterator[tuple[slice, dict[str, Tensor]]]:
    """As `Reader.stream`, for points by name; PENULTIMATE is one more, the classifier's input (b, d).

    After a convolution the last post-ReLU point is a feature map, of which it is the average.
    """
    seen: dict[str, Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen[PENULTIMATE] = inputs[0].detach().float()

    head = reader.model.get_submodule(reader.model.head_path)
    with head.register_forward_pre_hook(keep):
        for rows, features in reader.stream(images, take(reader.model.points, names)):
            found = {**features, **seen}
            yield rows, {name: found[name] for name in names}


def take(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """The points of these names, in network order."""
    return [point for point in points if point.name in set(names)]
