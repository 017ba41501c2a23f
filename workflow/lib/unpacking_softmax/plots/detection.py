"""OOD generalisation against OOD detection (Figure 23), and NECO's number of components."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import rankdata

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plots.collapse import MARKERS
from unpacking_softmax.plots.grids import (
    bound_grids,
    draw_spread,
    grid_title,
    line_labels,
    line_styles,
    spread_text,
)
from unpacking_softmax.plots.style import GREY, WIDTHS
from unpacking_softmax.readings.effects import TRAINED, accuracy_gaps, of_grid
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.readings.runs import over_seeds

METRICS = {"auroc": "NECO AUROC (%)", "fpr95": "NECO FPR95 (%), ID positive"}
# Scores beside NECO's sweep, and what they are called on the axis.
OTHERS = {"msp": "MSP", "max_logit": "MaxLogit", "energy": "Energy", "knn": "KNN", "vim": "ViM"}
DRAWS = 2000


def spearman(x: np.ndarray, y: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Spearman's rank correlation, and the 95 % interval of its bootstrap over points.

    NaN where fewer than 3 points leave nothing to resample, or one side is constant; resamples in
    which one is are left out.
    """
    if len(x) < 3 or not (np.ptp(x) and np.ptp(y)):
        return (float("nan"),) * 3
    rows = np.random.default_rng(seed).integers(len(x), size=(DRAWS, len(x)))
    low, high = np.nanquantile(_rank_correlation(x[rows], y[rows]), [0.025, 0.975])
    return float(_rank_correlation(x[None], y[None])[0]), float(low), float(high)


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of each row of x and y (draws, n); ties take their mean rank."""
    x, y = (rankdata(values, axis=1) - (values.shape[1] + 1) / 2 for values in (x, y))
    with np.errstate(invalid="ignore"):
        return (x * y).sum(1) / np.sqrt(np.square(x).sum(1) * np.square(y).sum(1))


def trade_off_numbers(
    probes: pd.DataFrame, detection: pd.DataFrame, records: pd.DataFrame, settings: Mapping
) -> pd.DataFrame:
    """One row a run: OOD probe accuracy at the last post-ReLU point, AUROC and FPR95 of NECO.

    settings["binding"]["ood"] is probed; NECO detects the first `detection` set of each grid, so that
    CIFAR-10 and CIFAR-100 networks can stand in one figure. Columns: grid, the run's identity,
    temperature_value, status, matched (test accuracy, to its grid's baseline), ood_accuracy, auroc,
    fpr95 (fractions).
    """
    binding = settings["binding"]
    curves = over_probe_seeds(probes[(probes["source"] == binding["ood"]) & (probes["point"] != "logits")])
    last = curves.loc[curves.groupby(IDENTITY)["index"].idxmax()]
    last = last.rename(columns={"accuracy": "ood_accuracy"})[[*IDENTITY, "ood_accuracy"]]
    found = detection[detection["score"] == "neco"][[*IDENTITY, "source", *METRICS]]
    runs = records[[*IDENTITY, "temperature_value", "status"]]
    table = runs.merge(last, on=IDENTITY).merge(found, on=IDENTITY)
    parts = []
    for name, grid in bound_grids(settings).items():
        gaps = accuracy_gaps(records, grid, settings["matched_within"])
        own = of_grid(table[table["source"] == grid["detection"][0]], grid).assign(grid=name)
        parts.append(own.assign(matched=~own["temperature"].isin(gaps)))
    return pd.concat(parts, ignore_index=True)


def correlations(numbers: pd.DataFrame) -> pd.DataFrame:
    """Spearman's r of OOD accuracy with each metric over the runs that trained, and over those matched.

    Columns: metric, runs ("all", "matched"), n, spearman, low, high.
    """
    usable = numbers[(numbers["status"] == TRAINED) & numbers[[*METRICS]].notna().all(axis=1)]
    rows = []
    for runs, part in (("all", usable), ("matched", usable[usable["matched"]])):
        for metric in METRICS:
            r, low, high = spearman(part["ood_accuracy"].to_numpy(), part[metric].to_numpy())
            values = {"metric": metric, "runs": runs, "n": len(part)}
            rows.append({**values, "spearman": r, "low": low, "high": high})
    return pd.DataFrame(rows)


def draw_trade_off(numbers: pd.DataFrame, found: pd.DataFrame, settings: Mapping) -> Figure:
    """A panel for AUROC and one for FPR95 against OOD probe accuracy; a point a run.

    found: see `correlations`. Colour: temperature; marker: grid; hollow: accuracy not matched; cross:
    failed to train, and in no correlation.
    """
    grids, binding = bound_grids(settings), settings["binding"]
    columns = binding.get("columns", 2)
    width, shape = WIDTHS[columns], (1, 2) if columns == 2 else (2, 1)
    height = 3.6 if columns == 2 else 6.0
    figure, axes = plt.subplots(*shape, figsize=(width, height), squeeze=False)
    values = numbers["temperature_value"]
    # Short of yellow, which white paper swallows.
    colours = plt.get_cmap("viridis").resampled(256)(np.linspace(0, 0.88, 256))
    scale = ScalarMappable(LogNorm(values.min() / 1.001, values.max() * 1.001), ListedColormap(colours))
    first = next(iter(grids.values()))
    for axis, (metric, label) in zip(axes.flat, METRICS.items(), strict=True):
        for place, name in enumerate(grids):
            _points(axis, numbers[numbers["grid"] == name], metric, MARKERS[place % len(MARKERS)], scale)
        axis.set_title(_correlation_text(found[found["metric"] == metric]), loc="left", fontsize=7)
        axis.set_xlabel("OOD probe accuracy, last post-ReLU layer (%)")
        axis.set_ylabel(label)
    ticks = sorted(set(values))
    bar = figure.colorbar(scale, ax=axes, label="temperature T (log)", pad=0.01, aspect=30)
    bar.set_ticks(ticks, labels=[f"{tick:.4g}" for tick in ticks])
    bar.minorticks_off()
    figure.legend(handles=_keys(numbers, grids), loc="outside lower center", ncols=columns)
    detected = dict.fromkeys(grid["labels"][grid["detection"][0]] for grid in grids.values())
    sets = f"probed on {first['labels'][binding['ood']]}, detecting {' or '.join(detected)}"
    figure.suptitle(f"{sets}; a point is a run", fontsize=7.5, color=GREY)
    return figure


def _points(axis: Axes, rows: pd.DataFrame, metric: str, marker: str, scale: ScalarMappable) -> None:
    for row in rows.to_dict("records"):
        colour = scale.to_rgba(row["temperature_value"])
        trained = row["status"] == TRAINED
        axis.plot(
            100 * row["ood_accuracy"],
            100 * row[metric],
            marker if trained else "x",
            color=colour,
            markerfacecolor=colour if row["matched"] else "none",
            markersize=5,
        )


def _correlation_text(found: pd.DataFrame) -> str:
    """A line for all runs, and one for those of matched accuracy where they are fewer."""
    lines = []
    names = {"all": "Spearman r", "matched": "accuracy matched: r"}
    rows = found.to_dict("records")
    for row in rows[: 1 if rows[0]["n"] == rows[1]["n"] else 2]:
        value = "not defined"
        if not np.isnan(row["spearman"]):
            value = f"{row['spearman']:.2f} [{row['low']:.2f}, {row['high']:.2f}]".replace("-", "−")
        lines.append(f"{names[row['runs']]} = {value}, n = {row['n']}")
    return "\n".join(lines)


def _keys(numbers: pd.DataFrame, grids: Mapping[str, Mapping]) -> list[Line2D]:
    grey = {"color": GREY, "linestyle": ""}
    keys = [
        Line2D([], [], marker=MARKERS[place % len(MARKERS)], label=grid_title(grid), **grey)
        for place, grid in enumerate(grids.values())
    ]
    if not numbers["matched"].all():
        keys.append(Line2D([], [], marker="o", markerfacecolor="none", label="accuracy not matched", **grey))
    if not (numbers["status"] == TRAINED).all():
        keys.append(Line2D([], [], marker="x", label="failed to train (in no correlation)", **grey))
    return keys


def dimension_numbers(detection: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """AUROC of every score against settings["binding"]["detection"], of runs that trained.

    Columns: grid, temperature, score, dimension (of NECO; its mean where it differs between seeds),
    auroc_mean, auroc_std (sample standard deviation over seeds), seeds.
    """
    runs = records.loc[records["status"] == TRAINED, IDENTITY]
    rows = detection[detection["source"] == settings["binding"]["detection"]].merge(runs, on=IDENTITY)
    # Each dimension of the sweep is a number of its own; the other scores have one each.
    rows["swept"] = rows["dimension"].where(rows["score"] == "neco_sweep")
    parts = [of_grid(rows, grid).assign(grid=name) for name, grid in bound_grids(settings).items()]
    by = ["grid", "temperature", "score", "swept"]
    table = over_seeds(pd.concat(parts), by, ["auroc", "dimension"])
    table = table.rename(columns={"dimension_mean": "dimension"})
    return table.drop(columns=["swept", "dimension_std"])


def draw_dimensions(numbers: pd.DataFrame, records: pd.DataFrame, settings: Mapping) -> Figure:
    """For each grid, AUROC of NECO by components kept, and of other scores beside it.

    A line for each temperature; the dotted line is the dimension of the tables, a diamond the
    dimension that holds 90 % of the variance.
    """
    grids, binding = bound_grids(settings), settings["binding"]
    columns = binding.get("columns", 2)
    across = min(len(grids), columns)
    down = -(-len(grids) // across)
    figure = plt.figure(figsize=(WIDTHS[columns], 0.4 + 3 * down))
    parts = figure.subfigures(down, across, squeeze=False)
    for part, (name, grid) in zip(parts.flat, grids.items(), strict=False):
        axes = part.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        labels = line_labels(of_grid(records, grid), grid, settings["matched_within"])
        _dimension_panel(*axes, numbers[numbers["grid"] == name], labels, line_styles(grid))
        axes[0].set_title(grid_title(grid), loc="left", fontweight="bold")
        axes[0].set_ylabel("AUROC (%)")
        part.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center")
    label = next(iter(grids.values()))["labels"][binding["detection"]]
    notes = f"to detect: {label}; dotted: dimension of the tables; diamond: 90 % of the variance"
    figure.suptitle(f"{notes}; {spread_text(numbers['seeds'])}", fontsize=7, color=GREY)
    return figure


def _dimension_panel(
    sweep: Axes, marks: Axes, numbers: pd.DataFrame, labels: Mapping, styles: Mapping
) -> None:
    shown = numbers.assign(mean=100 * numbers["auroc_mean"], std=100 * numbers["auroc_std"])
    for temperature, label in labels.items():
        rows, style = shown[shown["temperature"] == temperature], styles[temperature]
        swept = rows[rows["score"] == "neco_sweep"].sort_values("dimension")
        draw_spread(sweep, swept["dimension"], swept["mean"], swept["std"], label=label, **style)
        by_variance = rows[rows["score"] == "neco_variance"]
        colour = style["color"]
        sweep.plot(by_variance["dimension"], by_variance["mean"], "D", color=colour, markersize=5)
        others = rows[rows["score"].isin(OTHERS)].set_index("score").reindex(OTHERS)
        marks.errorbar(
            range(len(OTHERS)),
            others["mean"],
            others["std"],
            fmt="_",
            color=colour,
            markersize=9,
            elinewidth=0.7,
        )
    for dimension in set(shown.loc[shown["score"] == "neco", "dimension"]):
        sweep.axvline(dimension, color="black", linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    sweep.set_xscale("log", base=2)
    sweep.xaxis.set_major_formatter("{x:.0f}")
    sweep.set_xlabel("components kept by NECO (log)")
    marks.set_xticks(range(len(OTHERS)), OTHERS.values(), rotation=60, ha="right", rotation_mode="anchor")
    marks.set_xlim(-0.7, len(OTHERS) - 0.3)
