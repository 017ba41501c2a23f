"""Small light shapes drawn into colourful, cluttered little pictures.

The scene is what turns a clean mask of a character into something that has to be learnt: a random
affine map, neighbours that reach in from the left and the right (as in street numbers), random
colours and pixel noise.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

CHUNK = 500  # images rendered at once: bounds the memory, does not alter the result
SUPERSAMPLING = 2


@dataclass(frozen=True)
class Scene:
    """Ranges of the random numbers, each uniform.

    rotation: degrees, either way. shift: of the image side, either way. scale: factor, from and to.
    shear: horizontal, either way. clutter: probability of a neighbour, on each of the two sides.
    noise: standard deviation of the Gaussian pixel noise, pixels in [0, 1]. colour: the channels of
    a background lie up to this far from black, those of a shape up to this far from white.
    """

    rotation: float = 20.0
    shift: float = 0.15
    scale: tuple[float, float] = (0.7, 1.15)
    shear: float = 0.15
    clutter: float = 0.4
    noise: float = 0.06
    colour: float = 0.5


def render(
    masks: Tensor,
    chosen: np.ndarray,
    size: int,
    rng: np.random.Generator,
    scene: Scene = Scene(),
) -> Tensor:
    """Draw one scene for each chosen mask: -> uint8 (n, 3, size, size).

    All random numbers come from NumPy in one thread and the tensor operations are elementwise or
    independent for each image, so the bytes do not depend on the number of threads.

    Args:
        masks: (k, s, s) uint8, 0 outside the shape and 255 inside; neighbours are drawn from these.
        chosen: (n,) index of the mask in the middle of each image.
        size: side of the images, in pixels.
        rng: source of all random numbers.
        scene: their ranges.
    """
    chunks = [
        _render_chunk(masks, chosen[start : start + CHUNK], size, rng, scene)
        for start in range(0, len(chosen), CHUNK)
    ]
    return torch.cat(chunks)


def _render_chunk(
    masks: Tensor, chosen: np.ndarray, size: int, rng: np.random.Generator, scene: Scene
) -> Tensor:
    n = len(chosen)
    image = _colours(scene.colour * rng.random((n, 3)))
    for side in (-1, 1):
        neighbours = rng.integers(len(masks), size=n)
        present = rng.random(n) < scene.clutter
        # So many image sides off centre that just a part of the neighbour shows.
        offset = side * rng.uniform(0.65, 0.95, n)
        cover = _cover(masks[neighbours], _placement(rng, n, scene, offset), size)
        cover = cover * torch.from_numpy(present).view(-1, 1, 1, 1)
        image = image + cover * (_colours(1 - scene.colour * rng.random((n, 3))) - image)
    cover = _cover(masks[chosen], _placement(rng, n, scene, np.zeros(n)), size)
    image = image + cover * (_colours(1 - scene.colour * rng.random((n, 3))) - image)
    noise = rng.standard_normal((n, 3, size, size), dtype=np.float32)
    image = image + scene.noise * torch.from_numpy(noise)
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def _colours(rgb: np.ndarray) -> Tensor:
    return torch.from_numpy(rgb.astype(np.float32))[:, :, None, None]


def _placement(rng: np.random.Generator, n: int, scene: Scene, offset: np.ndarray) -> Tensor:
    """Maps (n, 2, 3) from image to mask coordinates, both [-1, 1], as `affine_grid` takes them.

    `offset` (n,) moves the shape to the right, in image sides, besides the random shift.
    """
    angle = np.deg2rad(rng.uniform(-scene.rotation, scene.rotation, n))
    scale = rng.uniform(*scene.scale, n)
    shear = rng.uniform(-scene.shear, scene.shear, n)
    shift = rng.uniform(-scene.shift, scene.shift, (n, 2))
    shift[:, 0] += offset
    cos, sin = np.cos(angle), np.sin(angle)
    # From mask to image: shear, scale, turn, move. affine_grid wants the way back.
    forward = np.empty((n, 2, 2))
    forward[:, 0, 0], forward[:, 0, 1] = cos, shear * cos - sin
    forward[:, 1, 0], forward[:, 1, 1] = sin, shear * sin + cos
    inverse = np.linalg.inv(forward * scale[:, None, None])
    move = -inverse @ (2 * shift)[:, :, None]  # an image side is 2 units long
    return torch.from_numpy(np.concatenate([inverse, move], axis=2).astype(np.float32))


def _cover(masks: Tensor, placement: Tensor, size: int) -> Tensor:
    """Share of each pixel that the shape covers: (n, s, s), (n, 2, 3) -> (n, 1, size, size)."""
    fine = size * SUPERSAMPLING
    grid = functional.affine_grid(placement, [len(masks), 1, fine, fine], align_corners=False)
    sampled = functional.grid_sample(masks[:, None] / 255, grid, align_corners=False)
    return functional.avg_pool2d(sampled, SUPERSAMPLING)
