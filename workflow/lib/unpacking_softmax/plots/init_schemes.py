"""Schemes of initialisation: the final rank against the initial logits norm (Figure 17)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.words import architecture_title, heading, literal
from unpacking_softmax.readings.correlation import rank_correlation
from unpacking_softmax.readings.runs import ranks
from unpacking_softmax.readings.view import GridView, Panel, View

# Numbers of colours and of markers are coprime: 35 schemes look different.
COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", "black")
MARKERS = "osD^v"

Look = tuple[str, str]  # colour, marker


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: spectra, record."""
    numbers = scheme_numbers(tables.gather(files["spectra"]), tables.records(files["record"]), view)
    return Drawn(draw(numbers, view), numbers)


def scheme_numbers(spectra: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """What Figure 17 shows, a row for each panel and run.

    A panel without a temperature shows all of its grids'. Columns: panel (its title), scheme (what
    sets its points apart: see `_scheme`), the run's identity, status, matched (mean test accuracy of
    those that trained not more than matched_within below its grid's baseline), norm (||M_0 / T||_F: of
    what softmax sees before training), rank (of the last post-ReLU point's raw representation of the
    train split, under the view's rank rule).
    """
    hidden = spectra[
        (spectra["matrix"] == "raw") & (spectra["split"] == "train") & (spectra["point"] != "logits")
    ]
    last = hidden.loc[hidden.groupby(IDENTITY)["index"].idxmax()]
    runs = records.merge(ranks(last, view.rank_rule)[[*IDENTITY, "rank"]], on=IDENTITY)
    runs["norm"] = runs["initial_logits_norm"] / runs["temperature_value"]
    several = len({grid.architecture for grid in view.grids}) > 1
    frames = []
    for panel in view.panels:
        for grid in panel.grids:
            own, low = grid.rows(runs), view.gaps(records, grid)
            for temperature in grid.temperatures if panel.temperature is None else [panel.temperature]:
                rows = own[own["temperature"] == temperature]
                scheme = _scheme(grid, temperature, panel.temperature is None, several)
                frames.append(rows.assign(panel=panel.title, scheme=scheme, matched=temperature not in low))
    columns = ["panel", "scheme", *IDENTITY, "status", "matched", "norm", "rank"]
    return pd.concat(frames, ignore_index=True)[columns]


def _scheme(grid: GridView, temperature: str, with_temperature: bool, with_architecture: bool) -> str:
    """A name for the runs of a grid at a temperature: the variant, and what else differs in the figure."""
    name = grid.variant
    if with_architecture:
        name = grid.architecture + ("" if name == "base" else f" {name}")
    return f"{name}, T = {temperature}" if with_temperature else name


def draw(numbers: pd.DataFrame, view: View) -> Figure:
    """Final penultimate rank against initial logits norm, a panel for each comparison."""
    panels, columns = view.panels, view.columns
    across = len(panels) if columns == 2 else 1
    down = len(panels) // across
    # Where norms lie worlds apart, a common axis would press most points into one.
    together = numbers["norm"].max() < 1e6 * numbers["norm"].min()
    size = (WIDTHS[columns], 1 + 2 * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharex=together, sharey=True, squeeze=False)
    looks = {
        scheme: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
        for i, scheme in enumerate(dict.fromkeys(numbers["scheme"]))
    }
    for axis, panel in zip(axes.flat, panels, strict=True):
        rows = numbers[numbers["panel"] == panel.title]
        _draw_runs(axis, rows, looks)
        axis.set_title(_panel_text(panel, rows), loc="left", fontsize=7)
        axis.tick_params(labelbottom=True)
        axis.set_xscale("log")
        norms = (numbers if together else rows)["norm"]
        axis.set_xlim(norms.min() / 3, 3 * norms.max())
    for axis in axes[-1]:
        axis.set_xlabel("logits norm $\\|M/T\\|_F$\nbefore training (log)")
    for axis in axes[:, 0]:
        axis.set_ylabel("rank of the last hidden layer")
    short = max(map(len, looks)) < 16
    ncols = (6 if columns == 2 else 3) if short else 1 + columns
    figure.legend(handles=_legend(numbers, looks), loc="outside lower center", ncols=ncols, frameon=False)
    seeds = numbers["seed"].nunique()
    points = f"a point for each run ({seeds} seed{'s' * (seeds != 1)})"
    heading(figure, f"{architecture_title(view.grid)}; {points}; rank rule: {view.rank_rule}")
    return figure


def _panel_text(panel: Panel, rows: pd.DataFrame) -> str:
    """A panel's title, its temperature, and Spearman's r of norm and rank over the runs that trained."""
    trained = rows[rows["status"] == Status.TRAINED]
    r = rank_correlation(trained["norm"], trained["rank"])
    correlation = "" if np.isnan(r) else f"Spearman r = {r:.2f}; ".replace("-", "−")
    at = "" if panel.temperature is None else f"T = {panel.temperature}\n"
    return f"{literal(panel.title)}\n{literal(at)}{correlation}n = {len(trained)} runs"


def _draw_runs(axis: Axes, rows: pd.DataFrame, looks: Mapping[str, Look]) -> None:
    """Filled: trained; hollow: trained, accuracy not matched; cross: did not train."""
    for run in rows.itertuples():
        colour, marker = looks[run.scheme]
        if run.status != Status.TRAINED:
            axis.plot(run.norm, run.rank, "x", color=colour, markersize=3.5, alpha=0.8)
        else:
            face = colour if run.matched else "none"
            axis.plot(
                run.norm, run.rank, marker, color=colour, markerfacecolor=face, markersize=3.5, alpha=0.8
            )


def _legend(numbers: pd.DataFrame, looks: Mapping[str, Look]) -> list[Line2D]:
    """A handle for each scheme, and for the kinds of points that occur."""
    handles = [
        Line2D([], [], linestyle="", color=colour, marker=marker, label=literal(scheme))
        for scheme, (colour, marker) in looks.items()
    ]
    trained = numbers["status"] == Status.TRAINED
    if (trained & ~numbers["matched"]).any():
        handles.append(Line2D([], [], linestyle="", color=GREY, marker="o", markerfacecolor="none",
                              label="hollow: accuracy not matched"))  # fmt: skip
    if not trained.all():
        handles.append(Line2D([], [], linestyle="", color=GREY, marker="x",
                              label="failed to train (not in r)"))  # fmt: skip
    return handles
