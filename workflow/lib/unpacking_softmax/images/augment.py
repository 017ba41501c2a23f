"""Random crops and flips of a data set that lies on the device as uint8.

All random numbers of an epoch are drawn ahead on the CPU (`epoch_plan`); what runs in the training
step (`crop_flip`, `normalise`) has static shapes, no branch on data and no synchronisation, so that
it can be captured in a CUDA graph.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from unpacking_softmax.artefacts.errors import StudyError


@dataclass(frozen=True)
class EpochPlan:
    """Which images each step of an epoch sees, and how they are cropped and flipped.

    rows: (steps, batch) int64, indices of images.
    shift: (steps, batch, 2) int64 in [0, 2 padding], the crop's top and left in the padded image.
    flip: (steps, batch) bool, mirrored left to right.
    """

    rows: Tensor
    shift: Tensor
    flip: Tensor


def epoch_plan(n: int, batch: int, padding: int, flip: bool, seed: int, epoch: int) -> EpochPlan:
    """Draw the plan of one epoch over `n` images; an incomplete last batch is dropped.

    The numbers depend on (seed, epoch) alone, so that a resumed run draws what an uninterrupted
    one would have drawn. `padding=0` and `flip=False` mean no augmentation.

    Raises:
        StudyError: a batch holds more images than there are.
    """
    steps = n // batch
    if steps == 0:
        raise StudyError(f"batch {batch} exceeds the {n} training images; choose a smaller batch")
    # SeedSequence mixes the pair: seed + epoch would give neighbouring seeds the same epochs.
    state = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    generator = torch.Generator().manual_seed(int(state[0]))
    rows = torch.randperm(n, generator=generator)[: steps * batch].view(steps, batch)
    shift = torch.randint(2 * padding + 1, (steps, batch, 2), generator=generator)
    mirrored = torch.zeros(steps, batch, dtype=torch.bool)
    if flip:
        mirrored = torch.randint(2, (steps, batch), generator=generator).bool()
    return EpochPlan(rows, shift, mirrored)


def pad(images: Tensor, padding: int) -> Tensor:
    """Black border around uint8 images: (n, 3, h, w) -> (n, 3, h + 2 padding, w + 2 padding).

    Zeros before normalisation, as torchvision's RandomCrop pads.
    """
    return functional.pad(images, (padding,) * 4)


def crop_flip(padded: Tensor, rows: Tensor, shift: Tensor, flip: Tensor, size: int) -> Tensor:
    """Gather, crop and mirror a batch in one indexing: -> uint8 (b, 3, size, size).

    Args:
        padded: (n, 3, h, w) uint8, from `pad`.
        rows: (b,) indices into the images.
        shift: (b, 2) top and left of each crop.
        flip: (b,) bool, whether the crop is mirrored left to right.
        size: side of the crop, in pixels.
    """
    pixel = torch.arange(size, device=padded.device)
    channel = torch.arange(padded.shape[1], device=padded.device)
    y = shift[:, :1] + pixel
    x = shift[:, 1:] + torch.where(flip[:, None], size - 1 - pixel, pixel)
    return padded[rows[:, None, None, None], channel[:, None, None], y[:, None, :, None], x[:, None, None, :]]


def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """(images / 255 - mean) / std a channel: uint8 (b, 3, h, w) -> float32 of the same shape."""
    return (images / 255 - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)
