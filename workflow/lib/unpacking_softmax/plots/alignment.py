"""Alignment of weights with representations, and the spectrum that grows from it, by epoch (Figure 3)."""

from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.plots.epochs import band, epoch_axis, head, panel_title
from unpacking_softmax.plots.style import ORANGE, WIDTHS
from unpacking_softmax.plots.temperatures import LINES, most_lines, remarks, temperature_label
from unpacking_softmax.readings.runs import over_seeds, ranks

TOP = 5  # singular values shown
ALIGNMENT, RANK = "max alignment, mean over layers", "numerical rank"


def alignment_numbers(alignment: pd.DataFrame, evolution: pd.DataFrame, rank_rule: str) -> pd.DataFrame:
    """What Figure 3 shows: rows (temperature, series, epoch, mean, std, seeds).

    Series ALIGNMENT: the largest |cosine| (Eq. 2) of a layer, averaged over all weight layers of a
    run. RANK and `sigma 1` to `sigma 5`: of the training images' representation at the last hidden
    point. Averaged over layers in each run first, then over runs; std: sample standard deviation.
    """
    by_run = alignment.groupby(["temperature", "seed", "epoch"], sort=False)["max"].mean()
    last = evolution["index"].max() - 1
    hidden = evolution[
        (evolution["index"] == last)
        & (evolution["point"] != PENULTIMATE)
        & (evolution["source"] == evolution["dataset"])
    ]
    parts = [
        by_run.rename("value").reset_index().assign(series=ALIGNMENT),
        ranks(hidden, rank_rule).assign(series=RANK, value=lambda t: t["rank"]),
    ]
    for i in range(TOP):
        held = hidden[hidden["sigma"].map(len) > i]
        parts.append(held.assign(series=f"sigma {i + 1}", value=[float(sigma[i]) for sigma in held["sigma"]]))
    table = over_seeds(pd.concat(parts, ignore_index=True), ["temperature", "series", "epoch"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def draw_alignment(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """Above: ALIGNMENT, a line for each temperature. Below, a panel for each: singular values and rank.

    settings: as `settings.Settings.figure` gives them. Panels share their axes.
    """
    temperatures, columns = settings["temperatures"], settings["binding"].get("columns", 2)
    across = min(len(temperatures), 2 * columns)
    down = -(-len(temperatures) // across)
    layout = [["top"] * across]
    for row in range(down):
        names = temperatures[row * across : (row + 1) * across]
        layout.append([*names, *["."] * (across - len(names))])
    figure, axes = plt.subplot_mosaic(layout, figsize=(WIDTHS[columns], 2.8 + 2.0 * down))
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    last = numbers["epoch"].max()
    _draw_lines(axes["top"], numbers, records, temperatures, said)
    epoch_axis(axes["top"], last)
    for place, temperature in enumerate(temperatures):
        axis = axes[temperature]
        edges = place % across == 0, place % across == across - 1 or place == len(temperatures) - 1
        _draw_spectrum(axis, numbers[numbers["temperature"] == temperature], numbers, edges)
        epoch_axis(axis, last, narrow=len(temperatures) > columns)
        note = said.get(temperature, "").partition(":")[0]
        panel_title(axis, temperature_label(temperature, records), note, most_lines(said))
    figure.legend(*_legend(), loc="outside lower center", ncols=6 if columns == 2 else 3)
    head(figure, settings, int(numbers["seeds"].max()), f"rank rule: {settings['rank_rule']}")
    return figure


def _draw_lines(
    axis: Axes, numbers: pd.DataFrame, records: pd.DataFrame, temperatures: list[str], said: Mapping
) -> None:
    for place, temperature in enumerate(temperatures):
        rows = numbers[(numbers["temperature"] == temperature) & (numbers["series"] == ALIGNMENT)]
        label = temperature_label(temperature, records)
        label += f" ({said[temperature]})" if temperature in said else ""
        colour, style = LINES[place % len(LINES)]
        band(axis, rows, "epoch", colour, style, marker="o", label=label)
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("max |cos|, mean over layers")
    columns = 2 if axis.figure.get_figwidth() > WIDTHS[1] else 1
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns if said else 2 * columns)


def _draw_spectrum(axis: Axes, rows: pd.DataFrame, numbers: pd.DataFrame, edges: tuple[bool, bool]) -> None:
    """Singular values on the left axis, rank on a right one; labels at the edges of the figure only.

    The largest singular value and the rank have bands; five of them would hide each other.
    """
    right = axis.twinx()
    for i, colour in enumerate(_blues(), start=1):
        line = rows[rows["series"] == f"sigma {i}"]
        band(axis, line if i == 1 else line.assign(std=0), "epoch", colour)
    band(right, rows[rows["series"] == RANK], "epoch", ORANGE, "--")
    values = numbers.loc[numbers["series"].str.startswith("sigma"), "mean"]
    axis.set_yscale("log")
    axis.set_ylim(0.7 * values[values > 0].min(), 1.5 * values.max())
    right.set_ylim(0, 1.08 * numbers.loc[numbers["series"] == RANK, "mean"].max())
    right.spines["right"].set_visible(True)
    right.tick_params(colors=ORANGE, labelright=edges[1])
    axis.tick_params(labelleft=edges[0])
    if edges[0]:
        axis.set_ylabel("singular values of the\nlast hidden layer (log)")
    if edges[1]:
        right.set_ylabel("numerical rank", color=ORANGE)


def _blues() -> list:
    """From dark, for the largest singular value, to light."""
    return [mpl.colormaps["Blues"](1.0 - 0.13 * i) for i in range(TOP)]


def _legend() -> tuple[list, list[str]]:
    lines = [mpl.lines.Line2D([], [], color=colour) for colour in _blues()]
    rank = mpl.lines.Line2D([], [], color=ORANGE, linestyle="--")
    return [*lines, rank], [*(f"$\\sigma_{i}$" for i in range(1, TOP + 1)), "rank (right axis)"]
