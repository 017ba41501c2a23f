"""OrthoDev through the layers (Figure 22) and neural collapse against temperature."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.networks.beside import CLASSIFIER, PENULTIMATE
from unpacking_softmax.plots.grids import (
    bound_grids,
    draw_spread,
    grid_title,
    line_labels,
    line_styles,
    spread_text,
)
from unpacking_softmax.plots.style import GREY, RED, WIDTHS
from unpacking_softmax.plots.temperatures import LINES
from unpacking_softmax.readings.effects import TRAINED, accuracy_gaps, of_grid
from unpacking_softmax.readings.runs import over_seeds

MARKERS = "osD^v<>"
CROSS = {"color": RED, "marker": "x", "linestyle": "", "markersize": 5}
# Measure -> title of its panel, axis label, scale of the axis
COLLAPSE = {
    "nc1_pinv": ("NC1: within classes", r"tr($\Sigma_W\Sigma_B^+$)/C", "log"),
    "cdnv": ("NC1: pairs of classes", "CDNV", "log"),
    "nc2_norm_cov": ("NC2: equal lengths", "s.d./mean of lengths", "linear"),
    "nc2_coherence": ("NC2: equal angles", "mean |cos + 1/(C−1)|", "linear"),
    "nc3": ("NC3: self-duality", "‖W/‖W‖ − M/‖M‖‖", "linear"),
    "nc4": ("NC4: nearest class mean", "disagreement", "linear"),
}


def _trained(table: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The rows of runs that trained, with `temperature_value`, `train_accuracy`."""
    runs = records[records["status"] == TRAINED]
    return table.merge(runs[[*IDENTITY, "temperature_value", "train_accuracy"]], on=IDENTITY)


def orthodev_numbers(collapse: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """OrthoDev against settings["binding"]["ood"] at the network's points, of runs that trained.

    Columns: grid, temperature, index, point, value_mean, value_std (sample standard deviation over
    seeds), seeds.
    """
    rows = _trained(collapse, records)
    rows = rows[(rows["measure"] == "orthodev") & (rows["source"] == settings["binding"]["ood"])]
    rows = rows[~rows["point"].isin([PENULTIMATE, CLASSIFIER])]
    parts = [of_grid(rows, grid).assign(grid=name) for name, grid in bound_grids(settings).items()]
    return over_seeds(pd.concat(parts), ["grid", "temperature", "index", "point"], ["value"])


def draw_orthodev(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """A panel for each grid: OrthoDev against layer, a line for each temperature.

    settings: as `settings.Settings.figure` gives them.
    """
    grids, binding = bound_grids(settings), settings["binding"]
    width = WIDTHS[binding.get("columns", 2)]
    across = min(len(grids), binding.get("columns", 2))
    down = -(-len(grids) // across)
    size = (width, 0.3 + 2.7 * down)
    figure, axes = plt.subplots(down, across, figsize=size, sharey=True, squeeze=False)
    for axis, (name, grid) in zip(axes.flat, grids.items(), strict=False):
        labels = line_labels(of_grid(records, grid), grid, settings["matched_within"])
        _orthodev_panel(axis, numbers[numbers["grid"] == name], labels, line_styles(grid))
        axis.set_title(grid_title(grid), loc="left", fontweight="bold")
    for axis in axes.flat[len(grids) :]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("OrthoDev")
    ood = next(iter(grids.values()))["labels"][binding["ood"]]
    spread = spread_text(numbers["seeds"])
    what = rf"OrthoDev: mean over classes of |cos($\mu_c$, $\mu_{{OOD}}$)|; OOD: {ood}; {spread}"
    figure.suptitle(what, fontsize=7.5, color=GREY)
    return figure


def _orthodev_panel(
    axis: Axes, numbers: pd.DataFrame, labels: Mapping[str, str], styles: Mapping[str, dict]
) -> None:
    for temperature, label in labels.items():
        rows = numbers[numbers["temperature"] == temperature].sort_values("index")
        style = {**styles[temperature], "label": label}
        draw_spread(axis, rows["index"], rows["value_mean"], rows["value_std"], **style)
    many = any("(" in label for label in labels.values())
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=1 if many else 4, frameon=False)
    axis.set_ylim(0, 1.04)
    axis.set_xlabel("layer")
    if numbers.empty:  # every run failed, as the legend says
        return
    count = numbers["index"].max()
    step = max(1, round(count / 8))
    ticks = [i for i in range(1, count, step) if count - i >= step] + [count]
    axis.set_xticks(ticks, [*map(str, ticks[:-1]), "logits"])


def collapse_numbers(collapse: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """NC1 to NC4 of the penultimate features, of runs that trained, by grid and temperature.

    nc4 is given as disagreement, so that 0 is full collapse for every measure. Columns: grid,
    temperature, temperature_value, measure, value_mean, value_std, seeds, train_accuracy (the lowest
    over seeds), terminal (whether it is 1 for every seed: the terminal phase of training), matched.
    """
    rows = _trained(collapse, records)
    rows = rows[(rows["point"] == PENULTIMATE) & rows["measure"].isin(COLLAPSE)]
    rows["value"] = rows["value"].where(rows["measure"] != "nc4", 1 - rows["value"])
    by = ["grid", "temperature", "temperature_value", "measure"]
    parts = []
    for name, grid in bound_grids(settings).items():
        own = of_grid(rows, grid).assign(grid=name)
        gaps = accuracy_gaps(records, grid, settings["matched_within"])
        lowest = own.groupby("temperature")["train_accuracy"].min()
        table = over_seeds(own, by, ["value"])
        table["train_accuracy"] = table["temperature"].map(lowest)
        parts.append(table.assign(matched=~table["temperature"].isin(gaps)))
    numbers = pd.concat(parts, ignore_index=True)
    return numbers.assign(terminal=numbers["train_accuracy"] == 1)


def draw_collapse(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """A panel for each measure against temperature, a line for each grid.

    A hollow marker: not in the terminal phase; a red ring: accuracy not matched; a cross on the axis:
    every run failed to train.
    """
    grids, columns = bound_grids(settings), settings["binding"].get("columns", 2)
    width, across = WIDTHS[columns], columns + 1
    down = len(COLLAPSE) // across
    figure, axes = plt.subplots(down, across, figsize=(width, 0.6 + 1.75 * down), sharex=True)
    failed = _failed(records, grids)
    for axis, (measure, (title, label, scale)) in zip(axes.flat, COLLAPSE.items(), strict=True):
        panel = numbers[numbers["measure"] == measure]
        for place, name in enumerate(grids):
            _collapse_line(axis, panel[panel["grid"] == name], place)
        axis.set_title(title, loc="left", fontweight="bold")
        axis.set_ylabel(label)
        axis.set_yscale(scale)
        highest = (panel["value_mean"] + panel["value_std"].fillna(0)).max()
        if scale == "linear" and highest > 0:
            axis.set_ylim(0, 1.1 * highest)
        axis.set_xscale("log")
        axis.plot(failed, [0.94] * len(failed), transform=axis.get_xaxis_transform(), **CROSS)
        _temperature_ticks(axis, [*numbers["temperature_value"], *failed])
    for axis in axes[-1]:
        axis.set_xlabel("temperature T (log)")
    keys = [*_grid_keys(grids), *_flag_keys(numbers, failed)]
    figure.legend(handles=keys, loc="outside lower center", ncols=across)
    spread = spread_text(numbers["seeds"])
    figure.suptitle(f"penultimate features of the training split; {spread}", fontsize=7.5, color=GREY)
    return figure


def _collapse_line(axis: Axes, rows: pd.DataFrame, place: int) -> None:
    colour, dashes = LINES[place % len(LINES)]
    rows = rows.sort_values("temperature_value")
    axis.errorbar(
        rows["temperature_value"],
        rows["value_mean"],
        rows["value_std"].fillna(0),
        color=colour,
        linestyle=dashes,
        capsize=2,
        elinewidth=0.7,
    )
    for row in rows.itertuples():
        at = [row.temperature_value], [row.value_mean]
        face = colour if row.terminal else "white"
        axis.plot(
            *at, MARKERS[place % len(MARKERS)], color=colour, markerfacecolor=face, markersize=4.5, zorder=3
        )
        if not row.matched:
            axis.plot(*at, "o", color=RED, markerfacecolor="none", markersize=9, markeredgewidth=0.8)


def _failed(records: pd.DataFrame, grids: Mapping[str, Mapping]) -> list[float]:
    """Temperatures at which every run of some grid failed to train."""
    values = set()
    for grid in grids.values():
        for value, runs in of_grid(records, grid).groupby("temperature_value"):
            if not (runs["status"] == TRAINED).any():
                values.add(value)
    return sorted(values)


def _temperature_ticks(axis: Axes, values: Iterable[float]) -> None:
    values = sorted(set(values))
    axis.set_xticks(values, [f"{value:.4g}" for value in values], rotation=60)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(values[0] / 1.5, values[-1] * 1.5)


def _grid_keys(grids: Mapping[str, Mapping]) -> list[Line2D]:
    keys = []
    for place, grid in enumerate(grids.values()):
        colour, dashes = LINES[place % len(LINES)]
        style = {"color": colour, "linestyle": dashes, "marker": MARKERS[place % len(MARKERS)]}
        keys.append(Line2D([], [], label=grid_title(grid), **style))
    return keys


def _flag_keys(numbers: pd.DataFrame, failed: Sequence[float]) -> list[Line2D]:
    """What hollow and ringed markers and crosses mean, where there are any."""
    hollow = {"color": GREY, "marker": "o", "linestyle": "", "markerfacecolor": "white"}
    ring = {"color": RED, "marker": "o", "linestyle": "", "markerfacecolor": "none", "markersize": 7}
    keys = []
    if not numbers["terminal"].all():
        keys.append(Line2D([], [], label="train accuracy below 100 % (not terminal phase)", **hollow))
    if not numbers["matched"].all():
        keys.append(Line2D([], [], label="test accuracy not matched", **ring))
    if failed:
        keys.append(Line2D([], [], label="every run of a grid failed to train", **CROSS))
    return keys
