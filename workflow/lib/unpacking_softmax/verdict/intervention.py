"""The claim that the norm, not the rank, of the logits sets the rank after the softmax, by intervention."""

import numpy as np
import pandas as pd

from unpacking_softmax.readings.rank import numerical_rank
from unpacking_softmax.verdict.evidence import Evidence, describe, temperature_alone
from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    RANK_RULES,
    Claim,
    Expectation,
    Finding,
    decided,
    undecided,
)
from unpacking_softmax.verdict.statistics import t_interval

# What is computed of each run, and what the claim expects of it.
QUESTIONS: dict[str, Expectation] = {
    "change of rank(softmax) as logits are raised to a larger norm": ABOVE,
    "change of rank(softmax) as logits are lowered to a smaller norm": BELOW,
    "rank(softmax) of logits of small norm at a larger, less that of those at the smaller": ABOVE,
}


def norm_sets_rank(evidence: Evidence, rule: str) -> list[Finding]:
    """Each snapshot's logits at the norm of every other: their own rank stays, does that of the softmax?"""
    findings = []
    for grid in evidence.grids(temperature_alone):
        rows = evidence.rows("rescaled", grid)
        for low in evidence.low_temperatures(grid) if len(rows) else ():
            place = f"{describe(grid)}, T = {low}"
            runs = [_answers(run, rule) for _, run in rows[rows["temperature"] == low].groupby("seed")]
            for question, expected in QUESTIONS.items():
                found = [(run[question], run["step"]) for run in runs if not np.isnan(run[question])]
                if found:
                    values, steps = zip(*found, strict=True)
                    findings.append(decided(place, question, t_interval(values, max(steps)), expected))
                else:
                    findings.append(undecided(place, question, evidence.why_missing(grid, low)))
    return findings


def _answers(run: pd.DataFrame, rule: str) -> dict[str, float]:
    """The means that QUESTIONS name, over pairs of snapshots a, b of a run with norms a < b.

    R(a, b), the rank after the softmax of the logits of a at the norm of b, gives R(a, b) - R(a, a),
    R(b, a) - R(b, b) and R(a, b) - R(b, a): of the change from R(a, a) to R(b, b), the part due to the
    norm less the part due to the logits' directions, each the mean over both orders (Shapley).
    Logits before training have no directions to speak of: their norm alone takes part.
    """
    read = [numerical_rank(s, n, d, rule) for s, n, d in zip(run["sigma"], run["n"], run["d"], strict=True)]
    ranks = (
        run.assign(rank=read).pivot_table(index="epoch", columns="norm_epoch", values="rank").astype(float)
    )
    norms = run.groupby("norm_epoch")["norm"].first().reindex(ranks.columns)
    trained = ranks.loc[ranks.index > 0]
    own = pd.Series({epoch: row[epoch] for epoch, row in trained.iterrows()})
    change = trained.sub(own, axis=0)
    larger = norms.to_numpy() > norms[trained.index].to_numpy()[:, None]
    smaller = norms.to_numpy() < norms[trained.index].to_numpy()[:, None]
    against = trained[trained.index] - trained[trained.index].T
    raised = larger[:, norms.index > 0]
    means = [_mean(change, larger), _mean(change, smaller), _mean(against, raised)]
    return {**dict(zip(QUESTIONS, means, strict=True)), "step": 1 / max(raised.sum(), 1)}


def _mean(table: pd.DataFrame, where: np.ndarray) -> float:
    values = table.to_numpy()[where]
    return float(values.mean()) if len(values) else np.nan


CLAIMS = (
    Claim(
        "post-softmax-rank-follows-norm",
        "3.2, Figures 5 and 18-20",
        "The growth of the rank after the softmax is set off by the logits norm, not by the rank before it.",
        "By intervention at high T: logits of each snapshot are scaled to the norm of every other, which "
        "leaves their own rank as it is, and the rank is read after the softmax; means over pairs of "
        "snapshots, 95 % t intervals over seeds. Raised, it should rise; lowered, it should fall; and "
        "logits of small norm, raised, should have a higher one than those of large norm, lowered: then "
        "more of its growth is due to the norm than to the logits' directions.",
        "0 for each: the rank after the softmax does not ask for the norm.",
        "More seeds; snapshots at which the rank after the softmax is not yet full. A correlation over "
        "epochs cannot: norm and rank both grow with time.",
        norm_sets_rank,
        readings=RANK_RULES,
    ),
)
