"""Claims on VGG, and on networks whose output has rank two by construction."""

from collections.abc import Mapping

import numpy as np

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import of_grid
from unpacking_softmax.verdict.evidence import PAIRED, Evidence, describe
from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    SUPPORTED,
    Claim,
    Expectation,
    Finding,
    decided,
    undecided,
)
from unpacking_softmax.verdict.representation import RANK_TEXT, effect
from unpacking_softmax.verdict.statistics import t_interval, welch_interval

FULL_TRAIN = 0.999  # "100 %" of a training split, but for a thousandth


def vgg_collapsed(evidence: Evidence) -> list[Finding]:
    """At T = 1 the VGG needs fewer of its layers than ResNets on the same data."""
    vggs = evidence.grids(lambda g, variant, family: not variant and family == "vgg")
    resnets = evidence.grids(lambda g, variant, family: not variant and family == "resnet")
    findings = []
    for vgg in vggs:
        for resnet in (g for g in resnets if g["dataset"] == vgg["dataset"]):
            ours, theirs = (_baseline_values(evidence, grid, "kappa_n") for grid in (vgg, resnet))
            runs = f"{describe(vgg)} against {resnet['architecture']}, T = 1"
            what = "difference of mean kappa_N"
            if len(ours) and len(theirs):
                findings.append(decided(runs, what, welch_interval(ours, theirs), BELOW))
            else:
                findings.append(undecided(runs, what, "no run at T = 1 trained and was probed"))
    return findings


def _baseline_values(evidence: Evidence, grid: Mapping, measure: str) -> np.ndarray:
    runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY)
    return runs.loc[runs["temperature_value"] == 1, measure].dropna().to_numpy()


def vgg_relieved(evidence: Evidence) -> list[Finding]:
    """A temperature below 1 moves the VGG's effective depth to deeper layers."""
    findings = []
    for grid in evidence.grids(lambda g, variant, family: not variant and family == "vgg"):
        runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY)
        values = runs.assign(value=runs["kappa_n"]).dropna(subset=["value"])
        base = evidence.value_of(grid, grid["baseline"])
        colder = [t for t in grid["temperatures"] if evidence.value_of(grid, t) < base]
        findings += [evidence.paired(grid, low, values, "kappa_N", ABOVE) for low in colder]
    return findings


def rank_limited(evidence: Evidence) -> list[Finding]:
    """Networks whose logits have rank two by construction reach full training accuracy.

    Where the same network without that restriction does not reach it, nothing is decided.
    """
    findings = []
    expected = Expectation("at least", FULL_TRAIN)
    for grid in evidence.grids(lambda g, variant, _: variant.get("head_rank") == 2):
        runs = of_grid(evidence.table("record"), grid)
        free = _unrestricted_accuracy(evidence, grid)
        for temperature, rows in runs.groupby("temperature"):
            place, what = f"{describe(grid)}, T = {temperature}", "training accuracy"
            interval = t_interval(rows["train_accuracy"])
            finding = decided(place, what, interval, expected)
            if finding.outcome != SUPPORTED and free < FULL_TRAIN:
                reason = f"the network of full rank, trained alike, reaches {100 * free:.1f} % only"
                finding = undecided(place, f"{what} {expected}", reason, interval)
            findings.append(finding)
    return findings


def _unrestricted_accuracy(evidence: Evidence, grid: Mapping) -> float:
    """Highest mean training accuracy of the plain network on the same data; 1 where there is none."""
    found = []
    for other in evidence.grids(lambda g, variant, _: not variant):
        if all(other[key] == grid[key] for key in ("dataset", "architecture")):
            runs = of_grid(evidence.table("record"), other)
            found.append(float(runs.groupby("temperature")["train_accuracy"].mean().max()))
    return max(found, default=1.0)


def vgg(_: Mapping, variant: Mapping, family: str) -> bool:
    return not variant and family == "vgg"


CLAIMS = (
    Claim(
        "vgg-collapsed-at-1",
        "5, Tables 1 and 3",
        "VGG is collapsed at T = 1 already: its kappa lies below that of ResNets.",
        "Means over seeds of two networks; Welch's 95 % interval of their difference.",
        vgg_collapsed,
    ),
    Claim(
        "vgg-rank-falls",
        "5, Table 3",
        "For VGG, lower logits norm changes the rank of the solution further: SR falls.",
        RANK_TEXT + PAIRED,
        effect("sr", "SR", BELOW, vgg),
    ),
    Claim(
        "vgg-relieved",
        "A.8, Figure 9",
        "A low temperature relieves VGG of its collapse: more of its layers build the representation.",
        "kappa_N at T < 1 less that at T = 1, paired by seed; 95 % t interval over seeds.",
        vgg_relieved,
    ),
    Claim(
        "rank-two-networks",
        "3.2, Appendix K",
        "Networks whose output has rank two by construction reach 100 % training accuracy.",
        f"Last-epoch training accuracy of at least {FULL_TRAIN:.1%}; 95 % t interval over seeds.",
        rank_limited,
    ),
)
