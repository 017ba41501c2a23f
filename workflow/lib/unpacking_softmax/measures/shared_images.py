"""The images that every snapshot of every run on a data set is shown: drawn once, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from unpacking_softmax.images.protocol import Data, Images
from unpacking_softmax.measures.spectrum import feature_subset


@dataclass(frozen=True)
class SharedImages:
    """What every snapshot is shown.

    own, batch: training images of the data set `name`, for representations and for gradients; the
    same where both are to be as many. others: images of each OOD data set, by name.
    """

    name: str
    own: Images
    batch: Images
    others: Mapping[str, Images]


def shared_images(data: Data, others: Sequence[Data], settings: Mapping) -> SharedImages:
    """Choose them from training splits. settings: images, gradient_batch (how many)."""
    count, in_batch = settings["images"], settings["gradient_batch"]
    own = balanced(data, count, f"{data.name}/images")
    return SharedImages(
        name=data.name,
        own=own,
        batch=own if in_batch == count else balanced(data, in_batch, f"{data.name}/gradients"),
        others={other.name: _images(other, settings["images"]) for other in others},
    )


def balanced(data: Data, count: int, key: str) -> Images:
    """`count` training images, as many of each class (one more of the first where they do not divide).

    Fewer where a class has fewer. The draw depends on `key` alone.
    """
    share, more = divmod(count, data.num_classes)
    rows = []
    for label in range(data.num_classes):
        members = (data.train.labels == label).nonzero().flatten()
        chosen = feature_subset(len(members), share + (label < more), f"{key}/{label}")
        rows.append(members[chosen.to(members.device)])
    return data.train.take(torch.cat(rows))


def _images(data: Data, count: int) -> Images:
    return data.train.take(feature_subset(len(data.train), count, f"{data.name}/images"))
