"""OrthoDev through the layers (Figure 22)."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.networks.beside import CLASSIFIER, PENULTIMATE
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.panels import bold_title, layer_ticks, panel_grid
from unpacking_softmax.plots.style import Drawn
from unpacking_softmax.plots.temperatures import line_labels, remarks
from unpacking_softmax.plots.words import grid_title, heading, literal, spread_text
from unpacking_softmax.readings.effects import trained_rows
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import View


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: collapse, record."""
    records = tables.records(files["record"])
    numbers = orthodev_numbers(tables.gather(files["collapse"]), records, view)
    return Drawn(draw(numbers, records, view), numbers)


def orthodev_numbers(collapse: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """OrthoDev against view.ood at the network's points, of runs that trained.

    Columns: grid, temperature, index, point, value_mean, value_std (sample standard deviation over
    seeds), seeds.
    """
    rows = trained_rows(collapse, records)
    rows = rows[(rows["measure"] == "orthodev") & (rows["source"] == view.ood)]
    rows = rows[~rows["point"].isin([PENULTIMATE, CLASSIFIER])]
    parts = [grid.rows(rows).assign(grid=grid.name) for grid in view.grids]
    return over_seeds(pd.concat(parts), ["grid", "temperature", "index", "point"], ["value"])


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """A panel for each grid: OrthoDev against layer, a line for each temperature."""
    figure, axes = panel_grid(len(view.grids), view.columns, 2.7, over=0.3, sharey=True)
    for axis, grid in zip(axes.flat, view.grids, strict=False):
        said = remarks(grid.rows(records), grid.baseline, view.matched_within)
        labels = line_labels(grid.temperatures, grid.rows(records), said)
        _draw_panel(axis, numbers[numbers["grid"] == grid.name], labels, line_styles(grid.temperatures))
        bold_title(axis, grid_title(grid))
    for axis in axes[:, 0]:
        axis.set_ylabel("OrthoDev")
    ood, spread = literal(view.grid.labels[view.ood]), spread_text(numbers["seeds"])
    heading(figure, rf"OrthoDev: mean over classes of |cos($\mu_c$, $\mu_{{OOD}}$)|; OOD: {ood}; {spread}")
    return figure


def _draw_panel(
    axis: Axes, numbers: pd.DataFrame, labels: Mapping[str, str], styles: Mapping[str, tuple]
) -> None:
    for temperature, label in labels.items():
        rows = numbers[numbers["temperature"] == temperature]
        band(axis, rows, "index", *styles[temperature], of="value", marker="o", label=label)
    many = any("(" in label for label in labels.values())
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=1 if many else 4, frameon=False)
    axis.set_ylim(0, 1.04)
    axis.set_xlabel("layer")
    if not numbers.empty:  # else every run failed, as the legend says
        layer_ticks(axis, numbers["index"].max())
