"""Claims on how training goes: logits norm, alignment, gradients, ranks through the epochs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.readings.runs import evaluated
from unpacking_softmax.verdict.evidence import PAIRED, Evidence, describe, plain
from unpacking_softmax.verdict.findings import ABOVE, BELOW, Claim, Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import rank_correlation, t_interval

EARLY = 0.1  # share of the epochs that counts as early
TOP = 3  # leading singular vectors, of the 15 that are compared


def norm_growth(evidence: Evidence) -> list[Finding]:
    """log(||M|| early / ||M|| at initialisation) is larger at high T."""
    findings = []
    for grid in evidence.grids(plain):
        rows = evaluated(evidence.rows("history", grid))
        if rows.empty:
            continue
        epoch = _early(rows["epoch"])
        norms = rows.pivot_table(index=["temperature", "seed"], columns="epoch", values="logits_norm")
        values = np.log(norms[epoch] / norms[0]).rename("value").dropna().reset_index()
        what = f"log growth of ||M|| to epoch {epoch}"
        findings += [
            evidence.paired(grid, low, values, what, ABOVE) for low in evidence.high_temperatures(grid)
        ]
    return findings


def _early(epochs: pd.Series) -> int:
    """The last epoch kept within the first tenth of training, at least the first after epoch 0."""
    kept = np.sort(epochs.unique())
    bound = max(EARLY * kept[-1], kept[kept > 0][0])
    return int(kept[kept <= bound][-1])


def alignment_early(evidence: Evidence) -> list[Finding]:
    """The largest alignment of a layer, averaged over layers, is larger early at high T."""
    findings = []
    for grid in evidence.grids(plain):
        rows = evidence.rows("alignment", grid)
        if rows.empty:
            continue
        epoch = _early(rows["epoch"])
        early = rows[rows["epoch"] == epoch].groupby(["temperature", "seed"])["max"].mean()
        values = early.rename("value").reset_index()
        what = f"mean over layers of max alignment after epoch {epoch}"
        findings += [
            evidence.paired(grid, low, values, what, ABOVE) for low in evidence.high_temperatures(grid)
        ]
    return findings


def alignment_top(evidence: Evidence) -> list[Finding]:
    """At high T, by the end, leading singular vectors of the weights align more than the others."""
    findings = []
    for grid in evidence.grids(plain):
        rows = evidence.rows("alignment", grid)
        if rows.empty:
            continue
        last = rows[rows["epoch"] == rows["epoch"].max()]
        last = last[last["rows"] > TOP]
        excess = last.assign(value=[_top_excess(row) for row in last.itertuples()])
        by_run = excess.groupby(["temperature", "seed"])["value"].mean()
        for low in evidence.high_temperatures(grid):
            place = f"{describe(grid)}, T = {low}"
            what = f"alignment of the top {TOP} singular vectors less that of the others"
            if low in by_run.index.get_level_values("temperature"):
                findings.append(decided(place, what, t_interval(by_run[low]), ABOVE))
            else:
                findings.append(undecided(place, what, evidence.why_missing(grid, low)))
    return findings


def _top_excess(layer) -> float:
    """Mean over the first TOP rows of a layer's |cos| matrix of the row's maximum, less over the rest."""
    best = np.asarray(layer.matrix, dtype=np.float64).reshape(layer.rows, layer.columns).max(axis=1)
    return float(best[:TOP].mean() - best[TOP:].mean())


def gradient_bound(evidence: Evidence) -> list[Finding]:
    """rank(dL/dW^i) <= rank(A^(i-1)) numerically, both at the cut of the gradient's shape."""
    findings = []
    for grid in evidence.grids(plain):
        rows = _gradient_ranks(evidence, grid)
        for temperature, part in rows.groupby("temperature") if len(rows) else ():
            holds = (part["gradient"] <= part["input"]).groupby(part["seed"]).mean()
            what = "share of layers and epochs where rank(G) is at most rank(A)"
            findings.append(
                decided(
                    f"{describe(grid)}, T = {temperature}",
                    what,
                    t_interval(holds),
                    Expectation("at least", 1.0),
                )
            )
    return findings


def gradient_collapse(evidence: Evidence) -> list[Finding]:
    """At the end of training gradients have lower rank at high T, in the mean over layers."""
    findings = []
    for grid in evidence.grids(plain):
        rows = _gradient_ranks(evidence, grid)
        if rows.empty:
            continue
        last = rows[rows["epoch"] == rows["epoch"].max()]
        values = last.groupby(["temperature", "seed"])["gradient"].mean().rename("value").reset_index()
        what = "mean rank of the layers' gradients after the last epoch"
        findings += [
            evidence.paired(grid, low, values, what, BELOW) for low in evidence.high_temperatures(grid)
        ]
    return findings


def _gradient_ranks(evidence: Evidence, grid: Mapping) -> pd.DataFrame:
    rows = evidence.rows("gradients", grid)
    if rows.empty:
        return rows
    rule = evidence.settings["rank_rule"]
    read = {
        name: [
            numerical_rank(s, n, d, rule) for s, n, d in zip(rows[column], rows["n"], rows["d"], strict=True)
        ]
        for name, column in (("gradient", "sigma"), ("input", "sigma_input"))
    }
    return rows.assign(**read)


def post_softmax(evidence: Evidence) -> list[Finding]:
    """Across epochs at high T, the rank of softmax(M/T) follows ||M|| more closely than rank(M).

    The difference of two rank correlations of each run; that with a rank that never changes is 0.
    """
    findings = []
    for grid in evidence.grids(plain):
        rows = evaluated(evidence.rows("history", grid))
        for low in evidence.high_temperatures(grid) if len(rows) else ():
            runs = rows[rows["temperature"] == low].groupby("seed")
            values = [_follows(run, evidence.settings["rank_rule"]) for _, run in runs if len(run) > 2]
            place = f"{describe(grid)}, T = {low}"
            what = "correlation of post-softmax rank with ||M|| less that with rank(M)"
            if values:
                findings.append(decided(place, what, t_interval(values), ABOVE))
            else:
                findings.append(undecided(place, what, evidence.why_missing(grid, low)))
    return findings


def _follows(run: pd.DataFrame, rule: str) -> float:
    before, after = (
        [numerical_rank(s, n, len(s), rule) for s, n in zip(run[column], run["n"], strict=True)]
        for column in ("singular_values_centred", "singular_values_softmax")
    )
    return rank_correlation(after, run["logits_norm"]) - rank_correlation(after, before)


CLAIMS = (
    Claim(
        "norm-grows",
        "3.1, Figure 2",
        "At high temperature networks grow their logits norm faster early in training, to escape the "
        "symmetry of the loss.",
        f"log(||M|| / ||M|| at initialisation) after the first {EARLY:.0%} of epochs. " + PAIRED,
        norm_growth,
    ),
    Claim(
        "alignment-early",
        "3.1, Figure 3 (top)",
        "Weights and representations align early in training at high temperature, not at the baseline.",
        "Mean over layers of the largest |cos| among the leading 15 singular vectors, at the last "
        f"snapshot within the first {EARLY:.0%} of epochs. " + PAIRED,
        alignment_early,
    ),
    Claim(
        "alignment-top-only",
        "3.1, Figure 10, Appendix B",
        "At high temperature alignment stays concentrated in the top singular vectors.",
        f"Best |cos| of the top {TOP} right singular vectors of a weight, less that of the others, mean "
        "over layers at the last snapshot; 95 % t interval over seeds.",
        alignment_top,
    ),
    Claim(
        "gradient-rank-bounded",
        "3.1, Equation 3, Figure 4",
        "The rank of a layer's input bounds the rank of its gradient, numerically too.",
        "Share of snapshots and layers for which it holds in a run, both ranks at the cut of the "
        "gradient's shape; 95 % t interval over seeds.",
        gradient_bound,
    ),
    Claim(
        "gradient-collapse",
        "3.1, Figure 4",
        "High temperature collapses the rank of gradients.",
        PAIRED,
        gradient_collapse,
    ),
    Claim(
        "post-softmax-rank-follows-norm",
        "3.2, Figures 5 and 18-20",
        "The growth of the post-softmax rank is triggered by the logits norm, not by the pre-softmax rank.",
        "Spearman's correlations across the epochs of a run (class-centred logits); their difference; "
        "95 % t interval over seeds.",
        post_softmax,
    ),
)
