"""The layer plot (Figures 1, 9, 11-16): probe accuracy in and out of distribution, rank, kappa, by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.lines import band
from unpacking_softmax.plots.panels import is_last_in_row, layer_ticks, panel_grid, title_over_remark
from unpacking_softmax.plots.style import BLUE, GREY, ORANGE, Drawn
from unpacking_softmax.plots.temperatures import most_lines, remarks, temperature_label
from unpacking_softmax.plots.words import architecture_title, heading, literal, spread_text
from unpacking_softmax.readings.effects import SOLUTION, of_trained, trained_rows
from unpacking_softmax.readings.probes import over_probe_seeds, probe_share, probe_spread
from unpacking_softmax.readings.runs import over_seeds, ranks
from unpacking_softmax.readings.view import View

PANEL_HEIGHT = 2.7  # inches
# Shares of the panel: half of a line's name, its distance from the line, and the text of kappa and rho.
HALF_WIDTH, HALF_HEIGHT, OFFSET = 0.05, 0.025, 0.07
NOTE_WIDTH, NOTE_HEIGHT = 0.3, 0.17
PROBE_NUMBERS = [f"{name}_probe_{part}" for name in ("kappa_n", "rho") for part in ("sd", "share")]
ID, OOD, RANK = "ID probe accuracy", "OOD probe accuracy", "numerical rank"

Box = tuple[float, float, float, float]  # left, right, bottom, top, as shares of the panel


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: probes, spectra, depth, record."""
    records = tables.records(files["record"])
    probes, spectra, depth = (tables.gather(files[kind]) for kind in ("probes", "spectra", "depth"))
    numbers = layer_numbers(probes, spectra, records, view)
    depths = depth_numbers(depth, records, view.ood)
    figure = draw(numbers, depths, records, view)
    numbers = numbers.merge(depths.drop(columns="seeds"), on="temperature", how="left")
    return Drawn(figure, numbers.merge(probe_numbers(probes, records, view), on="temperature", how="left"))


def layer_numbers(
    probes: pd.DataFrame, spectra: pd.DataFrame, records: pd.DataFrame, view: View
) -> pd.DataFrame:
    """What the plot shows: one row for each temperature, series and point.

    Columns: temperature, series (ID, OOD, RANK), index, point, d (features read), mean, std (sample
    standard deviation over seeds), seeds. ID and OOD are test accuracies (fractions) of linear probes;
    rank is that of the train split's raw representation under the view's rank rule, at the logits SR: of the
    class-centred ones. Of runs that trained; where no run of a temperature did, of those that failed.
    """
    probes = over_probe_seeds(probes)
    own = probes[probes["source"] == probes["dataset"]].assign(series=ID, value=lambda t: t["accuracy"])
    other = probes[probes["source"] == view.ood].assign(series=OOD, value=lambda t: t["accuracy"])
    matrix = np.where(spectra["point"] == "logits", SOLUTION, "raw")
    rows = spectra[(spectra["matrix"] == matrix) & (spectra["split"] == "train")]
    rank = ranks(rows, view.rank_rule).assign(series=RANK, value=lambda t: t["rank"])
    rows = of_trained(pd.concat([own, other, rank], ignore_index=True), records)
    table = over_seeds(rows, ["temperature", "series", "index", "point", "d"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def depth_numbers(depth: pd.DataFrame, records: pd.DataFrame, ood: str) -> pd.DataFrame:
    """Mean and standard deviation over runs that trained of the kappa index, kappa_N, rho, by temperature."""
    rows = trained_rows(depth[depth["source"] == ood], records)
    return over_seeds(rows, ["temperature"], ["index", "kappa_n", "rho"])


def probe_numbers(probes: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """How much of the spread of kappa_N and rho the probes make, by temperature: see `probe_share`.

    Columns temperature, kappa_n_probe_sd, kappa_n_probe_share, rho_probe_sd, rho_probe_share.
    """
    read = probes[(probes["source"] == probes["dataset"]) | (probes["source"] == view.ood)]
    spread = trained_rows(probe_spread(read, vars(view)), records)
    rows = []
    for temperature, runs in spread.groupby("temperature", sort=False):
        row = {"temperature": temperature}
        for name in ("kappa_n", "rho"):
            row[f"{name}_probe_sd"], row[f"{name}_probe_share"] = probe_share(runs, name)
        rows.append(row)
    return pd.DataFrame(rows, columns=["temperature", *PROBE_NUMBERS])


def draw(numbers: pd.DataFrame, depths: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """One panel for each temperature of the view, in that order; panels share the axis of accuracy."""
    temperatures, baseline = view.temperatures, view.grid.baseline
    count = len(temperatures)
    figure, axes = panel_grid(count, view.columns, PANEL_HEIGHT, sharey=True)
    across = axes.shape[1]
    said = remarks(records, baseline, view.matched_within)
    highest = numbers.loc[numbers["series"] == RANK, "mean"].max()
    for place, (axis, temperature) in enumerate(zip(axes.flat, temperatures, strict=False)):
        panel = numbers[numbers["temperature"] == temperature]
        depth = depths[depths["temperature"] == temperature]
        _draw_panel(axis, panel, depth, highest, is_last_in_row(place, across, count))
        kind = " (baseline)" if temperature == baseline else ""
        title = temperature_label(temperature, records) + kind
        title_over_remark(axis, title, said.get(temperature, ""), most_lines(said))
        if place % across == 0:
            axis.set_ylabel("linear-probe test accuracy (%)")
        if place >= count - across:
            axis.set_xlabel("layer")
    network = f"{architecture_title(view.grid)}, OOD: {literal(view.grid.labels[view.ood])}"
    rule = f"rank rule: {view.rank_rule}; at most {numbers['d'].max():.0f} features of a layer"
    heading(figure, f"{network}\n{rule}; {spread_text(numbers['seeds'])}")
    return figure


def _draw_panel(
    axis: Axes, panel: pd.DataFrame, depth: pd.DataFrame, highest: float, last_column: bool
) -> None:
    ranks_axis = axis.twinx()
    axis.set_zorder(ranks_axis.get_zorder() + 1)
    axis.patch.set_visible(False)
    for series, own_axis, colour, style, scale in (
        (RANK, ranks_axis, GREY, ":", 1),
        (ID, axis, BLUE, "-", 100),
        (OOD, axis, ORANGE, "--", 100),
    ):
        rows = panel[panel["series"] == series]
        band(own_axis, rows, "index", colour, style, scale=scale, marker="o")
    ranks_axis.set_yscale("log")
    ranks_axis.set_ylim(1, 2.5 * highest)
    ranks_axis.spines["right"].set_visible(True)
    if last_column:
        ranks_axis.set_ylabel("numerical rank (log)", color=GREY)
    ranks_axis.tick_params(colors=GREY, which="both")
    axis.set_ylim(0, 104)
    points = panel.loc[panel["series"] == ID].sort_values("index")
    layer_ticks(axis, len(points))
    axis.set_xlim(0.7, len(points) + 0.3)
    taken = []
    if len(depth):
        taken = _mark_kappa(axis, depth.iloc[0], len(points))
    else:
        axis.text(0.02, 0.03, "$\\kappa_N$, ρ: –", fontsize=6.5, transform=axis.transAxes)
    _direct_labels(axis, ranks_axis, panel, taken)


def _direct_labels(axis: Axes, ranks_axis: Axes, panel: pd.DataFrame, taken: list[Box]) -> None:
    """Write each line's name beside it, where it is farthest from the lines, the names and `taken`."""
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

    def freest(series: str) -> tuple[float, float, float]:
        others = [line for name, line in heights.items() if name != series]
        return _freest(heights[series], others, taken)

    # The name with the least choice first: the others leave it no place otherwise.
    for series in sorted(heights, key=freest):
        text, colour, _, _ = names[series]
        _, x, y = freest(series)
        taken = [*taken, (x - HALF_WIDTH, x + HALF_WIDTH, y - HALF_HEIGHT, y + HALF_HEIGHT)]
        axis.text(x, y, text, color=colour, fontsize=7, ha="center", va="center",
                  fontweight="bold", transform=axis.transAxes)  # fmt: skip


def _freest(own: np.ndarray, others: list[np.ndarray], taken: list[Box]) -> tuple[float, float, float]:
    """The best place (x, y) for a name above or below its line (n, 2), and how much room it has there.

    Of places alike, the nearest to the line.
    """
    best = (-np.inf, 0.5, 0.5)
    inner = own[1:-1, 0]
    along = [*inner, *(inner[:-1] + inner[1:]) / 2]
    for offset in (OFFSET, 1.4 * OFFSET, 1.8 * OFFSET):
        for x in along:
            for y in np.interp(x, own[:, 0], own[:, 1]) + np.array([offset, -offset]):
                room = _room(x, y, own, others, taken)
                if room > best[0] + 1e-9:
                    best = (room, x, float(y))
    return best


def _room(x: float, y: float, own: np.ndarray, others: list[np.ndarray], taken: list[Box]) -> float:
    """Distance from the nearest line, box and frame, up to OFFSET; less where another line is nearer than
    its own, to which the name would seem to belong."""
    under = np.linspace(x - HALF_WIDTH, x + HALF_WIDTH, 9)
    ours, *gaps = (abs(y - np.interp(under, *line.T)).min() for line in (own, *others))
    stray = max(0.0, ours - min(gaps))
    for left, right, bottom, top in taken:
        across = max(left - x - HALF_WIDTH, x - HALF_WIDTH - right, 0.0)
        gaps.append(np.hypot(across, max(bottom - y - HALF_HEIGHT, y - HALF_HEIGHT - top, 0.0)))
    return min(ours, *gaps, y - HALF_HEIGHT, 1 - HALF_HEIGHT - y, OFFSET) - stray


def _mark_kappa(axis: Axes, depth: pd.Series, count: int) -> list[Box]:
    """The line at kappa and the text beside it; returns the boxes that they take."""
    axis.axvline(depth["index_mean"], color="black", linewidth=0.7, linestyle=(0, (1, 1.5)))
    early = depth["index_mean"] < 0.6 * count
    axis.annotate(
        f"$\\kappa_N$ = {_share(depth, 'kappa_n', 0)}\nρ = {_share(depth, 'rho', 1)}",
        (depth["index_mean"], 3),
        xytext=(3 if early else -3, 0),
        textcoords="offset points",
        ha="left" if early else "right",
        va="bottom",
        fontsize=6.5,
    )
    x, _ = axis.transAxes.inverted().transform(axis.transData.transform((depth["index_mean"], 0)))
    left, right = (x, x + NOTE_WIDTH) if early else (x - NOTE_WIDTH, x)
    return [(x, x, 0.0, 1.0), (left, right, 0.0, NOTE_HEIGHT)]


def _share(depth: pd.Series, name: str, decimals: int) -> str:
    """`25.0 ± 0.7 %`; without a deviation where it is zero, or of one seed."""
    mean, std = 100 * depth[f"{name}_mean"], 100 * depth[f"{name}_std"]
    spread = f" ± {std:.{decimals}f}" if std > 0 else ""
    return f"{mean:.{decimals}f}{spread} %"
