"""Scikit-learn's handwritten digits, plain or in the scenes that the synthetic glyphs have.

1,797 real 8 x 8 images (E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits",
UCI Machine Learning Repository, 1998). Two thirds of them are for training, one third for testing.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.images.glyphs import INK, TILE
from unpacking_softmax.images.scene import render

TRAIN_DIGITS = 1200


def prepare(dataset: str, *, size: int, scene: bool, train: int, test: int, seed: int) -> Dataset:
    """Digits as images of `size` x `size` pixels, `train` and `test` of them.

    `scene=False`: the digits enlarged, light on black, each at most once. `scene=True`: each
    digit in as many random scenes as the counts ask for. No digit is in both splits.

    Raises:
        StudyError: more plain digits are asked for than there are.
    """
    digits, labels = load_digits(return_X_y=True)
    digits = torch.from_numpy(digits).view(-1, 8, 8)
    # The glyphs use the streams [seed, 0] and [seed, 1]: their scenes and these must not be alike.
    rng = np.random.default_rng([seed, 2])
    order = rng.permutation(len(labels))
    splits = []
    for pool, count in ((order[:TRAIN_DIGITS], train), (order[TRAIN_DIGITS:], test)):
        if count > len(pool) and not scene:
            raise StudyError(
                f"data set {dataset}: asks for {count} digits of {len(pool)}; "
                "lower the count, or set `scene: true`"
            )
        chosen = np.arange(count) % len(pool)
        images = _scenes(digits[pool], chosen, size, rng) if scene else _plain(digits[pool[chosen]], size)
        splits.append(Split(images, torch.from_numpy(labels[pool[chosen]])))
    form = "in random scenes" if scene else "enlarged"
    source = f"scikit-learn's handwritten digits (8 x 8, UCI), {form}, {size} x {size} pixels"
    return Dataset.from_splits(dataset, *splits, tuple("0123456789"), source)


def _enlarge(digits: Tensor, size: int) -> Tensor:
    """Digits (n, 8, 8) with levels 0 to 16 -> uint8 (n, size, size)."""
    enlarged = functional.interpolate(digits[:, None] * (255 / 16), size, mode="bilinear")
    return enlarged[:, 0].round().to(torch.uint8)


def _plain(digits: Tensor, size: int) -> Tensor:
    return _enlarge(digits, size)[:, None].repeat(1, 3, 1, 1)


def _scenes(digits: Tensor, chosen: np.ndarray, size: int, rng: np.random.Generator) -> Tensor:
    margin = (TILE - INK) // 2
    masks = functional.pad(_enlarge(digits, INK), (margin,) * 4)
    return render(masks, chosen, size, rng)
