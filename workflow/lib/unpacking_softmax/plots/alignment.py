"""Alignment of weights with representations, and the spectrum that grows from it, by epoch (Figure 3)."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.plots.epochs import epoch_axis
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.panels import is_last_in_row, title_of_narrow_panel
from unpacking_softmax.plots.style import ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import line_labels, most_lines, remarks, temperature_label
from unpacking_softmax.plots.words import architecture_title, heading, joined, spread_text
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.runs import over_seeds, ranks
from unpacking_softmax.readings.view import View

TOP = 5  # singular values shown
ALIGNMENT, RANK = "max alignment, mean over layers", "numerical rank"


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: alignment, evolution, record."""
    records = tables.records(files["record"])
    rows = [of_trained(tables.gather(files[kind]), records) for kind in ("alignment", "evolution")]
    numbers = alignment_numbers(*rows, view.rank_rule)
    return Drawn(draw(numbers, records, view), numbers)


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


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """Above: ALIGNMENT, a line for each temperature. Below, a panel for each: singular values and rank.

    Panels share their axes.
    """
    temperatures, columns = view.temperatures, view.columns
    across = min(len(temperatures), 2 * columns)
    down = -(-len(temperatures) // across)
    layout = [["top"] * across]
    for row in range(down):
        names = temperatures[row * across : (row + 1) * across]
        layout.append([*names, *["."] * (across - len(names))])
    figure, axes = plt.subplot_mosaic(layout, figsize=(WIDTHS[columns], 2.8 + 2.0 * down))
    said = remarks(records, view.grid.baseline, view.matched_within)
    last = numbers["epoch"].max()
    _draw_lines(axes["top"], numbers, line_labels(temperatures, records, said), columns, bool(said))
    epoch_axis(axes["top"], last)
    for place, temperature in enumerate(temperatures):
        axis = axes[temperature]
        edges = place % across == 0, is_last_in_row(place, across, len(temperatures))
        _draw_spectrum(axis, numbers[numbers["temperature"] == temperature], numbers, edges)
        epoch_axis(axis, last, narrow=len(temperatures) > columns)
        title = temperature_label(temperature, records)
        title_of_narrow_panel(axis, title, said.get(temperature, ""), most_lines(said))
    figure.legend(*_legend(), loc="outside lower center", ncols=6 if columns == 2 else 3)
    rule = f"rank rule: {view.rank_rule}"
    heading(figure, joined(columns, architecture_title(view.grid), rule, spread_text(numbers["seeds"])))
    return figure


def _draw_lines(
    axis: Axes, numbers: pd.DataFrame, labels: Mapping[str, str], columns: int, remarked: bool
) -> None:
    for temperature, look in line_styles([*labels]).items():
        rows = numbers[(numbers["temperature"] == temperature) & (numbers["series"] == ALIGNMENT)]
        band(axis, rows, "epoch", *look, marker="o", label=labels[temperature])
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("max |cos|, mean over layers")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns if remarked else 2 * columns)


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
