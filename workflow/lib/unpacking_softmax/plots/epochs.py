"""What figures of snapshots share: an axis of epochs, lines with bands, the line above a figure."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.plots.style import GREY, RED

TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)


def epoch_axis(axis: Axes, last: int, narrow: bool = False) -> None:
    """Epochs from 0, the initialisation, to `last`: logarithmic from 1 on, since layers align early.

    narrow: for panels less than two inches wide, with fewer ticks.
    """
    axis.set_xscale("symlog", linthresh=1, linscale=0.4)
    axis.set_xlim(-0.1, 1.05 * last)
    ticks = TICKS[::2] if narrow else TICKS
    axis.set_xticks([*(tick for tick in ticks if tick < (0.4 if narrow else 0.8) * last), last])
    axis.xaxis.set_major_formatter(lambda epoch, _: f"{epoch:.0f}")
    axis.minorticks_off()
    axis.set_xlabel("epoch" if narrow else "epoch (0: initialisation)")


def panel_title(axis: Axes, title: str, note: str, lines: int) -> None:
    """A panel's title and, below it in red, what must be said; room for `lines` in a whole row of panels.

    What a matched temperature matches, in brackets, has a line of its own.
    """
    title = title.replace(" (", "\n(")
    axis.set_title(title, loc="left", fontweight="bold", pad=6 + 8 * lines)
    axis.text(0, 1.03, note, transform=axis.transAxes, fontsize=6, color=RED)


def band(axis: Axes, rows: pd.DataFrame, x: str, colour, style="-", **look) -> None:
    """The column `mean` against the column x, and `std` to either side of it."""
    rows = rows.sort_values(x)
    mean, std = rows["mean"], rows["std"].fillna(0)
    axis.plot(rows[x], mean, color=colour, linestyle=style, **look)
    axis.fill_between(rows[x], mean - std, mean + std, color=colour, alpha=0.18, linewidth=0)


def nearest(available: pd.Series, wanted: int) -> int:
    """The epoch with a snapshot that lies nearest to the wanted one; the earlier of two."""
    return int(min(sorted(set(available)), key=lambda epoch: abs(epoch - wanted)))


def head(figure: Figure, settings: Mapping, seeds: int, *more: str) -> None:
    """Network, data, how many seeds, and what else must be known, above the figure."""
    grid = next(iter(settings["grids"].values()))
    spread = f"mean and s.d. over {seeds} seeds" if seeds > 1 else "one seed"
    parts = [f"{grid['architecture']} on {grid['labels'][grid['dataset']]}", *more, spread]
    lines = ["; ".join(parts)]
    if settings["binding"].get("columns", 2) == 1:
        lines = [parts[0], "; ".join(parts[1:])]
    figure.suptitle("\n".join(lines), fontsize=7.5, color=GREY)
