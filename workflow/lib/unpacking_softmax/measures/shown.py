"""The images that every snapshot of every run on a data set is shown: drawn once, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.measures.spectrum import feature_subset


@dataclass(frozen=True)
class Shown:
    """What every snapshot is shown, uint8 images (n, 3, h, w).

    own, batch: training images of the data set `name`, for representations and for gradients; the
    same where both are to be as many. others: images of each OOD data set, by name.
    """

    name: str
    own: Split
    batch: Split
    others: Mapping[str, Tensor]


def shown(data: Dataset, others: Sequence[Dataset], settings: Mapping) -> Shown:
    """Choose them from training splits. settings: images, gradient_batch (how many)."""
    count, in_batch = settings["images"], settings["gradient_batch"]
    own = balanced(data, count, f"{data.name}/images")
    return Shown(
        name=data.name,
        own=own,
        batch=own if in_batch == count else balanced(data, in_batch, f"{data.name}/gradients"),
        others={other.name: _images(other, settings["images"]) for other in others},
    )


def balanced(data: Dataset, count: int, key: str) -> Split:
    """`count` training images, as many of each class (one more of the first where they do not divide).

    Fewer where a class has fewer. The draw depends on `key` alone.
    """
    share, more = divmod(count, data.num_classes)
    rows = []
    for label in range(data.num_classes):
        members = (data.train.labels == label).nonzero().flatten()
        chosen = feature_subset(len(members), share + (label < more), f"{key}/{label}")
        rows.append(members[chosen.to(members.device)])
    kept = torch.cat(rows)
    return Split(data.train.images[kept], data.train.labels[kept])


def _images(data: Dataset, count: int) -> Tensor:
    chosen = feature_subset(len(data.train.labels), count, f"{data.name}/images")
    return data.train.images[chosen.to(data.train.images.device)]
