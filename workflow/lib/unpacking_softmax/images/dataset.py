"""One data set: its two splits, its statistics, its file."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unpacking_softmax.errors import ArtefactError
from unpacking_softmax.files import replacing

TENSORS = ("train.images", "train.labels", "test.images", "test.labels")
METADATA = ("name", "classes", "mean", "std", "source", "sha256")


@dataclass(frozen=True)
class Split:
    """Images (n, 3, h, w) as uint8 and their labels (n,) as int64."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Dataset:
    """A train and a test split with the train split's statistics.

    `mean` and `std` hold one number a channel, for pixels in [0, 1]. `source` says in one line
    what the images are.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str

    @classmethod
    def from_splits(
        cls, name: str, train: Split, test: Split, classes: tuple[str, ...], source: str
    ) -> "Dataset":
        """Complete two splits with the channel statistics of the train split."""
        mean, std = channel_statistics(train.images)
        return cls(name, train, test, classes, mean, std, source)

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def image_size(self) -> int:
        """Side of the square images, in pixels."""
        return self.train.images.shape[-1]

    @property
    def sha256(self) -> str:
        """Hash over the pixel and label bytes of the train split, then of the test split."""
        digest = hashlib.sha256()
        for tensor in self.tensors().values():
            digest.update(tensor.cpu().contiguous().numpy())
        return digest.hexdigest()

    def tensors(self) -> dict[str, Tensor]:
        """The four tensors under the names they have in the file."""
        splits = (self.train.images, self.train.labels, self.test.images, self.test.labels)
        return dict(zip(TENSORS, splits, strict=True))


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and population standard deviation of each channel of uint8 images (n, 3, h, w).

    In [0, 1] units, over all pixels of all images. Summed over a histogram of the 256 levels, so
    that the sums are exact and no float copy of the images is made.
    """
    levels = torch.arange(256, dtype=torch.float64, device=images.device) / 255
    means, deviations = [], []
    for channel in images.unbind(1):
        shares = torch.bincount(channel.flatten(), minlength=256).double() / channel.numel()
        mean = (shares * levels).sum()
        variance = (shares * (levels - mean) ** 2).sum()
        means.append(mean.item())
        deviations.append(variance.sqrt().item())
    return tuple(means), tuple(deviations)


def save(dataset: Dataset, path: str | Path) -> None:
    """Write `dataset` as safetensors: four tensors, the rest as one JSON string of metadata.

    One string, since safetensors orders several at random: equal data sets are equal files.
    """
    values = {name: getattr(dataset, name) for name in METADATA}
    metadata = {"dataset": json.dumps(values)}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in dataset.tensors().items()}
    with replacing(path) as draft:
        save_file(tensors, draft, metadata)


def load(path: str | Path, device: str = "cpu") -> Dataset:
    """Read what `save` wrote, onto `device`.

    Raises:
        ArtefactError: the file is missing, damaged, or not such a file.
    """
    try:
        with safe_open(path, framework="pt", device=device) as file:
            metadata = json.loads((file.metadata() or {}).get("dataset", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    missing = {*TENSORS, *METADATA} - {*tensors, *metadata}
    if missing:
        raise _unusable(path, f"lacks {', '.join(sorted(missing))}")
    train = Split(tensors["train.images"], tensors["train.labels"])
    test = Split(tensors["test.images"], tensors["test.labels"])
    _check_shapes(path, train, test)
    dataset = Dataset(
        name=metadata["name"],
        train=train,
        test=test,
        classes=tuple(metadata["classes"]),
        mean=tuple(metadata["mean"]),
        std=tuple(metadata["std"]),
        source=metadata["source"],
    )
    if dataset.sha256 != metadata["sha256"]:
        raise _unusable(path, "holds other pixels or labels than its sha256 says")
    return dataset


def _check_shapes(path: str | Path, train: Split, test: Split) -> None:
    for split in (train, test):
        n, *image = split.images.shape
        fits = len(image) == 3 and image == list(train.images.shape[1:]) and image[0] == 3
        if not fits or split.labels.shape != (n,) or split.images.dtype != torch.uint8:
            shapes = f"images {tuple(split.images.shape)}, labels {tuple(split.labels.shape)}"
            raise _unusable(path, f"has impossible {shapes}")


def _unusable(path: str | Path, reason: str) -> ArtefactError:
    return ArtefactError(f"{path}: {reason}; delete the file, so that it is prepared again")
