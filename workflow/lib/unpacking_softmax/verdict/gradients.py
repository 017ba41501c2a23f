"""Claims on the rank of gradients: Equation 3 and Figure 4."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.verdict.evidence import (
    MORE_SEEDS,
    NO_DIFFERENCE,
    PAIRED,
    Evidence,
    describe,
    temperature_alone,
)
from unpacking_softmax.verdict.findings import BELOW, RANK_RULES, Claim, Finding, undecided, without_exception

BOUND = "rank(G) ≤ rank(A) where the shape of G alone does not imply it"


def bound(evidence: Evidence, rule: str) -> list[Finding]:
    """rank(dL/dW^i) <= rank(A^(i-1)) numerically, on MLPs; where there are none, why others show little.

    A gradient of few rows has a low rank whatever its input. Only where the input's rank lies below
    both sides of the gradient can the bound be broken.
    """
    findings: dict[bool, list[Finding]] = {True: [], False: []}
    for grid in evidence.grids(temperature_alone):
        rows, is_mlp = _ranks(evidence, grid, rule), evidence.family(grid) == "mlp"
        for temperature, part in rows.groupby("temperature") if len(rows) else ():
            place = f"{describe(grid)}, T = {temperature}"
            cases = part[part["input"] < part["side"]]
            by_shape = f"{1 - len(cases) / len(part):.0%} of layers and epochs hold by shape alone"
            if is_mlp:
                holds = cases["gradient"] <= cases["input"]
                shown = {"null": _of_other_layers(part), "note": by_shape}
                findings[True].append(without_exception(place, BOUND, list(holds), **shown))
            else:
                findings[False].append(undecided(place, BOUND, f"no MLP: {by_shape}"))
    return findings[True] or findings[False]


def _of_other_layers(part: pd.DataFrame) -> float:
    """Share of pairs in which the input of another layer of the same run and epoch has as high a rank.

    Over gradients that their own shape does not bound; NaN where there is none.
    """
    held = []
    for _, layers in part.groupby([*IDENTITY, "epoch"]):
        gradient, given, side = (layers[c].to_numpy() for c in ("gradient", "input", "side"))
        other = ~np.eye(len(layers), dtype=bool) & (given < side[:, None])
        held.append((gradient[:, None] <= given)[other])
    held = np.concatenate(held)
    return float(held.mean()) if len(held) else np.nan


def collapse(evidence: Evidence, rule: str) -> list[Finding]:
    """At the end of training gradients have lower rank at high T, in the mean over layers."""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = _ranks(evidence, grid, rule)
        if rows.empty:
            continue
        last = rows[rows["epoch"] == rows["epoch"].max()]
        values = last.groupby(["temperature", "seed"])["gradient"].mean().rename("value").reset_index()
        what = "mean rank of the layers' gradients after the last epoch"
        findings += [
            evidence.paired(grid, low, values, what, BELOW, step=1 / last["index"].max())
            for low in evidence.low_temperatures(grid)
        ]
    return findings


def _ranks(evidence: Evidence, grid: Mapping, rule: str) -> pd.DataFrame:
    """Rows of a grid's gradients with `gradient` and `input` (ranks at the cut of the gradient's shape)
    and `side`, the smaller of the gradient's two."""
    rows = evidence.rows("gradients", grid)
    if rows.empty:
        return rows
    read = {
        name: [
            numerical_rank(s, n, d, rule) for s, n, d in zip(rows[column], rows["n"], rows["d"], strict=True)
        ]
        for name, column in (("gradient", "sigma"), ("input", "sigma_input"))
    }
    return rows.assign(**read, side=rows[["n", "d"]].min(axis=1))


CLAIMS = (
    Claim(
        "gradient-rank-bounded",
        "3.1, Equation 3, Figure 4",
        "The rank of a layer's input bounds the rank of its gradient, numerically too.",
        "Layers and snapshots of MLPs in which the input's rank lies below both sides of the gradient, "
        "so that the shape alone implies nothing; both ranks at the cut of the gradient's shape. One that "
        "breaks the bound is a counterexample. In convolutions the output channels bound the gradient "
        "already: they decide nothing.",
        "The share in which the input of another layer of the same network would bound it as well.",
        "An MLP with snapshots, wider than the rank of its representations.",
        bound,
        readings=RANK_RULES,
    ),
    Claim(
        "gradient-collapse",
        "3.1, Figure 4",
        "High temperature collapses the rank of gradients.",
        "Mean over layers after the last epoch. " + PAIRED,
        NO_DIFFERENCE,
        MORE_SEEDS,
        collapse,
        readings=RANK_RULES,
    ),
)
