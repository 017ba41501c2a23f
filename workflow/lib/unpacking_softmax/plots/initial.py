"""Networks before training: their logits norm (Fig. 8), and the rank it leads to (Fig. 17)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import spearmanr

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plots.heading import head
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, WIDTHS
from unpacking_softmax.readings.effects import TRAINED, accuracy_gaps, of_grid
from unpacking_softmax.readings.runs import ranks
from unpacking_softmax.study.temperature import spell

# Numbers of colours and of markers are coprime: 35 schemes look different.
COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", "black")
MARKERS = "osD^v"
MODES = (
    ("norm_train_mode", "batch norm by batch statistics", BLUE, "o", -0.16),
    ("norm_eval", "by running statistics (0 and 1)", GREY, "s", 0.16),
)


def draw_initial_norms(norms: pd.DataFrame, settings: Mapping) -> Figure:
    """A point for each new network, by architecture, a panel for each data set (Fig. 8); log y.

    norms: rows of `training.initial.initial_norms` under dataset, architecture, variant.
    """
    datasets, architectures = settings["binding"]["datasets"], settings["binding"]["architectures"]
    columns = settings["binding"].get("columns", 2)
    across = min(columns, len(datasets))
    down = -(-len(datasets) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDTHS[columns], 0.6 + 2.2 * down), sharey=True, squeeze=False
    )
    for place, (axis, dataset) in enumerate(zip(axes.flat, datasets, strict=False)):
        for position, architecture in enumerate(architectures):
            ours = (norms["dataset"] == dataset) & (norms["architecture"] == architecture)
            _strip(axis, position, norms[ours])
        axis.set_yscale("log")
        axis.set_xticks(range(len(architectures)), architectures)
        axis.set_xlim(-0.5, len(architectures) - 0.5)
        axis.set_title(settings["labels"][dataset], loc="left", fontweight="bold")
        if place % across == 0:
            axis.set_ylabel(
                f"logits norm $\\|M\\|_F$ before training,\nn = {norms['n'].max():,} images (log)"
            )
    for axis in axes.flat[len(datasets) :]:
        axis.set_visible(False)
    figure.legend(
        handles=axes.flat[0].collections[:2], loc="outside lower center", ncols=columns, frameon=False
    )
    networks, batch = norms["network"].nunique(), norms["batch"].max()
    head(
        figure,
        f"{settings['title']}: {networks} networks each, batches of up to {batch}; bar: mean",
    )
    return figure


def _strip(axis: Axes, position: int, rows: pd.DataFrame) -> None:
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


def scheme_numbers(spectra: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """What Figure 17 shows, a row for each panel and run.

    A panel without a temperature shows all of its grids'. Columns: panel (its title), scheme (what
    sets its points apart: see `_scheme`), the run's identity, status, matched (mean test accuracy of
    those that trained not more than matched_within below its grid's baseline), norm (||M_0 / T||_F: of
    what softmax sees before training), rank (of the last post-ReLU point's raw representation of the
    train split, under settings["rank_rule"]).
    """
    hidden = spectra[
        (spectra["matrix"] == "raw") & (spectra["split"] == "train") & (spectra["point"] != "logits")
    ]
    last = hidden.loc[hidden.groupby(IDENTITY)["index"].idxmax()]
    runs = records.merge(ranks(last, settings["rank_rule"])[[*IDENTITY, "rank"]], on=IDENTITY)
    runs["norm"] = runs["initial_logits_norm"] / runs["temperature_value"]
    several = len({grid["architecture"] for grid in settings["grids"].values()}) > 1
    frames = []
    for panel in settings["binding"]["panels"]:
        chosen = [spell(panel["temperature"])] if "temperature" in panel else None
        for grid in (settings["grids"][name] for name in panel["grids"]):
            own = of_grid(runs, grid)
            low = accuracy_gaps(records, grid, settings["matched_within"])
            for temperature in chosen or grid["temperatures"]:
                shown = own[own["temperature"] == temperature]
                scheme = _scheme(grid, temperature, chosen is None, several)
                shown = shown.assign(panel=panel["title"], scheme=scheme, matched=temperature not in low)
                frames.append(shown)
    columns = ["panel", "scheme", *IDENTITY, "status", "matched", "norm", "rank"]
    return pd.concat(frames, ignore_index=True)[columns]


def _scheme(grid: Mapping, temperature: str, with_temperature: bool, with_architecture: bool) -> str:
    """A name for the runs of a grid at a temperature: the variant, and what else differs in the figure."""
    name = grid["variant"]
    if with_architecture:
        name = grid["architecture"] + ("" if name == "base" else f" {name}")
    return f"{name}, T = {temperature}" if with_temperature else name


def correlation(rows: pd.DataFrame) -> tuple[float, int]:
    """Spearman correlation of norm and rank over the runs that trained, and how many they are.

    NaN for fewer than three runs, or where one of the two is constant.
    """
    rows = rows[rows["status"] == TRAINED]
    if len(rows) < 3 or rows["norm"].nunique() == 1 or rows["rank"].nunique() == 1:
        return float("nan"), len(rows)
    return float(spearmanr(rows["norm"], rows["rank"]).statistic), len(rows)


def draw_schemes(numbers: pd.DataFrame, settings: Mapping) -> Figure:
    """Final penultimate rank against initial logits norm, a panel for each comparison (Fig. 17)."""
    panels = settings["binding"]["panels"]
    columns = settings["binding"].get("columns", 2)
    across = len(panels) if columns == 2 else 1
    down = len(panels) // across
    # Where norms lie worlds apart, a common axis would press most points into one.
    together = numbers["norm"].max() < 1e6 * numbers["norm"].min()
    figure, axes = plt.subplots(
        down, across, figsize=(WIDTHS[columns], 1 + 2 * down), sharex=together, sharey=True, squeeze=False
    )
    looks = {
        scheme: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
        for i, scheme in enumerate(dict.fromkeys(numbers["scheme"]))
    }
    for axis, panel in zip(axes.flat, panels, strict=True):
        rows = numbers[numbers["panel"] == panel["title"]]
        _draw_runs(axis, rows, looks)
        r, count = correlation(rows)
        text = "" if np.isnan(r) else f"Spearman r = {r:.2f}; ".replace("-", "−")
        at = f"T = {panel['temperature']}\n" if "temperature" in panel else ""
        axis.set_title(f"{panel['title']}\n{at}{text}n = {count} runs", loc="left", fontsize=7)
        axis.tick_params(labelbottom=True)
        axis.set_xscale("log")
        shown = numbers if together else rows
        axis.set_xlim(shown["norm"].min() / 3, 3 * shown["norm"].max())
    for axis in axes[-1]:
        axis.set_xlabel("logits norm $\\|M/T\\|_F$\nbefore training (log)")
    for axis in axes[:, 0]:
        axis.set_ylabel("rank of the last hidden layer")
    figure.legend(
        handles=_legend(numbers, looks),
        loc="outside lower center",
        ncols=(6 if columns == 2 else 3) if max(map(len, looks)) < 16 else 1 + columns,
        frameon=False,
    )
    grid = next(iter(settings["grids"].values()))
    seeds = numbers["seed"].nunique()
    head(
        figure,
        f"{grid['architecture']} on {grid['labels'][grid['dataset']]}; a point for each run "
        f"({seeds} seeds); rank rule: {settings['rank_rule']}",
    )
    return figure


def _draw_runs(axis: Axes, rows: pd.DataFrame, looks: Mapping[str, tuple[str, str]]) -> None:
    """Filled: trained; hollow: trained, accuracy not matched; cross: did not train."""
    for run in rows.itertuples():
        colour, marker = looks[run.scheme]
        if run.status != TRAINED:
            axis.plot(run.norm, run.rank, "x", color=colour, markersize=3.5, alpha=0.8)
        else:
            face = colour if run.matched else "none"
            axis.plot(
                run.norm, run.rank, marker, color=colour, markerfacecolor=face, markersize=3.5, alpha=0.8
            )


def _legend(numbers: pd.DataFrame, looks: Mapping[str, tuple[str, str]]) -> list[Line2D]:
    """A handle for each scheme, and for the kinds of points that occur."""
    handles = [
        Line2D([], [], linestyle="", color=colour, marker=marker, label=scheme)
        for scheme, (colour, marker) in looks.items()
    ]
    trained = numbers["status"] == TRAINED
    if (trained & ~numbers["matched"]).any():
        handles.append(Line2D([], [], linestyle="", color=GREY, marker="o", markerfacecolor="none",
                              label="hollow: accuracy not matched"))  # fmt: skip
    if not trained.all():
        handles.append(Line2D([], [], linestyle="", color=GREY, marker="x",
                              label="failed to train (not in r)"))  # fmt: skip
    return handles
