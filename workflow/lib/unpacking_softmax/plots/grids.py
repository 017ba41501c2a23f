"""What figures of several grids share: a panel's title, a line for each temperature, what n is."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from unpacking_softmax.plots.temperatures import LINES, remarks, temperature_label


def bound_grids(settings: Mapping) -> dict[str, Mapping]:
    """The grids of a figure by name, in the order of its binding."""
    return {name: settings["grids"][name] for name in settings["binding"]["grids"]}


def network_title(grid: Mapping) -> str:
    """`resnet18`; a variant other than the base is named."""
    variant = "" if grid["variant"] == "base" else f" ({grid['variant']})"
    return f"{grid['architecture']}{variant}"


def grid_title(grid: Mapping) -> str:
    """`resnet18 on CIFAR-10`."""
    return f"{network_title(grid)} on {grid['labels'][grid['dataset']]}"


def line_styles(grid: Mapping) -> dict[str, dict]:
    """Colour and dashes of each temperature of a grid, the same in every figure."""
    return {
        temperature: dict(zip(("color", "linestyle"), LINES[place % len(LINES)], strict=True))
        for place, temperature in enumerate(grid["temperatures"])
    }


def line_labels(records: pd.DataFrame, grid: Mapping, within: float) -> dict[str, str]:
    """A temperature's name in a legend, with what must be said of its runs. records: of the grid."""
    said = remarks(records, grid["baseline"], within)
    shown = [t for t in grid["temperatures"] if t in set(records["temperature"])]
    notes = {t: f" ({said[t]})" if t in said else "" for t in shown}
    return {t: temperature_label(t, records) + notes[t] for t in shown}


def name_undrawn(axis: Axes, label: str) -> None:
    """An entry in the legend for what is not drawn, without the look of a line."""
    axis.plot([], [], linestyle="", label=label)


def draw_spread(axis: Axes, x: pd.Series, mean: pd.Series, std: pd.Series, **style) -> None:
    """A line of means, and one standard deviation to either side as a band; of nothing, its label alone."""
    if mean.empty:
        name_undrawn(axis, style["label"])
        return
    axis.plot(x, mean, marker="o", **style)
    std = std.fillna(0)
    axis.fill_between(x, mean - std, mean + std, color=style["color"], alpha=0.18, linewidth=0)


def spread_text(seeds: pd.Series) -> str:
    """What lines and bands are, for a figure's title; seeds: how many of them each number is over."""
    most = seeds.max()
    return f"mean and s.d. over {most} seeds" if most > 1 else "one seed"
