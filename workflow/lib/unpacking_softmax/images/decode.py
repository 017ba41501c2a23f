"""One image file to pixels. Without torch: this is what the decoding processes import."""

from pathlib import Path

import numpy as np
from PIL import Image

from unpacking_softmax.artefacts.errors import DataError

# What a file holds counts, not its suffix. No other format is tried: Pillow would hand some to programs.
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 100_000_000  # of an image as stored and as enlarged: more is a mistake, or a trap
# What Pillow raises for files that are damaged or no images; which one depends on the format.
DAMAGED = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def decode(path: Path, size: int) -> np.ndarray:
    """Read an image, reduce or enlarge its shorter side to `size`, crop the centre.

    Bilinear with antialiasing, as torchvision's Resize and CenterCrop do; an image that has the
    size already passes unchanged. An EXIF orientation is ignored, as ImageNet's loaders do. Grey,
    palette and CMYK become RGB, transparency is dropped, of 16-bit colour the upper 8 bits are kept.

    Returns:
        uint8 (3, size, size).

    Raises:
        DataError: the file is no JPEG, PNG or WebP, is damaged or too large, or has grey levels of
            more than 8 bits.
    """
    try:
        if not path.is_file():
            raise ValueError("not a file")
        with Image.open(path, formats=FORMATS) as image:
            _check(image, size)
            rgb = image.convert("RGB")
    except DAMAGED as error:
        raise DataError(f"{path}: not a readable image ({error}); replace it, or remove it") from error
    width, height = rgb.size
    if width <= height:
        rgb = rgb.resize((size, size * height // width), Image.Resampling.BILINEAR)
    else:
        rgb = rgb.resize((size * width // height, size), Image.Resampling.BILINEAR)
    left = round((rgb.width - size) / 2)
    top = round((rgb.height - size) / 2)
    return np.asarray(rgb.crop((left, top, left + size, top + size))).transpose(2, 0, 1)


def _check(image: Image.Image, size: int) -> None:
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"more than 8 bits a channel, mode {image.mode}")
    shorter, longer = sorted(image.size)
    if max(shorter * longer, size * (size * longer // shorter)) > MOST_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels: too large, or too narrow to enlarge")
