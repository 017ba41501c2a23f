"""Maps of |cosines| between singular vectors of weights and representations (Figures 10, 24, 25)."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from unpacking_softmax.plots.epochs import nearest
from unpacking_softmax.plots.style import GREY, RED, WIDTHS
from unpacking_softmax.plots.temperatures import remarks, temperature_label

MARGIN, LARGEST_TILE = 0.85, 0.6  # inches
SIDE_BY_SIDE = 10  # layers, at most, for two temperatures beside each other


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


def draw_heat_maps(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """A block for each temperature: epochs downwards, weight layers to the right, one scale from 0 to 1.

    settings: as `settings.Settings.figure` gives them.
    """
    temperatures, columns = settings["temperatures"], settings["binding"].get("columns", 2)
    layers, epochs = numbers["index"].max(), numbers.groupby("temperature")["epoch"].nunique().max()
    across = 2 if len(temperatures) > 1 and columns == 2 and layers <= SIDE_BY_SIDE else 1
    down = -(-len(temperatures) // across)
    tile = min(LARGEST_TILE, (WIDTHS[columns] / across - MARGIN) / layers)
    size = (WIDTHS[columns], 0.5 + down * (0.75 + tile * epochs))
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    grid = next(iter(settings["grids"].values()))
    said = remarks(records, grid["baseline"], settings["matched_within"])
    for axis, temperature in zip(axes.flat, temperatures, strict=False):
        image = _draw_block(axis, numbers[numbers["temperature"] == temperature], layers)
        axis.set_title(temperature_label(temperature, records), loc="left", fontweight="bold")
        axis.set_title(said.get(temperature, ""), loc="right", fontsize=6.5, color=RED)
    for axis in axes.flat[len(temperatures) :]:
        axis.set_visible(False)
    figure.colorbar(image, ax=axes, label="|cos|", fraction=0.03, pad=0.01, aspect=25)
    data, seed = grid["labels"][grid["dataset"]], numbers["seed"].iloc[0]
    figure.suptitle(
        f"{grid['architecture']} on {data}; one seed ({seed})\n"
        f"top {numbers['column'].max()} singular vectors, the first at the top left:\n"
        "of $W^i$ downwards, of its input to the right",
        fontsize=7.5,
        color=GREY,
    )
    return figure


def _draw_block(axis: Axes, rows: pd.DataFrame, layers: int) -> AxesImage:
    epochs = sorted(rows["epoch"].unique())
    side = int(max(rows["row"].max(), rows["column"].max()))
    colours = mpl.colormaps["magma_r"].with_extremes(bad="#DDDDDD")
    image = axis.imshow(tiles(rows, epochs, layers, side), cmap=colours, vmin=0, vmax=1, interpolation="none")
    centre = (side - 1) / 2
    step = max(1, round(layers / 20))
    shown = range(0, layers, step)
    axis.set_xticks([centre + i * (side + 1) for i in shown], [i + 1 for i in shown])
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
