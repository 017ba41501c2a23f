"""Synthetic glyphs: characters in many fonts, drawn into random scenes.

A classification task with up to 100 classes that needs no download: the fonts are those that
Matplotlib ships.
"""

from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.images.scene import render

# Scenes vary the size, so of letters that differ in nothing else just one is here (O o, C c ...);
# no digits, nor letters like them (O, I, l): digits serve as out-of-distribution data.
CHARACTERS = (
    "ABCDEFGHJKLMNPQRSTUVWXYZabdefghijkmnopqrtuyΓΔΘΛΞΠΣΦΨΩαβγδεζηθλμξπστφψω&@#$%?!+=*/<>€£¥§¶©±÷√∞∫∂≈≠←→↑"
)
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique"),
    *("DejaVuSansMono-BoldOblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol"),
)
TILE = 48  # side of a mask, in pixels
INK = 36  # the longer side of the character in it; the rest is margin
DRAWN = 144  # font size at which characters are drawn before they are reduced to INK


def prepare(
    dataset: str, *, size: int, classes: int, train_per_class: int, test_per_class: int, seed: int
) -> Dataset:
    """Render the first `classes` characters as images of `size` x `size` pixels.

    The labels run 0, 1, ..., classes - 1, 0, 1, ...: every stretch of the data is balanced. The
    font of each image is random. The two splits have different random numbers.

    Raises:
        StudyError: `classes` is not between 1 and 100.
    """
    if not 1 <= classes <= len(CHARACTERS):
        raise StudyError(f"data set {dataset}: classes is {classes}, must be from 1 to {len(CHARACTERS)}")
    characters = CHARACTERS[:classes]
    masks = atlas(characters)
    counts = (train_per_class, test_per_class)
    train, test = (
        _split(masks, classes, count, size, np.random.default_rng([seed, split]))
        for split, count in enumerate(counts)
    )
    source = (
        f"synthetic glyphs: {classes} characters in {len(FONTS)} fonts shipped with Matplotlib, "
        f"in random scenes of {size} x {size} pixels (not photographs)"
    )
    return Dataset.from_splits(dataset, train, test, tuple(characters), source)


def _split(masks: Tensor, classes: int, per_class: int, size: int, rng: np.random.Generator) -> Split:
    labels = np.arange(classes * per_class) % classes
    fonts = rng.integers(len(FONTS), size=len(labels))
    images = render(masks, labels * len(FONTS) + fonts, size, rng)
    return Split(images, torch.from_numpy(labels))


def atlas(characters: str) -> Tensor:
    """Masks (len(characters) * len(FONTS), TILE, TILE) uint8; the fonts of a character adjoin."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [
        # The basic layout, since the other engine is not part of every Pillow.
        ImageFont.truetype(folder / f"{name}.ttf", DRAWN, layout_engine=ImageFont.Layout.BASIC)
        for name in FONTS
    ]
    masks = [mask(character, font) for character in characters for font in fonts]
    return torch.from_numpy(np.stack(masks))


def mask(character: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """One character (TILE, TILE) uint8: centred, its longer side INK pixels, 255 inside."""
    drawn = Image.new("L", (2 * DRAWN, 2 * DRAWN))  # room for every overhang
    ImageDraw.Draw(drawn).text((DRAWN, DRAWN), character, fill=255, font=font, anchor="mm")
    drawn = drawn.crop(drawn.getbbox())
    factor = INK / max(drawn.size)
    reduced = drawn.resize([max(1, round(side * factor)) for side in drawn.size], Image.Resampling.BILINEAR)
    tile = Image.new("L", (TILE, TILE))
    tile.paste(reduced, ((TILE - reduced.width) // 2, (TILE - reduced.height) // 2))
    return np.asarray(tile)
