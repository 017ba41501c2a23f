"""What one pass of images through a network, forwards and backwards, shows of it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache

import torch
from torch import Tensor, nn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.protocol import Images, in_batches
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.measures.alignment import patches, random_positions, tokens
from unpacking_softmax.measures.features import PENULTIMATE, Reader
from unpacking_softmax.measures.gradient import gradient_matrices
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.points import reading, reading_inputs

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Seen:
    """Of n images, by point: moments of the input A^(i-1) of its weight layer (of im2col patches at a
    convolution, of tokens where an image has many); the representation, float32 (n, d), also at
    PENULTIMATE; and the gradient of the mean loss in its weight, (out, in) or (out, in*kh*kw), float64.
    """

    inputs: dict[str, Moments] = field(default_factory=dict)
    features: dict[str, Tensor] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)


def look(
    reader: Reader,
    images: Images,
    *,
    positions: int | None = None,
    features: bool = False,
    loss: Loss | None = None,
) -> Seen:
    """Pass images through a network in batches of `reader.batch`, in evaluation mode and true float32.

    positions: of each image that give rows of patches; None leaves the inputs out. features: whether
    representations are kept, all at once. loss(logits, labels): what gradients are of; none without it.
    """
    seen, n, parts = Seen(), len(images), in_batches(images, reader.batch)
    reader.model.eval()
    for rows, pixels in zip(parts, images.batches(parts), strict=True):
        with ExitStack() as hooks:
            hooks.enter_context(float32_arithmetic(tf32=False))
            if positions is not None:
                hooks.enter_context(_watching_inputs(reader, seen, rows, n, positions))
            if features:
                hooks.enter_context(_watching_features(reader, seen, rows, n))
            _pass(reader, pixels, images.labels[rows], len(pixels) / n, seen, loss)
    order = [*(point.name for point in reader.model.points), PENULTIMATE]  # not as they came by
    return replace(seen, features={name: seen.features[name] for name in order if features})


def _pass(
    reader: Reader, pixels: Tensor, labels: Tensor, share: float, seen: Seen, loss: Loss | None
) -> None:
    """One batch, this share of the images."""
    x = normalise(pixels, reader.mean, reader.std).contiguous(memory_format=torch.channels_last)
    if loss is None:
        with torch.no_grad():
            reader.model(x)
        return
    for name, gradient in gradient_matrices(reader.model, x, labels, loss, reader.model.points).items():
        seen.gradients[name] = seen.gradients.get(name, 0.0) + share * gradient.double()


def _watching_inputs(reader: Reader, seen: Seen, rows: slice, n: int, positions: int):
    layers = {point.name: reader.model.get_submodule(point.weight) for point in reader.model.points}

    def keep(name: str, x: Tensor) -> None:
        def draw(cells: int) -> Tensor:
            return _positions(n, cells, positions, f"{reader.name}/{name}", x.device)[rows]

        conv = isinstance(layers[name], nn.Conv2d)
        matrix = patches(x, layers[name], draw) if conv else tokens(x, draw)
        if name not in seen.inputs:
            seen.inputs[name] = Moments(matrix.shape[1], 1, matrix.device)
        seen.inputs[name].update(matrix)

    return reading_inputs(reader.model, keep)


def _watching_features(reader: Reader, seen: Seen, rows: slice, n: int) -> ExitStack:
    def put(name: str, x: Tensor) -> None:
        if name not in seen.features:
            seen.features[name] = torch.empty(n, x.shape[1], device=x.device)
        seen.features[name][rows] = x

    head = reader.model.get_submodule(reader.model.head_path)
    hooks = ExitStack()
    hooks.enter_context(reading(reader.model, lambda name, x: put(name, reader.chosen(name, x))))
    hooks.enter_context(
        head.register_forward_pre_hook(lambda _, inputs: put(PENULTIMATE, inputs[0].detach()))
    )
    return hooks


@cache
def _positions(images: int, cells: int, count: int, key: str, device: torch.device) -> Tensor:
    """`random_positions` on the device, drawn once for all snapshots."""
    return random_positions(images, cells, count, key).to(device)
