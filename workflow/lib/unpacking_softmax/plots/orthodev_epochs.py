"""OrthoDev of penultimate features through training (Figure 7)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.plots.epochs import band, epoch_axis, head
from unpacking_softmax.plots.style import WIDTHS
from unpacking_softmax.plots.temperatures import LINES, remarks, temperature_label
from unpacking_softmax.readings.runs import over_seeds

PANELS = {"orthodev": "uncentred (Eq. 4)", "orthodev_centred": "less the mean of class means"}


def orthodev_numbers(evolution: pd.DataFrame, ood: str) -> pd.DataFrame:
    """What Figure 7 shows: rows (temperature, measure, epoch, mean, std, seeds).

    measure: a key of PANELS, of penultimate features, between class means of the training images and
    the mean of the images of `ood`. std: sample standard deviation over seeds.
    """
    rows = evolution[(evolution["point"] == PENULTIMATE) & (evolution["source"] == ood)]
    parts = [rows.assign(measure=measure, value=rows[measure]) for measure in PANELS]
    table = over_seeds(pd.concat(parts, ignore_index=True), ["temperature", "measure", "epoch"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def draw_orthodev(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """A panel for each measure, in it a line for each temperature.

    settings: as `settings.Settings.figure` gives them.
    """
    columns, labels = settings["binding"].get("columns", 2), []
    down, across = (1, 2) if columns == 2 else (2, 1)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDTHS[columns], 0.7 + 2.3 * down), sharey=True, sharex=True
    )
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    for axis, (measure, title) in zip(axes, PANELS.items(), strict=True):
        for place, temperature in enumerate(settings["temperatures"]):
            rows = numbers[(numbers["temperature"] == temperature) & (numbers["measure"] == measure)]
            band(axis, rows, "epoch", *LINES[place % len(LINES)], marker="o")
        epoch_axis(axis, numbers["epoch"].max())
        axis.set_title(title, loc="left")
        axis.label_outer()
    for temperature in settings["temperatures"]:
        note = f" ({said[temperature]})" if temperature in said else ""
        labels.append(temperature_label(temperature, records) + note)
    axes[0].set_ylim(0, 1.02)
    axes[0].set_ylabel("OrthoDev, penultimate features")
    lines = axes[0].get_lines()
    figure.legend(lines, labels, loc="outside lower center", ncols=1 if said else 2 * columns)
    ood = grid["labels"][settings["binding"]["ood"]]
    head(figure, settings, int(numbers["seeds"].max()), f"OOD: {ood}")
    return figure
