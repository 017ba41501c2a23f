"""The optimiser's settings and schedule (Table 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images.dataset import Dataset


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


def check_batch(name: str, recipe: Mapping, data: Dataset) -> None:
    """Raise StudyError where a batch of the recipe, which the study calls `name`, is not to be had."""
    count = len(data.train.labels)
    if recipe["batch"] > count:
        raise StudyError(
            f"config: recipes.{name}.batch = {recipe['batch']} is more than the {count} training images of "
            f"{data.name}; lower it"
        )
