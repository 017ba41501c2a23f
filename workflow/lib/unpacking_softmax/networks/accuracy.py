"""Classification accuracy."""

from torch import Tensor


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of the rows of logits (n, C) whose largest entry is the label's, labels (n,)."""
    return (logits.argmax(dim=1) == labels).double().mean().item()
