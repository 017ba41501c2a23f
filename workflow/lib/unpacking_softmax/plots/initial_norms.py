"""Networks before training: their logits norm (Figure 8)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import reading
from unpacking_softmax.plots.panels import bold_title, panel_grid
from unpacking_softmax.plots.style import BLUE, GREY, Drawn
from unpacking_softmax.plots.words import heading, literal
from unpacking_softmax.readings.view import View

MODES = (
    ("norm_train_mode", "batch norm by batch statistics", BLUE, "o", -0.16),
    ("norm_eval", "by running statistics (0 and 1)", GREY, "s", 0.16),
)


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the norms of new networks: initial_norms."""
    norms = reading.initial_norms(files["initial_norms"])
    return Drawn(draw(norms, view), norms)


def draw(norms: pd.DataFrame, view: View) -> Figure:
    """A point for each new network, by architecture, a panel for each data set; log y.

    norms: rows of `training.initial.initial_norms` under dataset, architecture, variant.
    """
    names = view.architectures
    figure, axes = panel_grid(len(view.datasets), view.columns, 2.2, over=0.6, sharey=True)
    for axis, dataset in zip(axes.flat, view.datasets, strict=False):
        for position, architecture in enumerate(names):
            ours = (norms["dataset"] == dataset) & (norms["architecture"] == architecture)
            _draw_strip(axis, position, norms[ours])
        axis.set_yscale("log")
        axis.set_xticks(range(len(names)), [*map(literal, names)])
        axis.set_xlim(-0.5, len(names) - 0.5)
        bold_title(axis, literal(view.labels[dataset]))
    for axis in axes[:, 0]:
        axis.set_ylabel(f"logits norm $\\|M\\|_F$ before training,\nn = {norms['n'].max():,} images (log)")
    modes = axes.flat[0].collections[: len(MODES)]
    figure.legend(handles=modes, loc="outside lower center", ncols=view.columns, frameon=False)
    networks, batch = norms["network"].nunique(), norms["batch"].max()
    drawn = f"{networks} networks each, batches of up to {batch}; bar: mean"
    heading(figure, f"{literal(view.title)}: {drawn}")
    return figure


def _draw_strip(axis: Axes, position: int, rows: pd.DataFrame) -> None:
    """The networks of one architecture beside each other, once for each mode."""
    rows = rows.sort_values("network")
    spread = np.linspace(-0.1, 0.1, len(rows))
    for column, label, colour, marker, offset in MODES:
        x = position + offset
        face = colour if column == "norm_train_mode" else "none"
        axis.scatter(x + spread, rows[column], s=9, marker=marker, facecolors=face,
                     edgecolors=colour, linewidths=0.7, label=label)  # fmt: skip
        mean = rows[column].mean()
        axis.plot([x - 0.13, x + 0.13], [mean, mean], color="black", linewidth=0.9)
