"""Claims on out-of-distribution detection, and on its trade-off with generalisation."""

from collections.abc import Callable, Mapping

import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.verdict.evidence import (
    MORE_SEEDS,
    NO_DIFFERENCE,
    PAIRED,
    Evidence,
    temperature_alone,
)
from unpacking_softmax.verdict.findings import ABOVE, BELOW, Claim, Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import correlation_step, rank_correlation, t_interval

CENTRING = {"uncentred": "orthodev", "centred": "orthodev_centred"}
LEAST_POINTS = 4  # of fewer points a rank correlation is often 1 or -1 by chance


def orthodev(evidence: Evidence, reading: str) -> list[Finding]:
    """OrthoDev (Eq. 4) of the penultimate features falls with T. reading: one of CENTRING."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = evidence.rows("collapse", grid)
        if rows.empty:
            continue
        rows = rows[(rows["measure"] == CENTRING[reading]) & (rows["point"] == PENULTIMATE)]
        for source, values in rows.groupby("source"):
            what = f"OrthoDev to {grid['labels'].get(source, source)}"
            findings += [
                evidence.paired(grid, low, values, what, BELOW) for low in evidence.low_temperatures(grid)
            ]
    return findings


def detection(metric: str, what: str, expected: Expectation) -> Callable:
    """A judge: does NECO's detection improve with T?"""

    def judge(evidence: Evidence) -> list[Finding]:
        findings = []
        for grid in evidence.grids(temperature_alone):
            for source, rows in _neco(evidence, grid).groupby("source"):
                values = rows.assign(value=rows[metric]).dropna(subset=["value"])
                findings += [
                    evidence.paired(grid, low, values, f"{what}, {grid['labels'][source]}", expected)
                    for low in evidence.low_temperatures(grid)
                ]
        return findings

    return judge


def _neco(evidence: Evidence, grid: Mapping) -> pd.DataFrame:
    """NECO's rows on the data sets that the grid detects: another with the same runs may name more."""
    rows = evidence.rows("detection", grid)
    if rows.empty:
        return pd.DataFrame(columns=["source"])
    return rows[(rows["score"] == "neco") & rows["source"].isin(grid["detection"])]


def trade_off(evidence: Evidence) -> list[Finding]:
    """OOD accuracy of the last hidden layer against NECO's AUROC over networks, seed by seed.

    One correlation for each training set, OOD set and set to detect, over networks and temperatures
    of matched accuracy; a t interval over seeds.
    """
    points = [_points(evidence, grid) for grid in evidence.grids(temperature_alone)]
    points = pd.concat(points) if points else pd.DataFrame()
    if points.empty:
        return []
    findings = []
    for (dataset, source, detected), rows in points.groupby(["dataset", "source", "detected"]):
        runs = f"networks trained on {dataset}; probes on {source}, detection of {detected}"
        what = "rank correlation of OOD accuracy and AUROC"
        seeds = [part for _, part in rows.groupby("seed") if len(part) >= LEAST_POINTS]
        if not seeds:
            findings.append(
                undecided(runs, what, f"fewer than {LEAST_POINTS} networks of matched accuracy a seed")
            )
            continue
        values = [rank_correlation(part["accuracy"], part["auroc"]) for part in seeds]
        interval = t_interval(values, correlation_step(min(map(len, seeds))))
        findings.append(decided(runs, what, interval, BELOW))
    return findings


def _points(evidence: Evidence, grid: Mapping) -> pd.DataFrame:
    probes, found = evidence.rows("probes", grid), _neco(evidence, grid)
    if probes.empty or found.empty:
        return pd.DataFrame()
    probes = over_probe_seeds(probes[probes["source"].isin(grid["ood"])])
    last = probes[probes["index"] == probes["index"].max() - 1][[*IDENTITY, "source", "accuracy"]]
    found = found[[*IDENTITY, "source", "auroc"]].rename(columns={"source": "detected"})
    both = last.merge(found, on=IDENTITY)
    both = evidence.of_matched(grid, both)
    labels = grid["labels"]
    return both.assign(
        dataset=labels[grid["dataset"]],
        source=both["source"].map(labels),
        detected=both["detected"].map(labels),
    )


CLAIMS = (
    Claim(
        "orthodev-falls",
        "4, Figure 7",
        "High temperature lowers OrthoDev.",
        "Eq. 4 on penultimate features: uncentred, as printed, where features after a ReLU are never "
        "negative and their cosines are not either; and less the global mean of the training data. " + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        orthodev,
        readings=tuple(CENTRING),
    ),
    Claim(
        "neco-auroc",
        "4, Table 2",
        "High temperature improves OOD detection by NECO: AUROC rises.",
        PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        detection("auroc", "AUROC of NECO", ABOVE),
    ),
    Claim(
        "neco-fpr95",
        "4, Table 2",
        "High temperature improves OOD detection by NECO: the false positive rate at 95 % recall falls.",
        PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        detection("fpr95", "FPR95 of NECO", BELOW),
    ),
    Claim(
        "trade-off",
        "4, Appendix M",
        "Stronger OOD generalisation goes with weaker OOD detection.",
        "Spearman's correlation over networks and temperatures of matched accuracy, for each seed; 95 % "
        "t interval over seeds.",
        "0: the one does not go with the other.",
        f"{LEAST_POINTS} or more networks and temperatures of matched accuracy on one pair of data sets.",
        trade_off,
    ),
)
