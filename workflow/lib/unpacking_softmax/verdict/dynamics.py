"""Claims on how training goes: logits norm, alignment, ranks of hidden layers through the epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.readings.runs import evaluated
from unpacking_softmax.verdict.evidence import (
    MORE_SEEDS,
    NO_DIFFERENCE,
    PAIRED,
    Evidence,
    describe,
    temperature_alone,
)
from unpacking_softmax.verdict.findings import ABOVE, BELOW, RANK_RULES, Claim, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import t_interval

EARLY = 0.1  # share of the epochs that counts as early
TOP = 3  # leading singular vectors, of the 15 that are compared
# Shares of the epochs at which a course is shown, beside the first.
STAGES = (0.1, 0.25, 0.5, 1.0)


def norm_growth(evidence: Evidence) -> list[Finding]:
    """log(||M|| at the end / ||M|| at initialisation) is larger at high T; its course beside it."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = evaluated(evidence.rows("history", grid))
        if rows.empty:
            continue
        norms = np.log(rows.pivot_table(index=["temperature", "seed"], columns="epoch", values="logits_norm"))
        growth = norms.sub(norms[0], axis=0)
        what = f"log growth of ||M|| over {growth.columns[-1]} epochs"
        for low in evidence.low_temperatures(grid):
            finding = evidence.paired(grid, low, _values(growth.iloc[:, -1]), what, ABOVE)
            higher = evidence.value_of(grid, low) / evidence.value_of(grid, grid["baseline"])
            note = f"{_course(growth, grid, low)}; log of the temperatures' ratio: {np.log(higher):.2f}"
            findings.append(replace(finding, note=note))
    return findings


def alignment_early(evidence: Evidence) -> list[Finding]:
    """The largest alignment of a layer, averaged over layers, is larger early at high T."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = evidence.rows("alignment", grid)
        if rows.empty:
            continue
        means = rows.groupby(["temperature", "seed", "epoch"])["max"].mean().unstack()
        epoch = _early(means.columns)
        what = f"mean over layers of max alignment after epoch {epoch}"
        for low in evidence.low_temperatures(grid):
            finding = evidence.paired(grid, low, _values(means[epoch]), what, ABOVE)
            findings.append(replace(finding, note=_course(means, grid, low)))
    return findings


def _early(epochs: Sequence[int]) -> int:
    """The last epoch kept within the first tenth of training, at least the first after epoch 0."""
    kept = np.sort(epochs)
    bound = max(EARLY * kept[-1], kept[kept > 0][0])
    return int(kept[kept <= bound][-1])


def alignment_top(evidence: Evidence) -> list[Finding]:
    """By the end, leading singular vectors align more than the others, at high T more so than at the
    baseline."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = evidence.rows("alignment", grid)
        if rows.empty:
            continue
        last = rows[rows["epoch"] == rows["epoch"].max()]
        last = last[last["rows"] > TOP]
        excess = last.assign(value=[_top_excess(row) for row in last.itertuples()])
        values = excess.groupby(["temperature", "seed"])["value"].mean().reset_index()
        means = values.groupby("temperature")["value"].mean()
        what = f"alignment of the top {TOP} singular vectors less that of the others"
        for low in evidence.low_temperatures(grid):
            finding = evidence.paired(grid, low, values, what, ABOVE)
            seen = (f"{means[t]:.2g} at T = {t}" for t in (grid["baseline"], low) if t in means)
            findings.append(replace(finding, note=", ".join(seen)))
    return findings


def _top_excess(layer) -> float:
    """Mean over the first TOP rows of a layer's |cos| matrix of the row's maximum, less over the rest."""
    best = np.asarray(layer.matrix, dtype=np.float64).reshape(layer.rows, layer.columns).max(axis=1)
    return float(best[:TOP].mean() - best[TOP:].mean())


def hidden_ranks(evidence: Evidence, grid: Mapping, rule: str) -> pd.DataFrame:
    """log rank of the last hidden layer: a row for each (temperature, seed), a column for each snapshot.

    Of the training data's representation after the ReLU; the only one whose spectrum is kept. A layer
    without any rank counts as rank 1.
    """
    rows = evidence.rows("evolution", grid)
    if rows.empty:
        return rows
    hidden = rows[rows["sigma"].notna() & ~rows["point"].isin(["logits", PENULTIMATE])]
    read = zip(hidden["sigma"], hidden["n"], hidden["d"], strict=True)
    ranks = np.array([numerical_rank(s, n, d, rule) for s, n, d in read], dtype=float)
    logs = hidden.assign(value=np.log(np.maximum(ranks, 1)))
    return logs.groupby(["temperature", "seed", "epoch"])["value"].mean().unstack()


def hidden_rank_falls(evidence: Evidence, rule: str) -> list[Finding]:
    """The last hidden layer's rank falls over training at high T: by itself, and beside the baseline's."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        logs = hidden_ranks(evidence, grid, rule)
        if logs.empty:
            continue
        change = logs.sub(logs[logs.columns.min()], axis=0)
        what = f"log change of the last hidden layer's rank over {change.columns[-1]} epochs"
        for low in evidence.low_temperatures(grid):
            place = f"{describe(grid)}, T = {low}"
            if low not in change.index:
                findings.append(undecided(place, what, evidence.why_missing(grid, low)))
                continue
            alone = decided(place, what, t_interval(change.loc[low].iloc[:, -1]), BELOW)
            beside = evidence.paired(grid, low, _values(change.iloc[:, -1]), what, BELOW)
            findings += [alone, replace(beside, note=_course(change, grid, low))]
    return findings


def _values(by_run: pd.Series) -> pd.DataFrame:
    return by_run.rename("value").dropna().reset_index()


def _course(by_epoch: pd.DataFrame, grid: Mapping, low: str) -> str:
    """How the mean difference from the baseline goes: `difference after epoch 1: 0.2, 5: 0.31`."""
    found = by_epoch.index.get_level_values("temperature")
    if not {low, grid["baseline"]} <= set(found):
        return ""
    difference = (by_epoch.loc[low] - by_epoch.loc[grid["baseline"]]).mean().dropna()
    epochs = np.array(difference.index)
    shown = [epochs[epochs > 0][0], *(epochs[epochs <= share * epochs[-1]][-1] for share in STAGES)]
    parts = [f"{epoch}: {difference[epoch]:.2g}" for epoch in sorted({*shown})]
    return f"difference after epoch {', '.join(parts)}"


CLAIMS = (
    Claim(
        "norm-grows",
        "3.1, Figure 2",
        "At high temperature networks grow their logits norm more over training, to escape the symmetry of "
        "the loss.",
        "log(||M|| after the last epoch / ||M|| at initialisation). " + PAIRED + " Its course is shown "
        "beside it.",
        "0: the norm grows alike. The log of the temperatures' ratio, shown too: it grows just as much as "
        "makes up for the division by T.",
        MORE_SEEDS,
        norm_growth,
    ),
    Claim(
        "alignment-early",
        "3.1, Figure 3 (top)",
        "Weights and representations align early in training at high temperature, not at the baseline.",
        "Mean over layers of the largest |cos| among the leading 15 singular vectors, at the last "
        f"snapshot within the first {EARLY:.0%} of epochs. " + PAIRED + " Its course is shown beside it.",
        NO_DIFFERENCE,
        MORE_SEEDS + " Snapshots of the epochs (`snapshots: true`).",
        alignment_early,
    ),
    Claim(
        "alignment-top-only",
        "3.1, Figure 10, Appendix B",
        "At high temperature alignment is concentrated in the top singular vectors.",
        f"Best |cos| of the top {TOP} right singular vectors of a weight, less that of the others, mean "
        "over layers at the last snapshot. " + PAIRED,
        "0: as concentrated as at the baseline, where it need not be even.",
        MORE_SEEDS + " Snapshots of the epochs (`snapshots: true`).",
        alignment_top,
    ),
    Claim(
        "hidden-rank-falls",
        "3.1, Figure 3 (bottom)",
        "At high temperature the ranks of hidden layers fall as training goes on.",
        "log(rank after the last epoch / rank at initialisation) of the last hidden layer, the one whose "
        "spectrum is kept through training: at high T by itself (95 % t interval over seeds), and less the "
        "baseline's, paired by seed.",
        "0: the rank stays; or falls as it does at the baseline.",
        MORE_SEEDS + " Snapshots of the epochs (`snapshots: true`).",
        hidden_rank_falls,
        readings=RANK_RULES,
    ),
)
