"""What a person should know of a data set, in one line."""

import torch

from unpacking_softmax.images.dataset import Dataset


def overview(data: Dataset) -> str:
    """Classes, images by split, and the smallest and largest class of the training split."""
    train, test = (torch.bincount(s.labels, minlength=data.num_classes) for s in (data.train, data.test))

    def size(label: int) -> str:
        return f"{data.classes[label]} ({train[label]} training images, {test[label]} test images)"

    return (
        f"{data.name}: {data.num_classes} classes; {train.sum()} training images, {test.sum()} test images; "
        f"smallest class {size(int(train.argmin()))}, largest {size(int(train.argmax()))}"
    )
