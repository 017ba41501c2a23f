"""Claims that set the rank deficit apart from Neural Collapse: Section 6, Appendices D.1 and I."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.networks.beside import PENULTIMATE
from unpacking_softmax.readings.depth import ROUNDING
from unpacking_softmax.readings.runs import evaluated
from unpacking_softmax.verdict.dynamics import hidden_ranks
from unpacking_softmax.verdict.evidence import Evidence, describe, temperature_alone
from unpacking_softmax.verdict.findings import RANK_RULES, Claim, Finding, undecided, without_exception

FULL_TRAIN = 0.999  # "100 %" of a training split, but for a thousandth
COLLAPSED = 0.5  # share of the baseline's rank below which a layer has collapsed; the paper gives none
# Conditions at the classifier's input, each with the measures that are 0 where it is met (nc4: 1).
CONDITIONS = {
    "NC1": ("nc1_pinv",),
    "NC2": ("nc2_norm_cov", "nc2_coherence"),
    "NC3": ("nc3",),
    "NC4": ("nc4",),
}
TOLERANCE = 0.1  # a condition counts as met where its measures are this near; the paper gives none


def all_conditions(evidence: Evidence) -> list[Finding]:
    """No network meets NC1 to NC4 at once: each is farther than TOLERANCE from one of them."""
    findings = []
    for grid in evidence.grids():
        distance = _distances(evidence, grid)
        if distance.empty:
            continue
        worst = distance.max(axis=1)
        nearest = worst.idxmin()
        note = (
            f"nearest to all four: {worst.min():.2g} off {distance.loc[nearest].idxmax()}, at "
            f"T = {nearest[IDENTITY.index('temperature')]}"
        )
        what = f"farther than {TOLERANCE:g} from one of NC1 to NC4"
        findings.append(without_exception(describe(grid), what, list(worst > TOLERANCE), note=note))
    return findings


def _distances(evidence: Evidence, grid: Mapping) -> pd.DataFrame:
    """How far each run of a grid is from each of CONDITIONS; runs that lack a measure are left out."""
    rows = evidence.rows("collapse", grid)
    wanted = [name for names in CONDITIONS.values() for name in names]
    if rows.empty:
        return pd.DataFrame()
    rows = rows[(rows["point"] == PENULTIMATE) & rows["measure"].isin(wanted)]
    measures = rows.pivot_table(index=IDENTITY, columns="measure", values="value").reindex(columns=wanted)
    measures["nc4"] = 1 - measures["nc4"]
    found = {name: measures[[*of]].max(axis=1) for name, of in CONDITIONS.items()}
    return pd.DataFrame(found)[measures.notna().all(axis=1)]


def before_terminal_phase(evidence: Evidence, rule: str) -> list[Finding]:
    """Hidden ranks are collapsed while the network does not yet fit all its training data, in every seed."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        logs, history = hidden_ranks(evidence, grid, rule), evaluated(evidence.rows("history", grid))
        if logs.empty or history.empty:
            continue
        accuracies = history.pivot_table(
            index=["temperature", "seed"], columns="epoch", values="train_accuracy"
        )
        for low in evidence.low_temperatures(grid):
            findings.append(_begins(evidence, grid, low, logs, accuracies))
    return findings


def _begins(
    evidence: Evidence, grid: Mapping, low: str, logs: pd.DataFrame, accuracies: pd.DataFrame
) -> Finding:
    place, what = evidence.between(grid, low), f"training accuracy below {FULL_TRAIN:.1%} as collapse begins"
    for temperature in (low, grid["baseline"]):
        if temperature not in logs.index:
            return undecided(place, what, evidence.why_missing(grid, temperature))
    # Ranks at initialisation do not depend on T; accuracy is known after evaluated epochs.
    epochs = [epoch for epoch in logs.columns if epoch > 0 and epoch in accuracies.columns]
    collapsed = (logs.loc[low] - logs.loc[grid["baseline"]]).dropna()[epochs] < np.log(COLLAPSED) - ROUNDING
    begun = {seed: row.idxmax() for seed, row in collapsed.iterrows() if row.any()}
    if not begun:
        return undecided(place, what, f"no collapse: ranks stay above {COLLAPSED:.0%} of the baseline's")
    courses = {seed: accuracies.loc[(low, seed), epochs].loc[:epoch] for seed, epoch in begun.items()}
    note = "; ".join(
        f"seed {seed}: after epoch {epoch}, at {courses[seed].iloc[-1]:.1%}" for seed, epoch in begun.items()
    )
    found = [_is_early(course) for course in courses.values()]
    reason = "collapse and the terminal phase begin between the same two snapshots"
    holds = [early for early in found if early is not None]
    return without_exception(place, what, holds, note=note, **({} if holds else {"reason": reason}))


def _is_early(accuracies: pd.Series) -> bool | None:
    """Whether collapse begins before the terminal phase; None where the snapshots cannot tell.

    accuracies: on the training split after each snapshot, up to the first that is collapsed. One in the
    terminal phase already has seen it begin too late only if an earlier one was in it, without collapse.
    """
    if accuracies.iloc[-1] < FULL_TRAIN:
        return True
    return False if (accuracies.iloc[:-1] >= FULL_TRAIN).any() else None


CLAIMS = (
    Claim(
        "collapse-before-terminal-phase",
        "6, Appendix D.1",
        "The collapse of ranks begins early, before training reaches its terminal phase.",
        "The last hidden layer counts as collapsed where its rank is below "
        f"{COLLAPSED:.0%} of the baseline's after the same epoch; the terminal phase begins at a training "
        f"accuracy of {FULL_TRAIN:.1%}. Each seed decides, but one in which both begin between the same two "
        "snapshots; both limits are ours.",
        "None: one network that collapses in its terminal phase only is a counterexample.",
        "Networks that collapse at high temperature, with snapshots of early epochs.",
        before_terminal_phase,
        readings=RANK_RULES,
    ),
    Claim(
        "not-all-nc-conditions",
        "6, Appendix D.1",
        "No network satisfies all conditions of Neural Collapse at once.",
        "NC1 (trace of within-class over between-class covariance), NC2 (spread of the class means' lengths, "
        "distance of their cosines from -1/(C - 1)), NC3 (classifier against class means) and NC4 (share not "
        f"classified by the nearest class mean) of the classifier's input; met within {TOLERANCE:g}, which "
        "is ours.",
        "None: one network that meets all four is a counterexample.",
        "Networks trained past a training accuracy of 100 %, without augmentation and with weight decay, "
        "where Neural Collapse is known to emerge.",
        all_conditions,
    ),
)
