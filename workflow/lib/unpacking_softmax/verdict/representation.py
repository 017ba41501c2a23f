"""Claims on what low logits norm does to trained networks: rank, depth, OOD drop, accuracy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isnan

import pandas as pd

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import SHARES, SOLUTION, of_grid, rank_column
from unpacking_softmax.readings.probes import READ, probe_share
from unpacking_softmax.verdict.evidence import (
    MORE_SEEDS,
    NO_DIFFERENCE,
    PAIRED,
    Evidence,
    describe,
    temperature_alone,
)
from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    RANK_RULES,
    Claim,
    Expectation,
    Finding,
    decided,
    undecided,
    without_exception,
)
from unpacking_softmax.verdict.statistics import correlation_step, rank_correlation, t_interval

LEAST_TEMPERATURES = 3


def rank_effect(expected: Expectation, choose: Callable) -> Callable:
    """A judge: does the solution rank change as expected, on the grids chosen?"""

    def judge(evidence: Evidence, rule: str) -> list[Finding]:
        column = rank_column(SOLUTION, rule)
        return [
            evidence.paired(grid, low, values, "SR", expected, step=1.0)
            for grid, _, values in measured(evidence, column, choose)
            for low in evidence.low_temperatures(grid)
        ]

    return judge


def share_effect(measure: str, what: str, expected: Expectation, choose: Callable) -> Callable:
    """A judge: does kappa or rho change as expected, on the grids chosen?"""

    def judge(evidence: Evidence) -> list[Finding]:
        findings = []
        for grid, source, values in measured(evidence, measure, choose):
            step = layer_step(evidence, grid) if measure.startswith("kappa") else 0.0
            place = place_of(what, grid, source)
            for low in evidence.low_temperatures(grid):
                finding = evidence.paired(grid, low, values, place, expected, step)
                part = _probes_part(values, [grid["baseline"], low], measure)
                findings.append(replace(finding, note=part))
        return findings

    return judge


def _probes_part(values: pd.DataFrame, temperatures: Sequence[str], measure: str) -> str:
    """What of a number's variance over runs another probe seed makes; "" where not known."""
    if measure not in READ:
        return ""
    shares = {t: probe_share(values[values["temperature"] == t], measure)[1] for t in temperatures}
    known = [f"{share:.0%} at T = {t}" for t, share in shares.items() if not isnan(share)]
    return f"of its variance over runs, one probe seed makes {', '.join(known)}" if known else ""


def measured(evidence: Evidence, measure: str, choose: Callable) -> list[tuple]:
    """(grid, source, values) of the grids chosen that the measure of `readings.effects` was made of.

    source: an OOD set of the grid for rho, else None; values: columns temperature, seed, value.
    """
    found = []
    for grid in evidence.grids(choose):
        runs = evidence.effects[grid["name"]]
        if measure in SHARES and not grid["ood"]:
            continue  # not probed, but where another grid has some of the same runs
        if runs[measure].isna().all() and (runs["status"] == Status.TRAINED).any():
            continue  # not measured
        by_source = measure.startswith("rho")
        # Another grid with the same runs may have had them probed on data sets of its own.
        for source in grid["ood"] if by_source else [None]:
            rows = runs[runs["source"] == source] if by_source else runs
            values = rows.drop_duplicates(IDENTITY).assign(value=rows[measure]).dropna(subset=["value"])
            found.append((grid, source, values))
    return found


def place_of(what: str, grid: Mapping, source: str | None) -> str:
    """`rho on SVHN`; what needs no other data set is called as it is."""
    return what if source is None else f"{what} on {grid['labels'][source]}"


def layer_step(evidence: Evidence, grid: Mapping) -> float:
    """What kappa_N is a multiple of: one layer of N."""
    probes = evidence.rows("probes", grid)
    return 1 / probes["index"].max() if len(probes) else 0.0


def accuracy_kept(evidence: Evidence) -> list[Finding]:
    """Test accuracy is that of the baseline: the very test by which other claims take it as matched."""
    return [
        evidence.accuracy(grid, low)
        for grid in evidence.grids(temperature_alone)
        for low in evidence.low_temperatures(grid)
    ]


def full_rank(evidence: Evidence, rule: str) -> list[Finding]:
    """SR = C - 1 at T = 1, or the width of the classifier's input where that is smaller, in every seed."""
    findings = []
    for grid in evidence.grids(lambda g, variant, family: not variant and family == "resnet"):
        runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY)
        runs = runs[(runs["temperature_value"] == 1) & runs["sr"].notna()]
        if runs.empty:
            continue
        place, bound = f"{describe(grid)}, T = 1", runs["classes"].iloc[0] - 1
        width = _width(evidence, grid)
        ranks = runs[rank_column(SOLUTION, rule)]
        if width is None and (ranks < bound).any():
            reason = "the width of the classifier's input, which bounds the rank too, was not measured"
            findings.append(undecided(place, f"SR = {bound:g}", reason))
            continue
        most = bound if width is None else min(bound, width)
        seen = ", ".join(f"{rank:g}" for rank in ranks)
        findings.append(without_exception(place, f"SR = {most:g}", list(ranks >= most), note=f"seen: {seen}"))
    return findings


def _width(evidence: Evidence, grid: Mapping) -> float | None:
    """Features that the classifier is given: a bound on the rank of the logits. None where not measured."""
    rows = of_grid(evidence.table("collapse"), grid)
    widths = rows.loc[rows["measure"] == "width", "value"] if len(rows) else pd.Series(dtype=float)
    return float(widths.min()) if len(widths) else None


def monotone(evidence: Evidence, rule: str) -> list[Finding]:
    """The higher T, the lower SR: rank correlation over a grid's matched temperatures, seed by seed."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        if len(grid["temperatures"]) < LEAST_TEMPERATURES:
            continue
        column = rank_column(SOLUTION, rule)
        runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY).dropna(subset=[column])
        runs = evidence.of_matched(grid, runs)
        seeds = [rows for _, rows in runs.groupby("seed") if len(rows) >= LEAST_TEMPERATURES]
        what = "rank correlation of T and SR"
        if not seeds:
            reason = "fewer than three temperatures of matched accuracy in every seed"
            findings.append(undecided(describe(grid), what, reason))
            continue
        values = [rank_correlation(rows["temperature_value"], rows[column]) for rows in seeds]
        interval = t_interval(values, correlation_step(min(map(len, seeds))))
        temperatures = ", ".join(runs.sort_values("temperature_value")["temperature"].unique())
        findings.append(decided(f"{describe(grid)}, T = {temperatures}", what, interval, BELOW))
    return findings


def mse(_: Mapping, variant: Mapping, __: str) -> bool:
    """Grids trained by the mean squared error of softmax outputs."""
    return variant.get("loss") == "mse"


RANK_TEXT = "SR is the rank of class-centred logits of the training split. "
MSE = {
    "section": "Appendix F, Table 6",
    "null": NO_DIFFERENCE,
    "decides": MORE_SEEDS,
}
CLAIMS = (
    Claim(
        "sr-falls",
        "2.1, Table 1",
        "Networks trained at high temperature find solutions of lower rank (SR) than at the baseline.",
        RANK_TEXT + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS + " More classes: of ten, the rank is often 9 at every temperature.",
        rank_effect(BELOW, temperature_alone),
        readings=RANK_RULES,
    ),
    Claim(
        "sr-monotone",
        "Appendix C, Figures 11-16",
        "The higher the temperature, the lower the rank of the solution.",
        "Spearman's correlation of T and SR over the temperatures of a grid with matched accuracy, for "
        "each seed (0 where SR never changes); 95 % t interval over seeds.",
        "0: SR does not go with T.",
        "Three or more temperatures of matched accuracy in one grid.",
        monotone,
        readings=RANK_RULES,
    ),
    Claim(
        "kappa-falls",
        "2.1, Table 1",
        "Low logits norm compresses: fewer layers reach the network's accuracy (kappa falls).",
        "kappa_N on the network's own bar. " + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        share_effect("kappa_n", "kappa_N", BELOW, temperature_alone),
    ),
    Claim(
        "kappa-falls-common-bar",
        "2.1, Table 1",
        "The same, with every temperature held to the accuracy of the baseline.",
        "kappa_N on the bar of the baseline's mean accuracy. " + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        share_effect("kappa_n_common", "kappa_N on the common bar", BELOW, temperature_alone),
    ),
    Claim(
        "rho-rises",
        "2.1, Table 1",
        "Low logits norm harms OOD generalisation in the last layers (rho rises).",
        PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        share_effect("rho", "rho", ABOVE, temperature_alone),
    ),
    Claim(
        "accuracy-kept",
        "2.1",
        "All models achieve comparable test accuracies.",
        "Difference of test accuracy, high T less baseline, paired by seed; equivalence by two one-sided "
        "tests at 5 % (TOST), margin `analysis.equivalent_within`. The same test says where accuracy is "
        "matched for the other claims.",
        "The margin: a difference as large.",
        "More seeds, or more test images, until the 90 % interval lies inside the margin or outside it.",
        accuracy_kept,
    ),
    Claim(
        "baseline-full-rank",
        "3.2, Table 1",
        "At T = 1 convolutional networks (ResNets) find the rank C - 1 that Neural Collapse predicts.",
        RANK_TEXT + "It cannot exceed C - 1, nor the width of the classifier's input: one run below the "
        "smaller of the two is a counterexample.",
        "None: a proposition without exception.",
        "Any ResNet trained at T = 1.",
        full_rank,
        readings=RANK_RULES,
    ),
    Claim(
        "mse-sr",
        statement="With the mean squared error of softmax outputs the trend is the same: SR falls.",
        statistic=RANK_TEXT + PAIRED,
        judge=rank_effect(BELOW, mse),
        readings=RANK_RULES,
        **MSE,
    ),
    *(
        Claim(
            f"mse-{name}",
            statement=f"With the mean squared error of softmax outputs the trend is the same: {text}.",
            statistic=PAIRED,
            judge=share_effect(measure, what, expected, mse),
            **MSE,
        )
        for name, text, measure, what, expected in (
            ("kappa", "kappa falls", "kappa_n", "kappa_N", BELOW),
            ("rho", "rho rises", "rho", "rho", ABOVE),
        )
    ),
)
