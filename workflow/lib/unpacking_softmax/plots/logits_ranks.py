"""Ranks of the logits, before and after softmax, and their norm through training (Figures 5, 18-20)."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.epochs import EPOCH
from unpacking_softmax.plots.lines import band
from unpacking_softmax.plots.panels import is_last_in_row, panel_grid, title_beside_remark
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import remarks, temperature_label
from unpacking_softmax.plots.words import architecture_title, heading, spread_text
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.rank import class_centred_rank, numerical_rank
from unpacking_softmax.readings.runs import evaluated, over_seeds
from unpacking_softmax.readings.view import View

# Column of a history -> the rank counted from it
SPECTRA = {
    "singular_values_centred": "rank_centred",
    "singular_values": "rank_raw",
    "singular_values_softmax": "rank_softmax",
}
RANK_LINES = {
    "rank_centred": ("rank M, class-centred", BLUE, "-"),
    "rank_raw": ("rank M", GREEN, "-."),
    "rank_softmax": (r"rank softmax$_T$(M)", ORANGE, "--"),
}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: history, record."""
    records = tables.records(files["record"])
    history = of_trained(tables.gather(files["history"]), records)
    numbers = rank_numbers(history, view.rank_rule)
    return Drawn(draw(numbers, records, view), numbers)


def rank_numbers(history: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Numerical ranks of the logits under `rule`, and their norm, by temperature and epoch.

    Columns: temperature, epoch, n, classes, and mean and std over seeds of rank_centred (rows of M
    less their means, which softmax does not see), rank_raw, rank_softmax (softmax of M/T) and
    logits_norm; seeds.
    """
    history = evaluated(history)
    counted = {
        name: [
            (class_centred_rank if name == "rank_centred" else numerical_rank)(sigma, n, len(sigma), rule)
            for sigma, n in zip(history[column], history["n"], strict=True)
        ]
        for column, name in SPECTRA.items()
    }
    rows = history.assign(**counted, classes=history["singular_values"].map(len))
    return over_seeds(rows, ["temperature", "epoch", "n", "classes"], [*counted, "logits_norm"])


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """Ranks of M and softmax_T(M) and ||M|| against epoch, a panel a temperature; panels share their axes."""
    temperatures, columns = view.temperatures, view.columns
    height = max(1.8, 0.36 * WIDTHS[columns])
    figure, axes = panel_grid(len(temperatures), columns, height, over=0.4, sharex=True, sharey=True)
    across = axes.shape[1]
    said = remarks(records, view.grid.baseline, view.matched_within)
    norms = numbers["logits_norm_mean"]
    limits = (0.5 * norms.min(), 2 * norms.max())
    for place, (axis, temperature) in enumerate(zip(axes.flat, temperatures, strict=False)):
        right = _draw_panel(axis, numbers[numbers["temperature"] == temperature], limits)
        title_beside_remark(axis, temperature_label(temperature, records), said.get(temperature, ""))
        if place + across >= len(temperatures):
            axis.set_xlabel(EPOCH)
            axis.tick_params(labelbottom=True)
        if place % across == 0:
            axis.set_ylabel("numerical rank")
        if is_last_in_row(place, across, len(temperatures)):
            right.set_ylabel(r"logits norm $\|M\|_F$ (log)", color=GREY)
        else:
            right.tick_params(labelright=False, which="both")
    handles = [*axes.flat[0].get_lines(), *figure.axes[len(axes.flat)].get_lines()]
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if columns == 2 else 2, frameon=False)
    title = f"{architecture_title(view.grid)}, n = {int(numbers['n'].iloc[0]):,} training images"
    heading(figure, f"{title}; rank rule: {view.rank_rule}; {spread_text(numbers['seeds'])}")
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame, limits: tuple[float, float]) -> Axes:
    """Ranks on the left axis, the norm on a right one, which is returned."""
    right = axis.twinx()
    axis.set_zorder(right.get_zorder() + 1)
    axis.patch.set_visible(False)
    for series, (label, colour, style) in RANK_LINES.items():
        band(axis, rows, "epoch", colour, style, of=series, label=label)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    classes = int(rows["classes"].iloc[0])
    axis.axhline(classes, color="black", linewidth=0.5, linestyle=(0, (1, 2)), label=f"C = {classes}")
    axis.set_ylim(0, 1.06 * classes)
    band(right, rows, "epoch", GREY, ":", of="logits_norm", label=r"$\|M\|_F$")
    right.set_yscale("log")
    right.set_ylim(*limits)
    right.spines["right"].set_visible(True)
    right.tick_params(colors=GREY, which="both")
    return right
