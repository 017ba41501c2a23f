"""One data set that fits in memory: its two splits, its statistics, its file."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unpacking_softmax.artefacts.errors import unusable
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.identity import checksum, mismatch, named_by

TENSORS = ("train.images", "train.labels", "test.images", "test.labels")
AGAIN = "prepared"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value) > 0


def _are_channels(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 3 and all(type(v) is float and 0 <= v <= 1 for v in value)
    )


# What the file says of its images, and how each must look.
METADATA = {"name": _is_text, "classes": _are_names, "mean": _are_channels, "std": _are_channels,
            "source": _is_text, "sha256": _is_text}  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Images (n, 3, h, w) as uint8 and their labels (n,) as int64, on one device (`protocol.Images`)."""

    images: Tensor
    labels: Tensor

    @property
    def device(self) -> torch.device:
        return self.images.device

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: slice | Tensor) -> "Split":
        """The images and labels of these rows: a view of them for a slice, a copy for indices."""
        rows = rows if isinstance(rows, slice) else rows.to(self.device)
        return Split(self.images[rows], self.labels[rows])

    def batches(self, order: Iterable[slice | Tensor]) -> Iterator[Tensor]:
        """The images of each entry of `order`."""
        return (self.take(rows).images for rows in order)


@dataclass(frozen=True)
class Dataset:
    """A train and a test split with the train split's statistics, in memory (`protocol.Data`).

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
    def device(self) -> torch.device:
        return self.train.device

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
    metadata = {"dataset": json.dumps(values | {"checksum": checksum(values)})}
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
    except (OSError, SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise unusable(path, error, AGAIN) from error
    metadata = metadata if isinstance(metadata, dict) else {}
    if missing := {*TENSORS, *METADATA} - {*tensors, *metadata}:
        raise unusable(path, f"lacks {', '.join(sorted(missing))}", AGAIN)
    if faults := [name for name, fits in METADATA.items() if not fits(metadata[name])]:
        raise unusable(path, f"has the impossible {faults[0]} = {metadata[faults[0]]!r}", AGAIN)
    if metadata.get("checksum", checksum(metadata)) != checksum(metadata):  # earlier versions wrote none
        raise unusable(path, "was changed after it was written (another checksum)", AGAIN)
    if other := mismatch({"dataset": metadata["name"]}, named_by("dataset", path)):
        raise unusable(path, other, AGAIN)
    train = Split(tensors["train.images"], tensors["train.labels"])
    test = Split(tensors["test.images"], tensors["test.labels"])
    for split in (train, test):
        if fault := _fault(split, train.images.shape[1:], len(metadata["classes"])):
            raise unusable(path, f"has impossible {fault}", AGAIN)
    values = {name: tuple(metadata[name]) for name in ("classes", "mean", "std")}
    dataset = Dataset(train=train, test=test, name=metadata["name"], source=metadata["source"], **values)
    if dataset.sha256 != metadata["sha256"]:
        raise unusable(path, "holds other pixels or labels than its sha256 says", AGAIN)
    return dataset


def _fault(split: Split, image: torch.Size, classes: int) -> str | None:
    """What is wrong with a split, which should hold uint8 images of this shape and their labels."""
    images, labels = split.images, split.labels
    fits = images.ndim == 4 and images.shape[1:] == image and image[0] == 3 and image[1] == image[2] > 0
    if not fits or labels.shape != images.shape[:1] or len(labels) == 0:
        return f"images {tuple(images.shape)}, labels {tuple(labels.shape)}"
    if images.dtype != torch.uint8 or labels.dtype != torch.int64:
        return f"images of {images.dtype}, labels of {labels.dtype}"
    if labels.min() < 0 or labels.max() >= classes:
        return f"labels from {labels.min()} to {labels.max()} of {classes} classes"
    return None
