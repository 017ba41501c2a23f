"""Networks before training: their logits norm (Figure 8)."""

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import reading
from unpacking_softmax.plots.panels import bold_title, panel_grid
from unpacking_softmax.plots.style import BLUE, GREY, Drawn
from unpacking_softmax.plots.words import heading, literal
from unpacking_softmax.readings.view import View

MODES = {
    "norm_train_mode": ("batch norm by batch statistics", BLUE),
    "norm_eval": ("by running statistics (0 and 1)", GREY),
}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the norms of new networks: initial_norms."""
    norms = reading.initial_norms(files["initial_norms"])
    return Drawn(draw(norms, view), norms)


def draw(norms: pd.DataFrame, view: View) -> Figure:
    """A point for each new network, by architecture, and their mean; a panel for each data set; log y.

    norms: rows of `training.initial.initial_norms` under dataset, architecture, variant.
    """
    names = view.architectures
    figure, axes = panel_grid(len(view.datasets), view.columns, 2.2, over=0.6, sharey=True)
    for axis, dataset in zip(axes.flat, view.datasets, strict=False):
        axis.set_yscale("log")
        _draw_strips(axis, norms[norms["dataset"] == dataset], names)
        axis.set_xticks(range(len(names)), [*map(literal, names)])
        axis.set(xlabel="", xlim=(-0.5, len(names) - 0.5))
        bold_title(axis, literal(view.labels[dataset]))
    for axis in axes[:, 0]:
        axis.set_ylabel(f"logits norm $\\|M\\|_F$ before training,\nn = {norms['n'].max():,} images (log)")
    handles, _ = axes.flat[0].get_legend_handles_labels()
    labels = [label for label, _ in MODES.values()]
    figure.legend(
        handles[: len(MODES)], labels, loc="outside lower center", ncols=view.columns, frameon=False
    )
    networks, batch = norms["network"].nunique(), norms["batch"].max()
    drawn = f"{networks} networks each, batches of up to {batch}; bar: mean"
    heading(figure, f"{literal(view.title)}: {drawn}")
    return figure


def _draw_strips(axis: Axes, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """The networks of each architecture beside each other, once for each mode, and their mean."""
    points = rows.melt("architecture", [*MODES], "mode", "norm")
    # Taken here: on a logarithmic axis seaborn would take the mean of the logarithms.
    means = points.groupby(["architecture", "mode"], as_index=False)["norm"].mean()
    place = {
        "x": "architecture",
        "y": "norm",
        "order": names,
        "hue": "mode",
        "hue_order": [*MODES],
        "ax": axis,
    }
    palette = {mode: colour for mode, (_, colour) in MODES.items()}
    sns.swarmplot(points, palette=palette, dodge=True, size=2.6, **place)
    bar = {"linestyle": "none", "marker": "_", "markersize": 9, "markeredgewidth": 0.9}
    black = dict.fromkeys(MODES, "black")
    sns.pointplot(means, palette=black, dodge=0.4, errorbar=None, legend=False, **bar, **place)
    axis.get_legend().remove()
