"""Maps of |cosines| between singular vectors of weights and representations (Figures 10, 24, 25)."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.epochs import nearest
from unpacking_softmax.plots.panels import panel_grid, title_beside_remark
from unpacking_softmax.plots.style import WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import remarks, temperature_label
from unpacking_softmax.plots.words import architecture_title, heading
from unpacking_softmax.readings.effects import of_trained
from unpacking_softmax.readings.view import View

MARGIN, LARGEST_TILE = 0.85, 0.6  # inches
FEW_LAYERS = 10  # so few that two temperatures have room beside each other


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: alignment, record."""
    records = tables.records(files["record"])
    rows = of_trained(tables.gather(files["alignment"]), records)
    numbers = heat_map_numbers(rows, view.epochs)
    return Drawn(draw(numbers, records, view), numbers)


def heat_map_numbers(alignment: pd.DataFrame, epochs: Sequence[int]) -> pd.DataFrame:
    """Rows (temperature, seed, epoch, index, point, row, column, cosine) of the first run's seed.

    epochs: those wanted; for each the nearest snapshot of a temperature is taken, once. row, column:
    1-based numbers of singular vectors, of W^i and of its input, from the largest singular value.
    """
    first = alignment[alignment["seed"] == alignment["seed"].iloc[0]]
    parts = []
    for _, run in first.groupby("temperature", sort=False):
        taken = {nearest(run["epoch"], epoch) for epoch in epochs}
        for snapshot in run[run["epoch"].isin(taken)].to_dict("records"):
            row, column = np.indices((snapshot["rows"], snapshot["columns"])).reshape(2, -1) + 1
            tile = pd.DataFrame({"row": row, "column": column, "cosine": snapshot["matrix"]})
            named = {name: snapshot[name] for name in ("temperature", "seed", "epoch", "index", "point")}
            parts.append(tile.assign(**named))
    columns = ["temperature", "seed", "epoch", "index", "point", "row", "column", "cosine"]
    return pd.concat(parts, ignore_index=True)[columns]


def draw(numbers: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """A block for each temperature: epochs downwards, weight layers to the right, one scale from 0 to 1."""
    temperatures, layers = view.temperatures, numbers["index"].max()
    epochs = numbers.groupby("temperature")["epoch"].nunique().max()
    across = min(view.columns if layers <= FEW_LAYERS else 1, len(temperatures))
    tile = min(LARGEST_TILE, (WIDTHS[view.columns] / across - MARGIN) / layers)
    height = 0.75 + tile * epochs
    figure, axes = panel_grid(len(temperatures), view.columns, height, over=0.5, across=across)
    said = remarks(records, view.grid.baseline, view.matched_within)
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        image = _draw_block(axis, numbers[numbers["temperature"] == temperature], layers)
        title_beside_remark(axis, temperature_label(temperature, records), said.get(temperature, ""))
    figure.colorbar(image, ax=axes, label="|cos|", fraction=0.03, pad=0.01, aspect=25)
    heading(
        figure,
        f"{architecture_title(view.grid)}; one seed ({numbers['seed'].iloc[0]})\n"
        f"top {numbers['column'].max()} singular vectors, the first at the top left:\n"
        "of $W^i$ downwards, of its input to the right",
    )
    return figure


def _draw_block(axis: Axes, rows: pd.DataFrame, layers: int) -> AxesImage:
    epochs = sorted(rows["epoch"].unique())
    side = int(max(rows["row"].max(), rows["column"].max()))
    colours = mpl.colormaps["magma_r"].with_extremes(bad="#DDDDDD")
    image = axis.imshow(tiles(rows, epochs, layers, side), cmap=colours, vmin=0, vmax=1, interpolation="none")
    centre = (side - 1) / 2
    step = max(1, round(layers / 20))
    ticks = range(0, layers, step)
    axis.set_xticks([centre + i * (side + 1) for i in ticks], [i + 1 for i in ticks])
    axis.set_yticks([centre + i * (side + 1) for i in range(len(epochs))], epochs)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_xlabel("weight layer i")
    axis.set_ylabel("epoch")
    return image


def tiles(rows: pd.DataFrame, epochs: Sequence[int], layers: int, side: int) -> NDArray:
    """All maps in one array: side x side tiles, one empty line between them; NaN where there is nothing."""
    step = side + 1
    canvas = np.full((len(epochs) * step - 1, layers * step - 1), np.nan)
    down = rows["epoch"].map({epoch: i for i, epoch in enumerate(epochs)}) * step + rows["row"] - 1
    canvas[down, (rows["index"] - 1) * step + rows["column"] - 1] = rows["cosine"]
    return canvas
