"""Rank of representations and of the gradients that act on them, by layer (Figure 4)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.epochs import nearest
from unpacking_softmax.plots.lines import band
from unpacking_softmax.plots.panels import title_of_narrow_panel
from unpacking_softmax.plots.style import BLUE, GREY, ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import most_lines, remarks, temperature_label
from unpacking_softmax.plots.words import architecture_title, heading, joined, spread_text
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import View

EARLY = 10  # epoch
END = "end of training"
LOOKS = {
    "activations": ("rank of $A^i$", BLUE, "-", "o"),
    "gradient": ("rank of $G^{i+1}$", ORANGE, "--", "s"),
}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: gradients, record."""
    records = tables.records(files["record"])
    rows = of_trained(tables.gather(files["gradients"]), records)
    numbers = gradient_numbers(rows, view.rank_rule)
    return Drawn(draw(numbers, records, view), numbers)


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
        counted = [
            numerical_rank(sigma, n, d, rank_rule)
            for sigma, n, d in zip(rows[column], rows["n"], rows["d"], strict=True)
        ]
        parts.append(rows.assign(series=series, layer=rows["index"] - 1, value=counted))
    by = ["temperature", "stage", "series", "layer"]
    table = over_seeds(pd.concat(parts, ignore_index=True), by, ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """A panel for each temperature and stage; panels share their axes.

    Over two columns of a page temperatures stand side by side, in one column below each other.
    """
    temperatures, columns = view.temperatures, view.columns
    stages = list(dict.fromkeys(numbers["stage"]))
    down, across = len(stages), len(temperatures)
    if columns == 1:
        down, across = across, down
    size = (WIDTHS[columns], 0.9 + (1.9 if columns == 2 else 1.4) * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharex=True, sharey=True, squeeze=False)
    panels = axes if columns == 2 else axes.T  # [stage, temperature]
    said = remarks(records, view.grid.baseline, view.matched_within)
    for line, stage in zip(panels, stages, strict=True):
        for axis, temperature in zip(line, temperatures, strict=True):
            chosen = (numbers["stage"] == stage) & (numbers["temperature"] == temperature)
            _draw_panel(axis, numbers[chosen])
        if columns == 1:
            line[0].set_title(stage, loc="right", color=GREY, pad=6 + 8 * most_lines(said))
    for axis, temperature in zip(panels[0], temperatures, strict=True):
        title = temperature_label(temperature, records)
        title_of_narrow_panel(axis, title, said.get(temperature, ""), most_lines(said))
    layers = int(numbers["layer"].max())
    for axis in axes[-1]:
        axis.set_xticks(np.arange(0, layers + 1, max(1, round(layers * across / (5 * size[0])))))
        axis.set_xlabel("layer i (0: images)")
    for axis, stage in zip(axes[:, 0], stages if columns == 2 else [""] * down, strict=True):
        axis.set_ylabel(f"{stage}\nnumerical rank (log)".lstrip())
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylim(0.8, 1.6 * numbers["mean"].max())
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    rule = f"rank rule: {view.rank_rule}"
    heading(figure, joined(columns, architecture_title(view.grid), rule, spread_text(numbers["seeds"])))
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame) -> None:
    for series, (label, colour, style, marker) in LOOKS.items():
        line = rows[rows["series"] == series]
        band(axis, line, "layer", colour, style, marker=marker, label=label)
