"""The temperature of a run: what a study may write for it, and its one spelling.

A run carries the spelling, which names its folder and stands in its tables; whoever asks more of a
temperature parses it.
"""

from dataclasses import dataclass
from decimal import Decimal

MATCH = "match-"
# Beyond these a number is a slip, and its spelling no name for a folder.
LOWEST, HIGHEST = 1e-6, 1e9
BASE = "base"  # the variant that is meant where none is named


@dataclass(frozen=True)
class Temperature:
    """Either a number, by which logits are divided, or a reference: the (architecture, variant) whose
    logits norm at initialisation is matched by a number that is measured later."""

    number: float | None = None
    reference: tuple[str, str] | None = None

    @classmethod
    def parse(cls, value: float | str) -> "Temperature":
        """A temperature from a study or from its spelling: `10`, `"10"`, `match-resnet18`, `match-mlp@wide`.

        Raises ValueError for other text.
        """
        if not isinstance(value, str):
            return cls(number=value)
        if not value.startswith(MATCH):
            return cls(number=float(value))
        architecture, _, variant = value.removeprefix(MATCH).partition("@")
        return cls(reference=(architecture, variant or BASE))

    def __str__(self) -> str:
        """The one spelling: `1`, `0.5`, `200`, never `1.0` or `2e2`; `match-resnet18`, `match-mlp@wide`."""
        if self.reference is None:
            return format(Decimal(repr(self.number)).normalize(), "f")
        architecture, variant = self.reference
        return f"{MATCH}{architecture}" + ("" if variant == BASE else f"@{variant}")

    @property
    def matched(self) -> bool:
        """Whether its number is measured, not given."""
        return self.reference is not None

    @property
    def sane(self) -> bool:
        """Whether a number is one to train with; a matched one is looked at when it is measured."""
        return self.matched or LOWEST <= self.number <= HIGHEST


def spell(value: float | str) -> str:
    """The one spelling of a temperature."""
    return str(Temperature.parse(value))
