"""The losses that networks are trained by, each with its temperature."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, labels: Tensor, temperature: Tensor) -> Tensor:
    """Mean cross-entropy of softmax(logits / T); logits (b, C) float32, labels (b,)."""
    return F.cross_entropy(logits / temperature, labels)


def mean_squared_error(logits: Tensor, labels: Tensor, temperature: Tensor) -> Tensor:
    """Mean over batch and classes of (softmax(logits / T) - one-hot)^2 (Appendix F)."""
    target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return F.mse_loss(torch.softmax(logits / temperature, dim=1), target)


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "mse": mean_squared_error}
