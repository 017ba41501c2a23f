"""How SR, kappa and rho depend on the choices that read them: cut, samples, threshold, final layer."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.lines import band, line_styles
from unpacking_softmax.plots.panels import bold_title
from unpacking_softmax.plots.style import BLUE, GREY, ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.temperatures import line_labels, remarks
from unpacking_softmax.plots.words import grid_title, heading, literal, spread_text
from unpacking_softmax.readings.depth import effective_depth
from unpacking_softmax.readings.effects import MATRICES, SOLUTION, solution_spectra, trained_rows
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.readings.rank import RULES, cut
from unpacking_softmax.readings.runs import over_seeds, ranks
from unpacking_softmax.readings.view import View

CUTS = np.logspace(-6, -1, 101)  # gamma / sigma_1
THRESHOLDS = np.linspace(0.90, 1.0, 51)
NAMES = {"raw": "raw logits", "class_centred": "class-centred logits"}
KAPPA, ENDS = "kappa_n", {"rho": "last post-ReLU", "rho_logits": "logits"}
SAMPLES = "samples"
ABSOLUTE = "1e-8-absolute"
RELATIVE = [rule for rule in RULES if rule != ABSOLUTE]
NAME_WIDTH = 0.15  # decades: of a rule's name, written upwards


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the tables of its runs: spectra, probes, depth, record."""
    # One file at a time: whole spectra of a grid would not fit beside each other.
    spectra = pd.concat([logits_spectra(tables.gather([path])) for path in files["spectra"]])
    probes, depth = (tables.gather(files[kind]) for kind in ("probes", "depth"))
    records = tables.records(files["record"])
    numbers = sensitivity_numbers(spectra, probes, depth, records, view)
    return Drawn(draw(numbers, rule_cuts(spectra), records, view), numbers)


def sensitivity_numbers(
    spectra: pd.DataFrame, probes: pd.DataFrame, depth: pd.DataFrame, records: pd.DataFrame, view: View
) -> pd.DataFrame:
    """What the figure shows, of runs that trained: rows (temperature, series, x, mean, std, seeds).

    Series raw and class_centred: numerical rank of the training split's logits, x the cut over
    sigma_1. samples: rank of the class-centred logits under the view's rank rule, x the number of
    training samples. kappa_n: effective depth, x the share of the reference accuracy that a probe must
    reach. rho and rho_logits: the OOD drop with each final layer; no x. std: sample standard deviation
    over seeds.
    """
    spectra, probes, depth = (trained_rows(table, records) for table in (spectra, probes, depth))
    rows = pd.concat(
        [
            rank_curves(spectra),
            sample_curves(spectra, view.rank_rule),
            depth_curves(probes, view.depth_reference),
            *(_ends(depth[depth["source"] == view.ood], end) for end in ENDS),
        ],
        ignore_index=True,
    )
    table = over_seeds(rows, ["temperature", "series", "x"], ["value"])
    return table.rename(columns={"value_mean": "mean", "value_std": "std"})


def rank_curves(spectra: pd.DataFrame) -> pd.DataFrame:
    """Rows (temperature, seed, series, x, value): singular values of the logits above x sigma_1."""
    parts = []
    for row in solution_spectra(spectra).itertuples():
        sigma = np.asarray(row.sigma, dtype=np.float64)
        counts = (sigma > CUTS[:, None] * sigma.max()).sum(axis=1)
        run = {"temperature": row.temperature, "seed": row.seed, "series": row.matrix}
        parts.append(pd.DataFrame({**run, "x": CUTS, "value": counts}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def sample_curves(spectra: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Rows (temperature, seed, series, x, value): class-centred rank of the logits of x samples."""
    wanted = spectra["split"].isin(["train", "subset"]) & (spectra["matrix"] == SOLUTION)
    rows = ranks(spectra[wanted & (spectra["point"] == "logits")], rule).sort_values("n")
    return rows[["temperature", "seed"]].assign(series=SAMPLES, x=rows["n"].astype(float), value=rows["rank"])


def logits_spectra(spectra: pd.DataFrame) -> pd.DataFrame:
    """The rows that this figure reads: logits, of the training split and parts of it."""
    return spectra[(spectra["point"] == "logits") & (spectra["split"] != "test")]


def depth_curves(probes: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Rows (temperature, seed, series, x, value): kappa_N at each threshold."""
    own = over_probe_seeds(probes[probes["source"] == probes["dataset"]])
    rows = []
    for (temperature, seed), curve in own.groupby(["temperature", "seed"], sort=False):
        curve = curve.sort_values("index")
        hidden, model = curve["accuracy"].to_numpy()[:-1], curve["model_accuracy"].iloc[0]
        for threshold in THRESHOLDS:
            found = effective_depth(hidden, model, threshold=threshold, reference=reference)
            run = {"temperature": temperature, "seed": seed, "series": KAPPA}
            rows.append({**run, "x": threshold, "value": found.kappa_n})
    return pd.DataFrame(rows)


def _ends(depth: pd.DataFrame, end: str) -> pd.DataFrame:
    return depth[["temperature", "seed"]].assign(series=end, x=np.nan, value=depth[end])


def rule_cuts(spectra: pd.DataFrame) -> pd.DataFrame:
    """Where the named rules cut: rows (temperature, series, rule, x), x the mean of gamma / sigma_1.

    Relative rules cut every run at the same x; the absolute one at an x that depends on sigma_1.
    """
    rows = [
        {
            "temperature": row.temperature,
            "series": row.matrix,
            "rule": rule,
            "x": cut(row.sigma, row.n, row.d, rule) / float(np.max(row.sigma)),
        }
        for row in solution_spectra(spectra).itertuples()
        for rule in RULES
    ]
    return pd.DataFrame(rows).groupby(["temperature", "series", "rule"], as_index=False)["x"].mean()


def draw(numbers: pd.DataFrame, cuts: pd.DataFrame, records: pd.DataFrame, view: View) -> Figure:
    """Five panels: SR by cut of raw and of class-centred logits and by samples, kappa by threshold,
    rho by final layer.

    cuts: see `rule_cuts`.
    """
    shape, height = ((3, 2), 7.2) if view.columns == 2 else ((6, 1), 11.5)
    figure, axes = plt.subplots(*shape, figsize=(WIDTHS[view.columns], height), squeeze=False)
    styles = line_styles(view.grid.temperatures)
    said = remarks(records, view.grid.baseline, view.matched_within)
    labels = line_labels([t for t in styles if t in view.temperatures], records, said)
    for axis, matrix in zip(axes.flat, MATRICES, strict=False):
        own = numbers[numbers["series"] == matrix]
        _draw_ranks(axis, own, cuts[cuts["series"] == matrix], styles, labels)
        bold_title(axis, NAMES[matrix])
    axes.flat[1].sharey(axes.flat[0])
    _draw_samples(axes.flat[2], numbers[numbers["series"] == SAMPLES], styles, labels, view.rank_rule)
    _draw_depth(axes.flat[3], numbers[numbers["series"] == KAPPA], styles, labels, view)
    _draw_drop(axes.flat[4], numbers, list(labels), literal(view.grid.labels[view.ood]))
    axes.flat[5].set_axis_off()
    axes.flat[5].legend(*axes.flat[0].get_legend_handles_labels(), loc="center")
    heading(figure, f"{grid_title(view.grid)}; {spread_text(numbers['seeds'])}")
    return figure


def _draw_ranks(
    axis: Axes, numbers: pd.DataFrame, cuts: pd.DataFrame, styles: Mapping, labels: Mapping
) -> None:
    """A line for each temperature (one that failed has a label only); named relative rules as vertical
    lines, the absolute one as a cross on each line."""
    explained = ""
    for temperature, label in labels.items():
        rows, (colour, dashes) = numbers[numbers["temperature"] == temperature], styles[temperature]
        band(axis, rows, "x", colour, dashes, label=label)
        if rows.empty:
            continue
        absolute = cuts.loc[(cuts["temperature"] == temperature) & (cuts["rule"] == ABSOLUTE), "x"]
        for x in absolute[(absolute > CUTS[0]) & (absolute < CUTS[-1])]:
            height = np.interp(np.log(x), np.log(rows["x"]), rows["mean"])
            axis.plot(x, height, "X", color=colour, markersize=6)
            explained = "; ✕: γ = 1e-8 max(n, C), absolute"
    _mark_rules(axis, cuts)
    axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    axis.set_xlabel(f"cut γ/σ₁ (log){explained}")
    axis.set_ylabel("solution rank SR")


def _mark_rules(axis: Axes, cuts: pd.DataFrame) -> None:
    """A line where each relative rule cuts; rules too near each other for two names share one."""
    places = cuts[cuts["rule"].isin(RELATIVE)].groupby("rule")["x"].mean().sort_values()
    for x in places:
        axis.axvline(x, color=GREY, linewidth=0.7, linestyle=(0, (1, 2)))
    for names, x in shared_names(places):
        axis.text(x, 0.02, f" {names}", rotation=90, fontsize=6, color=GREY, va="bottom", ha="right",
                  transform=axis.get_xaxis_transform())  # fmt: skip


def shared_names(places: pd.Series) -> list[tuple[str, float]]:
    """Names from left to right, each with its x; those of places within NAME_WIDTH in one.

    places: ascending x by name.
    """
    apart = np.log10(places).diff() > NAME_WIDTH
    groups = places.groupby(apart.cumsum())
    return [(", ".join(own.index), own.iloc[0]) for _, own in groups]


def _draw_bands(axis: Axes, numbers: pd.DataFrame, styles: Mapping, temperatures: Iterable[str]) -> None:
    for temperature in temperatures:
        band(axis, numbers[numbers["temperature"] == temperature], "x", *styles[temperature])


def _draw_samples(axis: Axes, numbers: pd.DataFrame, styles: Mapping, labels: Mapping, rule: str) -> None:
    _draw_bands(axis, numbers, styles, labels)
    axis.set_xscale("log")
    # The log axis would name 2, 3, 4 and 6 of its decade, over each other.
    counts = sorted(numbers["x"].unique())
    axis.set_xticks(counts, [f"{count:,.0f}" for count in counts], minor=False)
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set_xlabel("training samples n (log)")
    axis.set_ylabel("solution rank SR")
    bold_title(axis, f"class-centred, rule {rule}")


def _draw_depth(axis: Axes, numbers: pd.DataFrame, styles: Mapping, labels: Mapping, view: View) -> None:
    _draw_bands(axis, numbers, styles, labels)
    axis.axvline(view.depth_threshold, color=GREY, linewidth=0.7, linestyle=(0, (1, 2)))
    axis.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_ylim(0, 1.04)
    reference = {"model": "the network's", "last-probe": "the last probe's"}[view.depth_reference]
    axis.set_xlabel(f"share of {reference} accuracy")
    axis.set_ylabel(r"effective depth $\kappa_N$")
    bold_title(axis, r"$\bf{\kappa_N}$ by threshold")


def _draw_drop(axis: Axes, numbers: pd.DataFrame, temperatures: list[str], ood: str) -> None:
    looks = {"rho": (BLUE, "o", -0.1), "rho_logits": (ORANGE, "s", 0.1)}
    for end, (colour, marker, offset) in looks.items():
        rows = numbers[numbers["series"] == end].set_index("temperature").reindex(temperatures)
        axis.errorbar(
            np.arange(len(temperatures)) + offset,
            rows["mean"],
            rows["std"].fillna(0),
            fmt=marker,
            color=colour,
            capsize=2,
            label=ENDS[end],
        )
    axis.axhline(0, color="black", linewidth=0.5)
    axis.set_xticks(range(len(temperatures)), temperatures)
    axis.set_xlim(-0.5, len(temperatures) - 0.5)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_xlabel("temperature T")
    axis.set_ylabel(f"OOD drop ρ ({ood})")
    bold_title(axis, "ρ by final layer")
    axis.legend(loc="best")
