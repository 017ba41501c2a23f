"""Neural collapse against temperature: NC1 to NC4 of the penultimate features."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.plots.lines import LINES, MARKERS
from unpacking_softmax.plots.panels import bold_title
from unpacking_softmax.plots.style import GREY, RED, WIDTHS, Drawn
from unpacking_softmax.plots.words import grid_title, heading, spread_text
from unpacking_softmax.readings.effects import trained_rows
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import GridView, View

CROSS = {"color": RED, "marker": "x", "linestyle": "", "markersize": 5}
# Measure -> title of its panel, axis label, scale of the axis
COLLAPSE = {
    "nc1_pinv": ("NC1: within classes", r"tr($\Sigma_W\Sigma_B^+$)/C", "log"),
    "cdnv": ("NC1: pairs of classes", "CDNV", "log"),
    "nc2_norm_cov": ("NC2: equal lengths", "s.d./mean of lengths", "linear"),
    "nc2_coherence": ("NC2: equal angles", "mean |cos + 1/(C−1)|", "linear"),
    "nc3": ("NC3: self-duality", "‖W/‖W‖ − M/‖M‖‖", "linear"),
    "nc4": ("NC4: nearest class mean", "disagreement", "linear"),
}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: collapse, record."""
    records = tables.records(files["record"])
    numbers = collapse_numbers(tables.gather(files["collapse"]), records, view)
    return Drawn(draw(numbers, records, view), numbers)


def collapse_numbers(collapse: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """NC1 to NC4 of the penultimate features, of runs that trained, by grid and temperature.

    nc4 is given as disagreement, so that 0 is full collapse for every measure. Columns: grid,
    temperature, temperature_value, measure, value_mean, value_std, seeds, train_accuracy (the lowest
    over seeds), terminal (whether it is 1 for every seed: the terminal phase of training), matched.
    """
    rows = trained_rows(collapse, records, "temperature_value", "train_accuracy")
    rows = rows[(rows["point"] == PENULTIMATE) & rows["measure"].isin(COLLAPSE)]
    rows["value"] = rows["value"].where(rows["measure"] != "nc4", 1 - rows["value"])
    by = ["grid", "temperature", "temperature_value", "measure"]
    parts = []
    for grid in view.grids:
        own = grid.rows(rows).assign(grid=grid.name)
        lowest = own.groupby("temperature")["train_accuracy"].min()
        table = over_seeds(own, by, ["value"])
        table["train_accuracy"] = table["temperature"].map(lowest)
        parts.append(table.assign(matched=~table["temperature"].isin(view.gaps(records, grid))))
    numbers = pd.concat(parts, ignore_index=True)
    return numbers.assign(terminal=numbers["train_accuracy"] == 1)


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """A panel for each measure against temperature, a line for each grid.

    A hollow marker: not in the terminal phase; a red ring: accuracy not matched; a cross on the axis:
    every run failed to train.
    """
    across = view.columns + 1
    down = len(COLLAPSE) // across
    size = (WIDTHS[view.columns], 0.6 + 1.75 * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharex=True)
    failed = _failed(records, view.grids)
    for axis, (measure, (title, label, scale)) in zip(axes.flat, COLLAPSE.items(), strict=True):
        panel = numbers[numbers["measure"] == measure]
        for place, grid in enumerate(view.grids):
            _draw_line(axis, panel[panel["grid"] == grid.name], place)
        bold_title(axis, title)
        axis.set_ylabel(label)
        axis.set_yscale(scale)
        highest = (panel["value_mean"] + panel["value_std"].fillna(0)).max()
        if scale == "linear" and highest > 0:
            axis.set_ylim(0, 1.1 * highest)
        axis.set_xscale("log")
        axis.plot(failed, [0.94] * len(failed), transform=axis.get_xaxis_transform(), **CROSS)
        _temperature_ticks(axis, [*numbers["temperature_value"], *failed])
    for axis in axes[-1]:
        axis.set_xlabel("temperature T (log)")
    keys = [*_grid_keys(view.grids), *_flag_keys(numbers, failed)]
    figure.legend(handles=keys, loc="outside lower center", ncols=across)
    heading(figure, f"penultimate features of the training split; {spread_text(numbers['seeds'])}")
    return figure


def _draw_line(axis: Axes, rows: pd.DataFrame, place: int) -> None:
    colour, dashes = LINES[place % len(LINES)]
    rows = rows.sort_values("temperature_value")
    axis.errorbar(
        rows["temperature_value"],
        rows["value_mean"],
        rows["value_std"].fillna(0),
        color=colour,
        linestyle=dashes,
        capsize=2,
        elinewidth=0.7,
    )
    for row in rows.itertuples():
        at = [row.temperature_value], [row.value_mean]
        face = colour if row.terminal else "white"
        axis.plot(
            *at, MARKERS[place % len(MARKERS)], color=colour, markerfacecolor=face, markersize=4.5, zorder=3
        )
        if not row.matched:
            axis.plot(*at, "o", color=RED, markerfacecolor="none", markersize=9, markeredgewidth=0.8)


def _failed(records: pd.DataFrame, grids: Iterable[GridView]) -> list[float]:
    """Temperatures at which every run of some grid failed to train."""
    values = set()
    for grid in grids:
        for value, runs in grid.rows(records).groupby("temperature_value"):
            if not (runs["status"] == Status.TRAINED).any():
                values.add(value)
    return sorted(values)


def _temperature_ticks(axis: Axes, values: Iterable[float]) -> None:
    values = sorted(set(values))
    axis.set_xticks(values, [f"{value:.4g}" for value in values], rotation=60)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(values[0] / 1.5, values[-1] * 1.5)


def _grid_keys(grids: Iterable[GridView]) -> list[Line2D]:
    keys = []
    for place, grid in enumerate(grids):
        colour, dashes = LINES[place % len(LINES)]
        look = {"color": colour, "linestyle": dashes, "marker": MARKERS[place % len(MARKERS)]}
        keys.append(Line2D([], [], label=grid_title(grid), **look))
    return keys


def _flag_keys(numbers: pd.DataFrame, failed: Sequence[float]) -> list[Line2D]:
    """What hollow and ringed markers and crosses mean, where there are any."""
    hollow = {"color": GREY, "marker": "o", "linestyle": "", "markerfacecolor": "white"}
    ring = {"color": RED, "marker": "o", "linestyle": "", "markerfacecolor": "none", "markersize": 7}
    keys = []
    if not numbers["terminal"].all():
        keys.append(Line2D([], [], label="train accuracy below 100 % (not terminal phase)", **hollow))
    if not numbers["matched"].all():
        keys.append(Line2D([], [], label="test accuracy not matched", **ring))
    if failed:
        keys.append(Line2D([], [], label="every run of a grid failed to train", **CROSS))
    return keys
