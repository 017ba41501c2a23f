"""OrthoDev of penultimate features through training (Figure 7)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.plots.epochs import epoch_axis
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.style import WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import line_labels, remarks
from unpacking_softmax.plots.words import architecture_title, heading, joined, literal, spread_text
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import View

PANELS = {"orthodev": "uncentred (Eq. 4)", "orthodev_centred": "less the mean of class means"}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: evolution, record."""
    records = tables.records(files["record"])
    rows = of_trained(tables.gather(files["evolution"]), records)
    numbers = orthodev_numbers(rows, view.ood)
    return Drawn(draw(numbers, records, view), numbers)


def orthodev_numbers(evolution: pd.DataFrame, ood: str) -> pd.DataFrame:
    """What Figure 7 shows: rows (temperature, measure, epoch, mean, std, seeds).

    measure: a key of PANELS, of penultimate features, between class means of the training images and
    the mean of the images of `ood`. std: sample standard deviation over seeds.
    """
    rows = evolution[(evolution["point"] == PENULTIMATE) & (evolution["source"] == ood)]
    parts = [rows.assign(measure=measure, value=rows[measure]) for measure in PANELS]
    table = over_seeds(pd.concat(parts, ignore_index=True), ["temperature", "measure", "epoch"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """A panel for each measure, in it a line for each temperature."""
    columns = view.columns
    down, across = (1, 2) if columns == 2 else (2, 1)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDTHS[columns], 0.7 + 2.3 * down), sharey=True, sharex=True
    )
    said = remarks(records, view.grid.baseline, view.matched_within)
    for axis, (measure, title) in zip(axes, PANELS.items(), strict=True):
        for temperature, look in line_styles(view.temperatures).items():
            rows = numbers[(numbers["temperature"] == temperature) & (numbers["measure"] == measure)]
            band(axis, rows, "epoch", *look, marker="o")
        epoch_axis(axis, numbers["epoch"].max())
        axis.set_title(title, loc="left")
        axis.label_outer()
    axes[0].set_ylim(0, 1.02)
    axes[0].set_ylabel("OrthoDev, penultimate features")
    labels = line_labels(view.temperatures, records, said).values()
    figure.legend(axes[0].get_lines(), labels, loc="outside lower center", ncols=1 if said else 2 * columns)
    ood = f"OOD: {literal(view.grid.labels[view.ood])}"
    heading(figure, joined(columns, architecture_title(view.grid), ood, spread_text(numbers["seeds"])))
    return figure
