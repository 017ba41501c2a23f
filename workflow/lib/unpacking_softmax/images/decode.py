"""One image file to pixels. Without torch: this is what the decoding processes import."""

from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, features

from unpacking_softmax.artefacts.errors import DataError, first_line
from unpacking_softmax.artefacts.files import KEPT_BACK, unreadable

# What a file holds counts, not its suffix. No other format is tried: Pillow would hand some to programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "PPM", "TIFF")
SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".dib", ".gif",
            ".pbm", ".pgm", ".pnm", ".ppm", ".tif", ".tiff"}  # fmt: skip
if "avif" in features.get_supported():  # from Pillow 11.3 on, and not in every build of it
    FORMATS += ("AVIF",)
    SUFFIXES.add(".avif")
MOST_PIXELS = 100_000_000  # of an image as stored and as enlarged: more is a mistake, or a trap
# How an image is turned upright, by the orientation that its EXIF block gives.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(path: Path, size: int) -> np.ndarray:
    """Read an image, turn it upright, reduce or enlarge its shorter side to `size`, crop the centre.

    Bilinear with antialiasing, as torchvision's Resize and CenterCrop do; an image that has the
    size already passes unchanged. Upright is what the EXIF orientation says, where there is one. Grey,
    palette and CMYK become RGB, transparency is dropped, of 16-bit colour the upper 8 bits are kept, of
    several frames or pages the first.

    Returns:
        uint8 (3, size, size).

    Raises:
        DataError: the file cannot be read, has none of FORMATS, is damaged or too large, or has grey
            levels of more than 8 bits.
    """
    try:
        if not path.is_file():
            raise ValueError("not a file")
        with Image.open(path, formats=FORMATS) as image:
            _check(image, size)
            rgb = _upright(image.convert("RGB"), image)
    except Exception as error:  # what Pillow raises for a damaged file differs from format to format
        if isinstance(error, OSError) and error.errno in KEPT_BACK:
            raise unreadable(path, error) from error
        reason = first_line(error)
        raise DataError(f"{path}: not a readable image ({reason}); replace it, or remove it") from error
    width, height = rgb.size
    if width <= height:
        rgb = rgb.resize((size, size * height // width), Image.Resampling.BILINEAR)
    else:
        rgb = rgb.resize((size * width // height, size), Image.Resampling.BILINEAR)
    left = round((rgb.width - size) / 2)
    top = round((rgb.height - size) / 2)
    return np.asarray(rgb.crop((left, top, left + size, top + size))).transpose(2, 0, 1)


def is_image(path: Path) -> bool:
    """Whether a file begins as an image of FORMATS, whatever its name."""
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except Exception:  # as in `decode`
        return False


def holds_more(path: Path) -> bool:
    """Whether an image that `decode` has read holds more frames or pages than the first.

    Not what cameras put beside a JPEG: previews, maps of depth or gain.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return image.format != "MPO" and getattr(image, "is_animated", False)
    except Exception:  # as in `decode`: what follows the first is there, though damaged
        return True


def _check(image: Image.Image, size: int) -> None:
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"more than 8 bits a channel, mode {image.mode}")
    shorter, longer = sorted(image.size)
    if max(shorter * longer, size * (size * longer // shorter)) > MOST_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels: too large, or too narrow to enlarge")


def _upright(rgb: Image.Image, image: Image.Image) -> Image.Image:
    """`rgb`, made from `image`, turned as the EXIF block of that says; as it is, where none can be read.

    Pillow turns TIFF by itself, and then no longer gives an orientation.
    """
    try:
        method = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # a damaged block: as in `decode`, it depends on where the damage is
        return rgb
    return rgb if method is None else rgb.transpose(method)
