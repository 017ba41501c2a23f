"""The layer plot (Figures 1, 9, 11-16): probe accuracy in and out of distribution, rank, kappa, by layer."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.measures.readings import over_seeds, ranks
from unpacking_softmax.plots.heading import head
from unpacking_softmax.plots.style import BLUE, GREY, ORANGE, RED, WIDTHS
from unpacking_softmax.plots.temperatures import remarks, temperature_label

PANEL_HEIGHT = 2.7  # inches
NAME_HALF_WIDTH = 0.05  # of a line's name, as a share of the panel
ID, OOD, RANK = "ID probe accuracy", "OOD probe accuracy", "numerical rank"


def layer_numbers(probes: pd.DataFrame, spectra: pd.DataFrame, ood: str, rank_rule: str) -> pd.DataFrame:
    """What the plot shows: one row for each temperature, series and point.

    Columns: temperature, series (ID, OOD, RANK), index, point, mean, std (sample standard deviation
    over seeds), seeds. ID and OOD are test accuracies (fractions) of linear probes; rank is that of
    the train split's raw representation under `rank_rule`.
    """
    own = probes[probes["source"] == probes["dataset"]].assign(series=ID, value=lambda t: t["accuracy"])
    other = probes[probes["source"] == ood].assign(series=OOD, value=lambda t: t["accuracy"])
    raw = spectra[(spectra["matrix"] == "raw") & (spectra["split"] == "train")]
    rank = ranks(raw, rank_rule).assign(series=RANK, value=lambda t: t["rank"])
    rows = pd.concat([own, other, rank], ignore_index=True)
    table = over_seeds(rows, ["temperature", "series", "index", "point"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def depth_numbers(depth: pd.DataFrame, ood: str) -> pd.DataFrame:
    """Mean and standard deviation over seeds of the kappa index, kappa_N and rho, by temperature."""
    rows = depth[depth["source"] == ood]
    return over_seeds(rows, ["temperature"], ["index", "kappa_n", "rho"])


def draw_layers(
    numbers: pd.DataFrame,
    depths: pd.DataFrame,
    records: pd.DataFrame,
    settings: Mapping,
) -> Figure:
    """One panel for each of settings["temperatures"], in that order; panels share the axis of accuracy.

    settings: as `settings.Settings.figure` gives them.
    """
    temperatures = settings["temperatures"]
    grid = next(iter(settings["grids"].values()))
    columns = settings["binding"].get("columns", 2)
    across = min(columns, len(temperatures))
    rows = -(-len(temperatures) // across)
    size = (WIDTHS[columns], PANEL_HEIGHT * rows)
    figure, axes = plt.subplots(rows, across, figsize=size, sharey=True, squeeze=False)
    said = remarks(records, grid["baseline"], settings["matched_within"])
    highest = numbers.loc[numbers["series"] == RANK, "mean"].max()
    for place, temperature in enumerate(temperatures):
        axis = axes.flat[place]
        panel = numbers[numbers["temperature"] == temperature]
        depth = depths[depths["temperature"] == temperature]
        _draw_panel(axis, panel, depth, highest, (place + 1) % across == 0 or place == len(temperatures) - 1)
        kind = " (baseline)" if temperature == grid["baseline"] else ""
        label = temperature_label(temperature, records) + kind
        axis.set_title(label, loc="left", fontweight="bold", pad=11 if said else None)
        axis.text(0, 1.01, said.get(temperature, ""), fontsize=6.5, color=RED, transform=axis.transAxes)
        if place % across == 0:
            axis.set_ylabel("linear-probe test accuracy (%)")
        if place >= len(temperatures) - across:
            axis.set_xlabel("layer")
    for axis in axes.flat[len(temperatures) :]:
        axis.set_visible(False)
    labels = grid["labels"]
    seeds = int(numbers["seeds"].max())
    spread = f"mean and s.d. over {seeds} seeds" if seeds > 1 else "one seed"
    network = f"{grid['architecture']} on {labels[grid['dataset']]}"
    head(figure, f"{network}, OOD: {labels[settings['binding']['ood']]}; {spread}")
    return figure


def _draw_panel(
    axis: Axes, panel: pd.DataFrame, depth: pd.DataFrame, highest: float, last_column: bool
) -> None:
    ranks_axis = axis.twinx()
    axis.set_zorder(ranks_axis.get_zorder() + 1)
    axis.patch.set_visible(False)
    _line(ranks_axis, panel, RANK, GREY, ":", 1.0)
    _line(axis, panel, ID, BLUE, "-", 100.0)
    _line(axis, panel, OOD, ORANGE, "--", 100.0)
    ranks_axis.set_yscale("log")
    ranks_axis.set_ylim(1, 2.5 * highest)
    ranks_axis.spines["right"].set_visible(True)
    if last_column:
        ranks_axis.set_ylabel("numerical rank (log)", color=GREY)
    ranks_axis.tick_params(colors=GREY, which="both")
    axis.set_ylim(0, 104)
    points = panel.loc[panel["series"] == ID].sort_values("index")
    _layer_ticks(axis, len(points))
    _direct_labels(axis, ranks_axis, panel)
    if len(depth):
        _mark_kappa(axis, depth.iloc[0], len(points))


def _line(axis: Axes, panel: pd.DataFrame, series: str, colour: str, style: str, scale: float) -> None:
    rows = panel[panel["series"] == series].sort_values("index")
    mean, std = rows["mean"] * scale, rows["std"].fillna(0) * scale
    axis.plot(rows["index"], mean, style, color=colour, marker="o")
    axis.fill_between(rows["index"], mean - std, mean + std, color=colour, alpha=0.18, linewidth=0)


def _layer_ticks(axis: Axes, count: int) -> None:
    """Layers 1..N-1 are post-ReLU points; the N-th is the logits."""
    step = max(1, round(count / 8))
    ticks = [i for i in range(1, count, step) if count - i >= step] + [count]
    axis.set_xticks(ticks, [*map(str, ticks[:-1]), "logits"])
    axis.set_xlim(0.7, count + 0.3)


def _direct_labels(axis: Axes, ranks_axis: Axes, panel: pd.DataFrame) -> None:
    """Write each line's name beside it, where it is farthest from the lines and the other names."""
    names = {
        ID: ("ID", BLUE, axis, 100),
        OOD: ("OOD", ORANGE, axis, 100),
        RANK: ("rank", GREY, ranks_axis, 1),
    }
    heights = {}
    for series, (_, _, own_axis, scale) in names.items():
        rows = panel[panel["series"] == series].sort_values("index")
        xy = np.column_stack([rows["index"], rows["mean"] * scale])
        heights[series] = own_axis.transAxes.inverted().transform(own_axis.transData.transform(xy))
    taken: list[tuple[float, float]] = []
    for series, place in heights.items():
        text, colour, _, _ = names[series]
        x, y = _freest(place, list(heights.values()), taken)
        taken.append((x, y))
        axis.text(x, y, text, color=colour, fontsize=7, ha="center", va="center",
                  fontweight="bold", transform=axis.transAxes)  # fmt: skip


def _freest(
    place: np.ndarray, lines: list[np.ndarray], taken: list[tuple[float, float]], offset: float = 0.07
) -> tuple[float, float]:
    """Where above or below a line (n, 2) a name is farthest from every line, name and the frame."""
    best, chosen = -1.0, (0.5, 0.5)
    for x, height in place[1:-1]:
        under = np.linspace(x - NAME_HALF_WIDTH, x + NAME_HALF_WIDTH, 9)
        for y in (height + offset, height - offset):
            gaps = [abs(y - np.interp(under, line[:, 0], line[:, 1])).min() for line in lines]
            gaps += [np.hypot(x - other_x, y - other_y) - 0.08 for other_x, other_y in taken]
            room = min(*gaps, y - 0.02, 0.93 - y)
            if room > best:
                best, chosen = room, (x, y)
    return chosen


def _mark_kappa(axis: Axes, depth: pd.Series, count: int) -> None:
    axis.axvline(depth["index_mean"], color="black", linewidth=0.7, linestyle=(0, (1, 1.5)))
    spread = f" ± {100 * depth['kappa_n_std']:.0f}" if depth["kappa_n_std"] > 0 else ""
    early = depth["index_mean"] < 0.6 * count
    axis.annotate(
        f"κ = {100 * depth['kappa_n_mean']:.0f}{spread} %\nρ = {100 * depth['rho_mean']:.1f} %",
        (depth["index_mean"], 3),
        xytext=(3 if early else -3, 0),
        textcoords="offset points",
        ha="left" if early else "right",
        va="bottom",
        fontsize=6.5,
    )
