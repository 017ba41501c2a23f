"""The optimiser's settings and schedule (Table 4), and the loss with its temperature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """SGD without Nesterov; `milestones` are zero-based epochs at whose start the rate falls.

    The network is evaluated after each of the first `evaluate_every` epochs, then after every
    `evaluate_every`-th, and after the last.
    """

    epochs: int
    batch: int
    learning_rate: float
    momentum: float
    weight_decay: float
    milestones: tuple[int, ...]
    gamma: float
    precision: str
    evaluate_every: int = 1

    @classmethod
    def from_settings(cls, settings: Mapping) -> "Recipe":
        return cls(**{**settings, "milestones": tuple(settings["milestones"])})

    def rate(self, epoch: int) -> float:
        """Learning rate during the zero-based `epoch`."""
        return self.learning_rate * self.gamma ** sum(epoch >= m for m in self.milestones)

    def evaluates_after(self, epochs: int) -> bool:
        """Whether the network is evaluated once it has trained for `epochs` epochs."""
        every = self.evaluate_every
        return epochs <= every or epochs % every == 0 or epochs == self.epochs


def cross_entropy(logits: Tensor, labels: Tensor, temperature: Tensor) -> Tensor:
    """Mean cross-entropy of softmax(logits / T); logits (b, C) float32, labels (b,)."""
    return F.cross_entropy(logits / temperature, labels)


def mean_squared_error(logits: Tensor, labels: Tensor, temperature: Tensor) -> Tensor:
    """Mean over batch and classes of (softmax(logits / T) - one-hot)^2 (Appendix F)."""
    target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return F.mse_loss(torch.softmax(logits / temperature, dim=1), target)


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "mse": mean_squared_error}
