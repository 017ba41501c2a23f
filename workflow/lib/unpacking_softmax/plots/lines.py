"""Lines with bands, and the looks that tell them apart."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, RED

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":"), (GREY, (0, (5, 1, 1, 1, 1, 1))))
MARKERS = "osD^v<>"


def line_styles(temperatures: Sequence[str]) -> dict[str, tuple]:
    """Colour and dashes of each temperature; of a grid's, the same in every figure."""
    return {temperature: LINES[place % len(LINES)] for place, temperature in enumerate(temperatures)}


def band(
    axis: Axes, rows: pd.DataFrame, x: str, colour, style="-", *, of: str = "", scale: float = 1.0, **look
) -> None:
    """A line of means against the column x, and one standard deviation to either side of it.

    rows: columns `mean` and `std`, or those of the number `of`: `<of>_mean`, `<of>_std`. Of no rows only
    the name is in the legend, without the look of a line.
    """
    if rows.empty and "label" in look:
        axis.plot([], [], linestyle="", label=look["label"])
        return
    rows = rows.sort_values(x)
    prefix = f"{of}_" if of else ""
    mean, std = rows[f"{prefix}mean"] * scale, rows[f"{prefix}std"].fillna(0) * scale
    axis.plot(rows[x], mean, color=colour, linestyle=style, **look)
    axis.fill_between(rows[x], mean - std, mean + std, color=colour, alpha=0.18, linewidth=0)
