"""Rank of representations and of the gradients that act on them, by layer (Figure 4)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.plots.epochs import band, head, nearest, panel_title
from unpacking_softmax.plots.style import BLUE, GREY, ORANGE, WIDTHS
from unpacking_softmax.plots.temperatures import most_lines, remarks, temperature_label
from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.readings.runs import over_seeds

EARLY = 10  # epoch
END = "end of training"
LOOKS = {
    "activations": ("rank of $A^i$", BLUE, "-", "o"),
    "gradient": ("rank of $G^{i+1}$", ORANGE, "--", "s"),
}


def gradient_numbers(gradients: pd.DataFrame, rank_rule: str) -> pd.DataFrame:
    """What Figure 4 shows: rows (temperature, stage, series, layer, mean, std, seeds).

    layer i: 0 for the images, then hidden layers. Series `activations`: numerical rank of A^i, and
    `gradient`: that of G^(i+1) = dL/dW^(i+1), the weight that acts on A^i, over the same images. Both
    at the cut of a matrix of the gradient's shape, so that Eq. 3 compares like with like. stage: the
    snapshot nearest to epoch EARLY, where that is not the last one, and each run's last.
    """
    last = gradients.groupby(["temperature", "seed"])["epoch"].transform("max")
    early = nearest(gradients["epoch"], EARLY)
    stages = [gradients[gradients["epoch"] == last].assign(stage=END)]
    if early < last.max():
        stages.insert(0, gradients[gradients["epoch"] == early].assign(stage=f"epoch {early}"))
    rows = pd.concat(stages, ignore_index=True)
    parts = []
    for series, column in (("activations", "sigma_input"), ("gradient", "sigma")):
        read = [
            numerical_rank(sigma, n, d, rank_rule)
            for sigma, n, d in zip(rows[column], rows["n"], rows["d"], strict=True)
        ]
        parts.append(rows.assign(series=series, layer=rows["index"] - 1, value=read))
    by = ["temperature", "stage", "series", "layer"]
    table = over_seeds(pd.concat(parts, ignore_index=True), by, ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def draw_gradients(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """A panel for each temperature and stage; panels share their axes.

    settings: as `settings.Settings.figure` gives them. Over two columns of a page temperatures stand
    side by side, in one column below each other.
    """
    temperatures, columns = settings["temperatures"], settings["binding"].get("columns", 2)
    stages = list(dict.fromkeys(numbers["stage"]))
    down, across = len(stages), len(temperatures)
    if columns == 1:
        down, across = across, down
    size = (WIDTHS[columns], 0.9 + (1.9 if columns == 2 else 1.4) * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharex=True, sharey=True, squeeze=False)
    panels = axes if columns == 2 else axes.T  # [stage, temperature]
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    for line, stage in zip(panels, stages, strict=True):
        for axis, temperature in zip(line, temperatures, strict=True):
            chosen = (numbers["stage"] == stage) & (numbers["temperature"] == temperature)
            _draw_panel(axis, numbers[chosen])
        if columns == 1:
            line[0].set_title(stage, loc="right", color=GREY, pad=6 + 8 * most_lines(said))
    for axis, temperature in zip(panels[0], temperatures, strict=True):
        note = said.get(temperature, "").partition(":")[0]
        panel_title(axis, temperature_label(temperature, records), note, most_lines(said))
    layers = int(numbers["layer"].max())
    for axis in axes[-1]:
        axis.set_xticks(np.arange(0, layers + 1, max(1, round(layers * across / (5 * size[0])))))
        axis.set_xlabel("layer i (0: images)")
    for axis, stage in zip(axes[:, 0], stages if columns == 2 else [""] * down, strict=True):
        axis.set_ylabel(f"{stage}\nnumerical rank (log)".lstrip())
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylim(0.8, 1.6 * numbers["mean"].max())
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    head(figure, settings, int(numbers["seeds"].max()), f"rank rule: {settings['rank_rule']}")
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame) -> None:
    for series, (label, colour, style, marker) in LOOKS.items():
        line = rows[rows["series"] == series]
        band(axis, line, "layer", colour, style, marker=marker, label=label)
