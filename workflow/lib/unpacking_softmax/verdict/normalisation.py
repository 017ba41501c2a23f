"""Claims on LayerNorm: among the hidden layers (Figure 17, bottom), and after the logits (Section 5)."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.verdict.evidence import Evidence, describe
from unpacking_softmax.verdict.findings import ABOVE, BELOW, RANK_RULES, Claim, Finding, decided, undecided
from unpacking_softmax.verdict.initialisation import AT_ONE, penultimate_ranks
from unpacking_softmax.verdict.statistics import t_interval

HIDDEN, LOGITS = ("layernorm", "layernorm-all"), ("layernorm-logits",)
INITIALISATION = ("init", "last_init")  # what schemes differ in
# A scheme has collapsed where its rank is below this share of the best scheme's. The paper says
# "collapse" without a number; half is a plain reading of it.
COLLAPSED = 0.5


def prevents_collapse(places: tuple[str, ...]) -> Callable:
    """A judge: does a scheme that collapses without LayerNorm end at a higher penultimate rank with it?"""

    def judge(evidence: Evidence, rule: str) -> list[Finding]:
        return [_rank_finding(evidence, *pair, rule) for pair in _pairs(evidence, places)]

    return judge


def _rank_finding(evidence: Evidence, grid: Mapping, other: Mapping, rule: str) -> Finding:
    """A grid with LayerNorm against the other, without; decides only where the latter has collapsed."""
    with_norm, without = (_ranks_at_one(evidence, g, rule) for g in (grid, other))
    differences = (with_norm - without).dropna()
    runs, what = _against(grid, other), "difference of penultimate rank"
    if without.empty:
        return undecided(runs, what, f"{other['variant']}: {evidence.why_missing(other, AT_ONE)}")
    if differences.empty:
        return undecided(runs, what, "no seed trained both with and without")
    interval = t_interval(differences, step=1.0)
    if without.mean() >= COLLAPSED * _highest_rank(evidence, other, rule):
        return undecided(runs, f"{what} {ABOVE}", "no collapse without LayerNorm", interval)
    return decided(runs, what, interval, ABOVE)


def prevents_inflation(evidence: Evidence) -> list[Finding]:
    """LayerNorm after the logits keeps their norm from growing as it does without, by seed."""
    findings = []
    for grid, other in _pairs(evidence, LOGITS):
        differences = (_growth(evidence, grid) - _growth(evidence, other)).dropna()
        runs, what = _against(grid, other), "difference of log growth of ||M||"
        if differences.empty:
            findings.append(undecided(runs, what, "no seed trained both with and without"))
        else:
            findings.append(decided(runs, what, t_interval(differences), BELOW))
    return findings


def _growth(evidence: Evidence, grid: Mapping) -> pd.Series:
    """log(||M|| after training / before) at T = 1, by seed."""
    runs = evidence.runs(grid)
    runs = runs[(runs["temperature"] == AT_ONE) & (runs["status"] == Status.TRAINED)].set_index("seed")
    return np.log(runs["logits_norm"] / runs["initial_logits_norm"])


def _pairs(evidence: Evidence, places: tuple[str, ...]) -> Iterator[tuple[Mapping, Mapping]]:
    """Grids with LayerNorm at these places, each with one that is the same but for it."""
    for grid in evidence.grids(lambda g, variant, _: variant.get("normalisation") in places):
        rest = _but_for(evidence.variant(grid), "normalisation")
        for other in evidence.grids():
            same = evidence.variant(other) == rest and _alike(grid, other)
            if same and AT_ONE in other["temperatures"]:
                yield grid, other


def _against(grid: Mapping, other: Mapping) -> str:
    return f"{describe(grid)} against {other['variant']}, T = {AT_ONE}"


def _alike(grid: Mapping, other: Mapping) -> bool:
    return all(grid[key] == other[key] for key in ("dataset", "architecture"))


def _but_for(variant: Mapping, *keys: str) -> dict:
    return {key: value for key, value in variant.items() if key not in keys}


def _ranks_at_one(evidence: Evidence, grid: Mapping, rule: str) -> pd.Series:
    """Penultimate ranks at T = 1, by seed.

    By the temperature's name: one that matches norms can be 1 too, and would count a seed twice.
    """
    runs = penultimate_ranks(evidence, grid, rule)
    return runs[runs["temperature"] == AT_ONE].set_index("seed")["rank"]


def _highest_rank(evidence: Evidence, grid: Mapping, rule: str) -> float:
    """The highest mean rank at T = 1 of a scheme that differs from the grid's by initialisation alone."""
    rest = _but_for(evidence.variant(grid), *INITIALISATION)
    schemes = evidence.grids(
        lambda g, variant, _: _alike(grid, g) and _but_for(variant, *INITIALISATION) == rest
    )
    return pd.Series([_ranks_at_one(evidence, scheme, rule).mean() for scheme in schemes]).max()


RANKS = (
    "Penultimate rank with LayerNorm less without, the same scheme at T = 1, paired by seed; 95 % t interval "
    "over seeds. Only schemes that collapse without it decide: those of a mean rank below "
    f"{COLLAPSED:.0%} of the highest that an initialisation of this network has on the same data. "
    "Where nothing collapses LayerNorm need not raise the rank."
)
CLAIMS = (
    Claim(
        "layernorm-prevents-collapse",
        "5, Figure 17 (bottom)",
        "Layer normalisation prevents the collapse of networks that would collapse without it.",
        RANKS,
        "0: the rank is as low with it.",
        "An initialisation that collapses without LayerNorm and trains with it.",
        prevents_collapse(HIDDEN),
        readings=RANK_RULES,
    ),
    Claim(
        "logits-layernorm-prevents-inflation",
        "5, normalisation effects",
        "Normalisation after the logits prevents their norm from growing.",
        "log(||M|| after training / before) with LayerNorm after the logits less without, the same scheme "
        "at T = 1, paired by seed; 95 % t interval over seeds.",
        "0: the norm grows alike.",
        "More seeds, with and without.",
        prevents_inflation,
    ),
    Claim(
        "logits-layernorm-prevents-collapse",
        "5, normalisation effects",
        "Normalisation after the logits mitigates the rank deficit.",
        RANKS,
        "0: the rank is as low with it.",
        "An initialisation that collapses without it, trained with LayerNorm after the logits.",
        prevents_collapse(LOGITS),
        readings=RANK_RULES,
    ),
)
