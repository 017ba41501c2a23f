"""OOD generalisation against OOD detection (Figure 23)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plots.lines import MARKERS
from unpacking_softmax.plots.style import GREY, WIDTHS, Drawn
from unpacking_softmax.plots.words import grid_title, heading, literal
from unpacking_softmax.readings.correlation import rank_correlation, rank_correlation_interval
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.readings.view import GridView, View

METRICS = {"auroc": "NECO AUROC (%)", "fpr95": "NECO FPR95 (%), ID positive"}


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: probes, detection, record."""
    probes, detection = (tables.gather(files[kind]) for kind in ("probes", "detection"))
    numbers = trade_off_numbers(probes, detection, tables.records(files["record"]), view)
    found = correlations(numbers)
    return Drawn(draw(numbers, found, view), pd.concat([numbers, found], ignore_index=True))


def trade_off_numbers(
    probes: pd.DataFrame, detection: pd.DataFrame, records: pd.DataFrame, view: View
) -> pd.DataFrame:
    """One row a run: OOD probe accuracy at the last post-ReLU point, AUROC and FPR95 of NECO.

    view.ood is probed; NECO detects the first `detection` set of each grid, so that CIFAR-10 and
    CIFAR-100 networks can stand in one figure. Columns: grid, the run's identity, temperature_value,
    status, matched (test accuracy, to its grid's baseline), ood_accuracy, auroc, fpr95 (fractions).
    """
    curves = over_probe_seeds(probes[(probes["source"] == view.ood) & (probes["point"] != "logits")])
    last = curves.loc[curves.groupby(IDENTITY)["index"].idxmax()]
    last = last.rename(columns={"accuracy": "ood_accuracy"})[[*IDENTITY, "ood_accuracy"]]
    found = detection[detection["score"] == "neco"][[*IDENTITY, "source", *METRICS]]
    runs = records[[*IDENTITY, "temperature_value", "status"]]
    table = runs.merge(last, on=IDENTITY).merge(found, on=IDENTITY)
    parts = []
    for grid in view.grids:
        own = grid.rows(table[table["source"] == grid.detection[0]]).assign(grid=grid.name)
        parts.append(own.assign(matched=~own["temperature"].isin(view.gaps(records, grid))))
    return pd.concat(parts, ignore_index=True)


def correlations(numbers: pd.DataFrame) -> pd.DataFrame:
    """Spearman's r of OOD accuracy with each metric over the runs that trained, and over those matched.

    Columns: metric, runs ("all", "matched"), n, spearman, low, high (its 95 % interval).
    """
    usable = numbers[(numbers["status"] == Status.TRAINED) & numbers[[*METRICS]].notna().all(axis=1)]
    rows = []
    for runs, part in (("all", usable), ("matched", usable[usable["matched"]])):
        for metric in METRICS:
            pairs = part["ood_accuracy"], part[metric]
            low, high = rank_correlation_interval(*pairs)
            values = {"metric": metric, "runs": runs, "n": len(part)}
            rows.append({**values, "spearman": rank_correlation(*pairs), "low": low, "high": high})
    return pd.DataFrame(rows)


def draw(numbers: pd.DataFrame, found: pd.DataFrame, view: View) -> Figure:
    """A panel for AUROC and one for FPR95 against OOD probe accuracy; a point a run.

    found: see `correlations`. Colour: temperature; marker: grid; hollow: accuracy not matched; cross:
    failed to train, and in no correlation.
    """
    shape, height = ((1, 2), 3.6) if view.columns == 2 else ((2, 1), 6.0)
    figure, axes = plt.subplots(*shape, figsize=(WIDTHS[view.columns], height), squeeze=False)
    values = numbers["temperature_value"]
    # Short of yellow, which white paper swallows.
    colours = plt.get_cmap("viridis").resampled(256)(np.linspace(0, 0.88, 256))
    scale = ScalarMappable(LogNorm(values.min() / 1.001, values.max() * 1.001), ListedColormap(colours))
    for axis, (metric, label) in zip(axes.flat, METRICS.items(), strict=True):
        for place, grid in enumerate(view.grids):
            rows = numbers[numbers["grid"] == grid.name]
            _draw_points(axis, rows, metric, MARKERS[place % len(MARKERS)], scale)
        axis.set_title(_correlation_text(found[found["metric"] == metric]), loc="left", fontsize=7)
        axis.set_xlabel("OOD probe accuracy, last post-ReLU layer (%)")
        axis.set_ylabel(label)
    ticks = sorted(set(values))
    bar = figure.colorbar(scale, ax=axes, label="temperature T (log)", pad=0.01, aspect=30)
    bar.set_ticks(ticks, labels=[f"{tick:.4g}" for tick in ticks])
    bar.minorticks_off()
    figure.legend(handles=_keys(numbers, view.grids), loc="outside lower center", ncols=view.columns)
    detected = dict.fromkeys(grid.labels[grid.detection[0]] for grid in view.grids)
    sets = literal(f"probed on {view.grid.labels[view.ood]}, detecting {' or '.join(detected)}")
    heading(figure, f"{sets}; a point is a run")
    return figure


def _draw_points(axis: Axes, rows: pd.DataFrame, metric: str, marker: str, scale: ScalarMappable) -> None:
    for row in rows.to_dict("records"):
        colour = scale.to_rgba(row["temperature_value"])
        trained = row["status"] == Status.TRAINED
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


def _keys(numbers: pd.DataFrame, grids: Sequence[GridView]) -> list[Line2D]:
    grey = {"color": GREY, "linestyle": ""}
    keys = [
        Line2D([], [], marker=MARKERS[place % len(MARKERS)], label=grid_title(grid), **grey)
        for place, grid in enumerate(grids)
    ]
    if not numbers["matched"].all():
        keys.append(Line2D([], [], marker="o", markerfacecolor="none", label="accuracy not matched", **grey))
    if not (numbers["status"] == Status.TRAINED).all():
        keys.append(Line2D([], [], marker="x", label="failed to train (in no correlation)", **grey))
    return keys
