"""Whether a run has trained: what its accuracy is held against."""

import torch
from torch import Tensor

from unpacking_softmax.artefacts.kinds import Status


def largest_share(labels: Tensor) -> float:
    """The largest class's share: the accuracy of whoever always names it. labels: (n,), integers from 0."""
    return torch.bincount(labels).max().item() / len(labels)


def accuracy_needed(labels: Tensor) -> float:
    """The accuracy on the training split from which on a run has trained (App. A.4: "did not finish").

    Twice the largest class's share; where that is a third or more, halfway from it to 1. With C > 2
    classes of one size it is 2/C, twice chance, and with two 0.75.
    """
    share = largest_share(labels)
    return min(2 * share, (1 + share) / 2)


def status(accuracy: float, labels: Tensor) -> Status:
    """Whether a run has trained, by its accuracy on the training split, whose labels these are."""
    return Status.TRAINED if accuracy >= accuracy_needed(labels) else Status.FAILED
