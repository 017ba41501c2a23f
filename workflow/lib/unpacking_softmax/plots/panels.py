"""Panels: how they are laid out, their titles with what must be said, and an axis of layers."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.plots.style import RED, WIDTHS


def panel_grid(
    count: int, columns: int, height: float, over: float = 0.0, across: int | None = None, **shared: bool
) -> tuple[Figure, np.ndarray]:
    """A figure of `count` panels in rows of `across`, or as many as it is columns wide; axes[row, column].

    height: of a row; over: what the figure needs beside its rows (inches). shared: `sharex`, `sharey`.
    """
    across = across or min(columns, count)
    down = -(-count // across)
    size = (WIDTHS[columns], over + height * down)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False, **shared)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, axes


def is_last_in_row(place: int, across: int, count: int) -> bool:
    """Whether no panel stands to the right of this one, of `count` in rows of `across`."""
    return place % across == across - 1 or place == count - 1


def bold_title(axis: Axes, title: str) -> None:
    """A panel's title over its left edge."""
    axis.set_title(title, loc="left", fontweight="bold")


def title_beside_remark(axis: Axes, title: str, remark: str) -> None:
    """A panel's title, and over its right edge in red what must be said of its runs."""
    bold_title(axis, title)
    axis.set_title(remark, loc="right", fontsize=6.5, color=RED)


def title_over_remark(axis: Axes, title: str, remark: str, lines: int) -> None:
    """A panel's title and, below it in red, what must be said; room for `lines` in a whole row of panels."""
    axis.set_title(title, loc="left", fontweight="bold", pad=3 + 8 * lines)
    axis.text(0, 1.01, remark, fontsize=6.5, color=RED, transform=axis.transAxes)


def title_of_narrow_panel(axis: Axes, title: str, remark: str, lines: int) -> None:
    """As `title_over_remark`, for a panel less than two inches wide.

    What a matched temperature matches, in brackets, has a line of its own; of a remark that gives numbers
    after a colon, these are left out.
    """
    axis.set_title(title.replace(" (", "\n("), loc="left", fontweight="bold", pad=6 + 8 * lines)
    axis.text(0, 1.03, remark.partition(":")[0], transform=axis.transAxes, fontsize=6, color=RED)


def layer_ticks(axis: Axes, count: int) -> None:
    """Layers 1..N-1 are post-ReLU points; the N-th is the logits."""
    step = max(1, round(count / 8))
    ticks = [i for i in range(1, count, step) if count - i >= step] + [count]
    axis.set_xticks(ticks, [*map(str, ticks[:-1]), "logits"])
