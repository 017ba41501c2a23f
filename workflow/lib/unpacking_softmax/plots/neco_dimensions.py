"""NECO's AUROC by the number of components that it keeps, other scores beside it."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.panels import bold_title
from unpacking_softmax.plots.style import WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import line_labels, remarks
from unpacking_softmax.plots.words import grid_title, heading, literal, spread_text
from unpacking_softmax.readings.effects import trained_rows
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import View

# Scores beside NECO's sweep, and what they are called on the axis.
OTHERS = {"msp": "MSP", "max_logit": "MaxLogit", "energy": "Energy", "knn": "KNN", "vim": "ViM"}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: detection, record."""
    records = tables.records(files["record"])
    numbers = dimension_numbers(tables.gather(files["detection"]), records, view)
    return Drawn(draw(numbers, records, view), numbers)


def dimension_numbers(detection: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """AUROC of every score against view.detection, of runs that trained.

    Columns: grid, temperature, score, dimension (of NECO; its mean where it differs between seeds),
    auroc_mean, auroc_std (sample standard deviation over seeds), seeds.
    """
    rows = trained_rows(detection[detection["source"] == view.detection], records)
    # Each dimension of the sweep is a number of its own; the other scores have one each.
    rows["swept"] = rows["dimension"].where(rows["score"] == "neco_sweep")
    parts = [grid.rows(rows).assign(grid=grid.name) for grid in view.grids]
    by = ["grid", "temperature", "score", "swept"]
    table = over_seeds(pd.concat(parts), by, ["auroc", "dimension"])
    table = table.rename(columns={"dimension_mean": "dimension"})
    return table.drop(columns=["swept", "dimension_std"])


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """For each grid, AUROC of NECO by components kept, and of other scores beside it.

    A line for each temperature; the dotted line is the dimension of the tables, a diamond the
    dimension that holds 90 % of the variance.
    """
    across = min(len(view.grids), view.columns)
    down = -(-len(view.grids) // across)
    figure = plt.figure(figsize=(WIDTHS[view.columns], 0.4 + 3 * down))
    parts = figure.subfigures(down, across, squeeze=False)
    for part, grid in zip(parts.flat, view.grids, strict=False):
        axes = part.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        said = remarks(grid.rows(records), grid.baseline, view.matched_within)
        labels = line_labels(grid.temperatures, grid.rows(records), said)
        own = numbers[numbers["grid"] == grid.name]
        _draw_panel(*axes, own, labels, line_styles(grid.temperatures))
        bold_title(axes[0], grid_title(grid))
        axes[0].set_ylabel("AUROC (%)")
        part.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center")
    detected = literal(view.grid.labels[view.detection])
    notes = f"to detect: {detected}; dotted: dimension of the tables; diamond: 90 % of the variance"
    heading(figure, f"{notes}; {spread_text(numbers['seeds'])}", size=7)
    return figure


def _draw_panel(
    sweep: Axes, marks: Axes, numbers: pd.DataFrame, labels: Mapping[str, str], styles: Mapping[str, tuple]
) -> None:
    for temperature, label in labels.items():
        rows, (colour, dashes) = numbers[numbers["temperature"] == temperature], styles[temperature]
        swept = rows[rows["score"] == "neco_sweep"]
        band(sweep, swept, "dimension", colour, dashes, of="auroc", scale=100, marker="o", label=label)
        by_variance = rows[rows["score"] == "neco_variance"]
        sweep.plot(by_variance["dimension"], 100 * by_variance["auroc_mean"], "D", color=colour, markersize=5)
        others = rows[rows["score"].isin(OTHERS)].set_index("score").reindex(OTHERS)
        marks.errorbar(
            range(len(OTHERS)),
            100 * others["auroc_mean"],
            100 * others["auroc_std"],
            fmt="_",
            color=colour,
            markersize=9,
            elinewidth=0.7,
        )
    for dimension in set(numbers.loc[numbers["score"] == "neco", "dimension"]):
        sweep.axvline(dimension, color="black", linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    sweep.set_xscale("log", base=2)
    sweep.xaxis.set_major_formatter("{x:.0f}")
    sweep.set_xlabel("components kept by NECO (log)")
    marks.set_xticks(range(len(OTHERS)), OTHERS.values(), rotation=60, ha="right", rotation_mode="anchor")
    marks.set_xlim(-0.7, len(OTHERS) - 0.3)
