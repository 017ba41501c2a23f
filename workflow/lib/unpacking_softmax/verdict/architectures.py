"""Claims on VGG, and on networks whose output has rank two by construction."""

from collections.abc import Callable, Mapping

import numpy as np

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.verdict.evidence import MORE_SEEDS, NO_DIFFERENCE, PAIRED, Evidence, describe
from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    IN_FAVOUR,
    RANK_RULES,
    Claim,
    Finding,
    decided,
    one_is_enough,
    undecided,
    within,
)
from unpacking_softmax.verdict.neural_collapse import FULL_TRAIN
from unpacking_softmax.verdict.representation import (
    RANK_TEXT,
    layer_step,
    measured,
    place_of,
    rank_effect,
)
from unpacking_softmax.verdict.statistics import equivalence_interval, welch_interval

# "No substantial difference": less than any that Table 1 shows for other networks (kappa 15, rho 11 points).
NOT_SUBSTANTIAL = 0.1


def vgg(_: Mapping, variant: Mapping, family: str) -> bool:
    """Plain VGGs."""
    return not variant and family == "vgg"


def vgg_collapsed(evidence: Evidence) -> list[Finding]:
    """At T = 1 the VGG needs fewer of its layers than ResNets on the same data."""
    resnets = evidence.grids(lambda g, variant, family: not variant and family == "resnet")
    findings = []
    for grid in evidence.grids(vgg):
        for resnet in (g for g in resnets if g["dataset"] == grid["dataset"]):
            ours, theirs = (_baseline_values(evidence, g, "kappa_n") for g in (grid, resnet))
            runs = f"{describe(grid)} against {resnet['architecture']}, T = 1"
            what = "difference of mean kappa_N"
            if len(ours) and len(theirs):
                step = layer_step(evidence, grid)
                findings.append(decided(runs, what, welch_interval(ours, theirs, step), BELOW))
            else:
                findings.append(undecided(runs, what, "no run at T = 1 trained and was probed"))
    return findings


def _baseline_values(evidence: Evidence, grid: Mapping, measure: str) -> np.ndarray:
    runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY)
    return runs.loc[runs["temperature_value"] == 1, measure].dropna().to_numpy()


def vgg_unchanged(measure: str, what: str) -> Callable:
    """A judge: is the difference of kappa or rho smaller than NOT_SUBSTANTIAL?"""

    def judge(evidence: Evidence) -> list[Finding]:
        findings = []
        for grid, source, values in measured(evidence, measure, vgg):
            place = place_of(what, grid, source)
            step = layer_step(evidence, grid) if measure.startswith("kappa") else 0.0
            for low in evidence.low_temperatures(grid):
                found = evidence.differences(grid, low, values)
                runs, statistic = evidence.between(grid, low), f"difference of {place}"
                if isinstance(found, str):
                    findings.append(undecided(runs, statistic, found))
                    continue
                finding = within(runs, statistic, equivalence_interval(found, step), NOT_SUBSTANTIAL)
                findings.append(evidence.at_matched_accuracy(grid, low, finding))
        return findings

    return judge


def vgg_relieved(evidence: Evidence) -> list[Finding]:
    """A temperature below 1 moves the VGG's effective depth to deeper layers."""
    findings = []
    for grid, _, values in measured(evidence, "kappa_n", vgg):
        base = evidence.value_of(grid, grid["baseline"])
        colder = [t for t in grid["temperatures"] if evidence.value_of(grid, t) < base]
        step = layer_step(evidence, grid)
        findings += [evidence.paired(grid, low, values, "kappa_N", ABOVE, step) for low in colder]
    return findings


def rank_limited(evidence: Evidence) -> list[Finding]:
    """Networks whose logits have rank two by construction can reach full training accuracy: one is enough.

    Where the same network without that restriction does not reach it, nothing is decided.
    """
    findings = []
    for grid in evidence.grids(lambda g, variant, _: variant.get("head_rank") == 2):
        free = _unrestricted_accuracy(evidence, grid)
        for temperature, rows in evidence.runs(grid).groupby("temperature"):
            place, what = f"{describe(grid)}, T = {temperature}", f"training accuracy ≥ {FULL_TRAIN:.1%}"
            reached = rows["train_accuracy"]
            note = f"seen: {', '.join(f'{value:.1%}' for value in reached)}"
            finding = one_is_enough(place, what, list(reached >= FULL_TRAIN), note=note)
            if finding.outcome != IN_FAVOUR and free < FULL_TRAIN:
                reason = f"the network of full rank, trained alike, reaches {free:.1%} only; {note}"
                finding = undecided(place, what, reason)
            findings.append(finding)
    return findings


def _unrestricted_accuracy(evidence: Evidence, grid: Mapping) -> float:
    """Highest training accuracy of a run of the plain network on the same data; 1 where there is none."""
    found = []
    for other in evidence.grids(lambda g, variant, _: not variant):
        if all(other[key] == grid[key] for key in ("dataset", "architecture")):
            runs = evidence.runs(other)
            found += list(runs.loc[runs["status"] == Status.TRAINED, "train_accuracy"])
    return max(found, default=1.0)


CLAIMS = (
    Claim(
        "vgg-collapsed-at-1",
        "5, Tables 1 and 3",
        "VGG is collapsed at T = 1 already: its kappa lies below that of ResNets.",
        "Means over seeds of two networks; Welch's 95 % interval of their difference. Two networks differ in "
        "more than their logits norm: what it shows is not what causes it.",
        "0: VGG uses as much of its depth.",
        "More seeds of both networks on the same data.",
        vgg_collapsed,
    ),
    *(
        Claim(
            f"vgg-{name}-unchanged",
            "5, Table 3",
            f"For VGG, lower logits norm makes no substantial difference to {name}.",
            f"{what}, high T less baseline, paired by seed; equivalence by two one-sided tests at 5 % "
            f"(TOST) with a margin of {100 * NOT_SUBSTANTIAL:g} points, less than any difference in Table 1.",
            "The margin: a difference as large.",
            MORE_SEEDS,
            vgg_unchanged(measure, what),
        )
        for name, measure, what in (("kappa", "kappa_n", "kappa_N"), ("rho", "rho", "rho"))
    ),
    Claim(
        "vgg-rank-falls",
        "5, Table 3",
        "For VGG, lower logits norm changes the rank of the solution further: SR falls.",
        RANK_TEXT + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        rank_effect(BELOW, vgg),
        readings=RANK_RULES,
    ),
    Claim(
        "vgg-relieved",
        "A.8, Figure 9",
        "A low temperature relieves VGG of its collapse: more of its layers build the representation.",
        "kappa_N at T < 1 less that at T = 1, paired by seed; 95 % t interval over seeds.",
        NO_DIFFERENCE,
        "More seeds at a temperature below 1 at which accuracy is matched.",
        vgg_relieved,
    ),
    Claim(
        "rank-two-networks",
        "3.2, Appendix K",
        "Networks whose output has rank two by construction can reach 100 % training accuracy.",
        f"Training accuracy after the last epoch, at least {FULL_TRAIN:.1%}; one network is enough.",
        "None: a proposition of existence.",
        "Longer training, where the network without the restriction reaches it.",
        rank_limited,
    ),
)
