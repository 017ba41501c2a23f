"""Logits norm and ranks through training (Figures 2, 5, 18-20), from the history that runs keep."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unpacking_softmax.plots.heading import head
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, RED, WIDTHS
from unpacking_softmax.plots.temperatures import LINES, remarks, temperature_label
from unpacking_softmax.readings.rank import class_centred_rank, numerical_rank
from unpacking_softmax.readings.runs import evaluated, over_seeds

# Column of a history -> the rank read from it
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
EPOCH = "epoch (0: initialisation)"


def norm_numbers(history: pd.DataFrame) -> pd.DataFrame:
    """||M||_F and its RMS over the n images, of raw logits M, by temperature and epoch.

    Epoch 0 is the initialisation. Columns: temperature, epoch, n, logits_norm_mean, _std,
    logits_norm_rms_mean, _std (sample standard deviation over seeds), seeds.
    """
    return over_seeds(evaluated(history), ["temperature", "epoch", "n"], ["logits_norm", "logits_norm_rms"])


def rank_numbers(history: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Numerical ranks of the logits under `rule`, and their norm, by temperature and epoch.

    Columns: temperature, epoch, n, classes, and mean and std over seeds of rank_centred (rows of M
    less their means, which softmax does not see), rank_raw, rank_softmax (softmax of M/T) and
    logits_norm; seeds.
    """
    history = evaluated(history)
    read = {
        name: [
            (class_centred_rank if name == "rank_centred" else numerical_rank)(sigma, n, len(sigma), rule)
            for sigma, n in zip(history[column], history["n"], strict=True)
        ]
        for column, name in SPECTRA.items()
    }
    rows = history.assign(**read, classes=history["singular_values"].map(len))
    return over_seeds(rows, ["temperature", "epoch", "n", "classes"], [*read, "logits_norm"])


def draw_norms(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """||M||_F against epoch (Fig. 2), a line and a band for each temperature; right axis: per image.

    settings: as `settings.Settings.figure` gives them.
    """
    width = WIDTHS[settings["binding"].get("columns", 2)]
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    figure, axis = plt.subplots(figsize=(width, max(0.45 * width, 2.4) + (0.5 if said else 0)))
    for temperature in settings["temperatures"]:
        place = grid["temperatures"].index(temperature)
        rows = numbers[numbers["temperature"] == temperature]
        label = temperature_label(temperature, records)
        label += f" ({said[temperature]})" if temperature in said else ""
        _band(axis, rows, "logits_norm", label, *LINES[place % len(LINES)])
    axis.set_yscale("log")
    axis.set_ylim(0.7 * numbers["logits_norm_mean"].min(), 1.5 * numbers["logits_norm_mean"].max())
    n = int(numbers["n"].iloc[0])
    axis.set_xlabel(EPOCH)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylabel(f"logits norm $\\|M\\|_F$, n = {n:,} (log)")
    root = np.sqrt(n)
    right = axis.secondary_yaxis("right", functions=(lambda y: y / root, lambda y: y * root))
    right.set_ylabel(r"per image: $\|M\|_F/\sqrt{n}$", color=GREY)
    figure.legend(
        loc="outside lower center",
        ncols=1 if said else settings["binding"].get("columns", 2) + 2,
        frameon=False,
    )
    _head(figure, grid, numbers)
    return figure


def draw_ranks(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """Ranks of M and softmax_T(M) and ||M|| against epoch (Figs 5, 18-20), a panel a temperature.

    settings: as `settings.Settings.figure` gives them; panels share their axes.
    """
    temperatures, columns = settings["temperatures"], settings["binding"].get("columns", 2)
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    across = min(columns, len(temperatures))
    down = -(-len(temperatures) // across)
    size = (WIDTHS[columns], 0.4 + max(1.8, 0.36 * WIDTHS[columns]) * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharex=True, sharey=True, squeeze=False)
    norms = numbers["logits_norm_mean"]
    limits = (0.5 * norms.min(), 2 * norms.max())
    for place, (axis, temperature) in enumerate(zip(axes.flat, temperatures, strict=False)):
        right = _draw_panel(axis, numbers[numbers["temperature"] == temperature], limits)
        axis.set_title(temperature_label(temperature, records), loc="left", fontweight="bold")
        axis.set_title(said.get(temperature, ""), loc="right", fontsize=6.5, color=RED)
        if place + across >= len(temperatures):
            axis.set_xlabel(EPOCH)
            axis.tick_params(labelbottom=True)
        if place % across == 0:
            axis.set_ylabel("numerical rank")
        if place % across == across - 1 or place == len(temperatures) - 1:
            right.set_ylabel(r"logits norm $\|M\|_F$ (log)", color=GREY)
        else:
            right.tick_params(labelright=False, which="both")
    for axis in axes.flat[len(temperatures) :]:
        axis.set_visible(False)
    handles = [*axes.flat[0].get_lines(), *figure.axes[len(axes.flat)].get_lines()]
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if columns == 2 else 2, frameon=False)
    _head(figure, grid, numbers, f"rank rule: {settings['rank_rule']}")
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame, limits: tuple[float, float]) -> Axes:
    """Ranks on the left axis, the norm on a right one, which is returned."""
    right = axis.twinx()
    axis.set_zorder(right.get_zorder() + 1)
    axis.patch.set_visible(False)
    for series, (label, colour, style) in RANK_LINES.items():
        _band(axis, rows, series, label, colour, style)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    classes = int(rows["classes"].iloc[0])
    axis.axhline(classes, color="black", linewidth=0.5, linestyle=(0, (1, 2)), label=f"C = {classes}")
    axis.set_ylim(0, 1.06 * classes)
    _band(right, rows, "logits_norm", r"$\|M\|_F$", GREY, ":")
    right.set_yscale("log")
    right.set_ylim(*limits)
    right.spines["right"].set_visible(True)
    right.tick_params(colors=GREY, which="both")
    return right


def _band(axis: Axes, rows: pd.DataFrame, series: str, label: str, colour: str, style) -> None:
    """The mean as a line, one standard deviation to either side as a band."""
    rows = rows.sort_values("epoch")
    mean, std = rows[f"{series}_mean"], rows[f"{series}_std"].fillna(0)
    axis.plot(rows["epoch"], mean, linestyle=style, color=colour, label=label)
    axis.fill_between(rows["epoch"], mean - std, mean + std, color=colour, alpha=0.18, linewidth=0)


def _head(figure: Figure, grid: Mapping, numbers: pd.DataFrame, more: str = "") -> None:
    seeds = int(numbers["seeds"].max())
    spread = f"mean and s.d. over {seeds} seeds" if seeds > 1 else "one seed"
    n = int(numbers["n"].iloc[0])
    shown = f"{grid['architecture']} on {grid['labels'][grid['dataset']]}, n = {n:,} training images"
    parts = [shown, *([more] if more else []), spread]
    head(figure, "; ".join(parts))
