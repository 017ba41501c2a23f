"""The norm of the logits through training (Figure 2), from the history that runs keep."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.epochs import EPOCH
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.style import GREY, WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import line_labels, remarks
from unpacking_softmax.plots.words import architecture_title, heading, spread_text
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.runs import evaluated, over_seeds
from unpacking_softmax.readings.view import View


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: history, record."""
    records = tables.records(files["record"])
    numbers = norm_numbers(of_trained(tables.gather(files["history"]), records))
    return Drawn(draw(numbers, records, view), numbers)


def norm_numbers(history: pd.DataFrame) -> pd.DataFrame:
    """||M||_F and its RMS over the n images, of raw logits M, by temperature and epoch.

    Epoch 0 is the initialisation. Columns: temperature, epoch, n, logits_norm_mean, _std,
    logits_norm_rms_mean, _std (sample standard deviation over seeds), seeds.
    """
    return over_seeds(evaluated(history), ["temperature", "epoch", "n"], ["logits_norm", "logits_norm_rms"])


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """||M||_F against epoch, a line and a band for each temperature; right axis: per image."""
    width = WIDTHS[view.columns]
    said = remarks(records, view.grid.baseline, view.matched_within)
    figure, axis = plt.subplots(figsize=(width, max(0.45 * width, 2.4) + (0.5 if said else 0)))
    styles = line_styles(view.grid.temperatures)
    for temperature, label in line_labels(view.temperatures, records, said).items():
        rows = numbers[numbers["temperature"] == temperature]
        band(axis, rows, "epoch", *styles[temperature], of="logits_norm", label=label)
    axis.set_yscale("log")
    axis.set_ylim(0.7 * numbers["logits_norm_mean"].min(), 1.5 * numbers["logits_norm_mean"].max())
    n = int(numbers["n"].iloc[0])
    axis.set_xlabel(EPOCH)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylabel(f"logits norm $\\|M\\|_F$, n = {n:,} (log)")
    _axis_per_image(axis, n)
    figure.legend(loc="outside lower center", ncols=1 if said else view.columns + 2, frameon=False)
    spread = spread_text(numbers["seeds"])
    heading(figure, f"{architecture_title(view.grid)}, n = {n:,} training images; {spread}")
    return figure


def _axis_per_image(axis: Axes, n: int) -> None:
    root = np.sqrt(n)
    right = axis.secondary_yaxis("right", functions=(lambda y: y / root, lambda y: y * root))
    right.set_ylabel(r"per image: $\|M\|_F/\sqrt{n}$", color=GREY)
