"""Words in figures: what users wrote, as they wrote it; what a figure shows; the grey lines over it."""

import textwrap

import pandas as pd
from matplotlib.figure import Figure

from unpacking_softmax.plots.style import GREY
from unpacking_softmax.readings.view import GridView

SIZE, CHARACTERS_PER_INCH = 7.5, 17  # of a heading
# Matplotlib's own spelling of a dollar that opens no formula; and what stands for it while lines are broken.
DOLLAR, ONE_CHARACTER = r"\$", "\uffff"


def literal(text: str) -> str:
    """A user's words for matplotlib, which would take what stands between two dollars for a formula.

    Labels of data, titles, and names of the configuration pass through here, our own words do not.
    """
    return text.replace("$", DOLLAR)


def grid_title(grid: GridView) -> str:
    """`resnet18 (mse) on CIFAR-10`."""
    return literal(f"{grid.network} on {grid.label}")


def architecture_title(grid: GridView) -> str:
    """`resnet18 on CIFAR-10`, whatever the variant."""
    return literal(f"{grid.architecture} on {grid.label}")


def spread_text(seeds: pd.Series, unit: str = "seed") -> str:
    """What lines and bands are; seeds: how many of them each number is over."""
    most = seeds.max()  # NaN where there is no number
    return f"mean and s.d. over {most} {unit}s" if most > 1 else f"one {unit}"


def heading(figure: Figure, text: str, size: float = SIZE) -> None:
    """Write the lines of `text` over the figure, broken where they would be wider than it."""
    width = int(CHARACTERS_PER_INCH * SIZE / size * figure.get_figwidth())
    lines = text.replace(DOLLAR, ONE_CHARACTER).splitlines()
    broken = "\n".join(textwrap.fill(line, width) for line in lines)
    figure.suptitle(broken.replace(ONE_CHARACTER, DOLLAR), fontsize=size, color=GREY)


def joined(columns: int, first: str, *more: str) -> str:
    """Parts of a heading on one line; in a narrow figure (one column) the first has a line of its own."""
    return "\n".join([first, "; ".join(more)]) if columns == 1 else "; ".join([first, *more])
