"""Claims on the softmax of matrices alone: Figures 6 and 21, Propositions 3.1 and K.1."""

from dataclasses import replace

import pandas as pd

from unpacking_softmax.theory.parts import part
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.findings import (
    ABOVE,
    RANK_RULES,
    Claim,
    Expectation,
    Finding,
    decided,
    undecided,
    without_exception,
)
from unpacking_softmax.verdict.statistics import share_interval, share_p, t_interval

HALF = Expectation("above", 0.5)
EQUAL = 1e-9  # float64 rounding of gap and bound


def norm_raises_rank(evidence: Evidence, rule: str) -> list[Finding]:
    """Scaling M, whose rank stays, raises that of softmax(cM) above where it began: draw by draw.

    Not above rank(M): softmax alone does that, at the smallest scale already.
    """
    return [
        decided(
            f"rank-{k} matrices of size {rows['n'].iloc[0]}",
            "highest rank of softmax(cM) over c, less that at the smallest c",
            t_interval([_rise(draw, rule) for _, draw in rows.groupby("seed")], step=1.0),
            ABOVE,
        )
        for k, rows in _theory(evidence, "softmax_rank").groupby("k")
    ]


def _rise(draw: pd.DataFrame, rule: str) -> int:
    ranks = draw.sort_values("scale")[f"rank_{rule}"]
    return ranks.max() - ranks.iloc[0]


def gap_bounded(evidence: Evidence) -> list[Finding]:
    """No random column-stochastic matrix exceeds the bound. A theorem: one violation contradicts it."""
    findings = []
    for n, rows in _theory(evidence, "gap_bound", "random").groupby("n"):
        draws, violations = int(rows["draws"].sum()), int(rows["violations"].sum())
        holds = [True] * (draws - violations) + [False] * violations
        findings.append(
            without_exception(f"{draws} random matrices of size {n}", "gap within the bound", holds)
        )
    return findings


def gap_tight(evidence: Evidence) -> list[Finding]:
    """The two matrices that the proof names attain the bounds: I the lower (0), a single row the upper."""
    findings = []
    for row in _theory(evidence, "gap_bound", "cases").itertuples():
        attained = 0.0 if row.case == "identity" else row.bound
        holds = abs(row.gap - attained) < EQUAL * max(1.0, attained)
        which = "lower" if row.case == "identity" else "upper"
        findings.append(
            without_exception(
                f"n = {row.n}, S = {row.case}",
                f"gap = its {which} bound",
                [holds],
                note=f"gap {row.gap:.4g}, upper bound {row.bound:.4g}",
            )
        )
    return findings


def rank_two_full(evidence: Evidence) -> list[Finding]:
    """For each random B of rank two some c makes the numerical rank of softmax(cB) full.

    Numerics cannot refute the proposition: beyond the scales tried the rank is full by dominance.
    """
    findings = []
    for (n, rule), rows in _theory(evidence, "rank_two", "curve").groupby(["n", "rule"]):
        by_draw = rows.groupby("seed")["rank"].max() == n
        runs = f"{len(by_draw)} draws of size {n:.0f}, rank rule {rule}"
        what = "rank n is reached at some c"
        if by_draw.all():
            findings.append(without_exception(runs, what, list(by_draw)))
        else:
            reason = f"{(~by_draw).sum()} of {len(by_draw)} draws do not reach it at the scales tried"
            findings.append(undecided(runs, what, reason))
    return findings


def gap_inside(evidence: Evidence) -> list[Finding]:
    """The gap has its minimum at an intermediate temperature, in most draws."""
    return _inside(evidence, "gap_interior", "share of draws whose sigma_1 - sigma_n has an interior minimum")


def rank_inside(evidence: Evidence, rule: str) -> list[Finding]:
    """The rank has its maximum at an intermediate temperature, in most draws."""
    what = "share of draws whose numerical rank has an interior maximum"
    return _inside(evidence, f"rank_interior_{rule}", what)


def _inside(evidence: Evidence, column: str, statistic: str) -> list[Finding]:
    draws = _theory(evidence, "spectral_gap", "draws")
    if draws.empty:
        return []
    count = int(draws[column].sum())
    runs = f"{len(draws)} random rank-one matrices"
    finding = decided(runs, statistic, share_interval(count, len(draws)), HALF)
    return [replace(finding, p=share_p(count, len(draws), HALF.bar))]


def _theory(evidence: Evidence, name: str, of: str | None = None) -> pd.DataFrame:
    """Rows of a table of numerics, or of a part of it; no rows where the study has none."""
    if name not in evidence.theory:
        return pd.DataFrame(columns=["k", "n", "rule", "case"])
    return part(evidence.theory[name], of) if of else evidence.theory[name]


CLAIMS = (
    Claim(
        "norm-raises-softmax-rank",
        "3.2, Figure 6",
        "Increasing the norm of a low-rank matrix alone raises the rank of its softmax.",
        "Highest rank of the softmax over the scales less that at the smallest scale, for each random "
        "draw; 95 % t interval over draws. (The rank falls again at the largest scales, where columns become "
        "one-hot.)",
        "0: a rank that only falls.",
        "More draws: no training is needed.",
        norm_raises_rank,
        readings=RANK_RULES,
    ),
    Claim(
        "gap-bounded",
        "3.2, Proposition 3.1",
        "The gap of the extreme singular values of a matrix of probability columns obeys the bound.",
        "Random Dirichlet columns of several sizes and concentrations; a violation is a gap above the "
        "bound by more than rounding.",
        "None: a theorem.",
        "One violation; its proof decides the rest.",
        gap_bounded,
    ),
    Claim(
        "gap-bound-tight",
        "Appendix J, Proposition J.2",
        "The bounds are tight: the identity attains the lower one, a single row of ones the upper one.",
        "Both matrices, exactly. (The upper bound is attained by the second only: at the identity it is "
        "1 - 1/sqrt(n) above the gap.)",
        "None: two matrices.",
        "Decided by arithmetic.",
        gap_tight,
    ),
    Claim(
        "rank-two-suffices",
        "3.2, Propositions 3.2 and K.1",
        "Logits of rank two can have a softmax of full rank n, at a large enough scale.",
        "Gram matrices of random unit vectors of the plane, rows; numerical rank in float64 spectra under "
        "each rule.",
        "None: a theorem; numerics cannot refute it, since larger scales remain.",
        "Larger scales, for the draws that do not reach it.",
        rank_two_full,
    ),
    Claim(
        "gap-smallest-inside",
        "Appendix J, Figure 21",
        "The spectral gap of a softmax of rank-one logits is smallest at an intermediate temperature.",
        "Share of random draws in which it has an interior minimum; Wilson's 95 % interval; it should "
        "hold in more than half.",
        "0.5: as often as not.",
        "More draws: no training is needed.",
        gap_inside,
    ),
    Claim(
        "rank-highest-inside",
        "Appendix J, Figure 21",
        "The rank of that softmax is highest at an intermediate temperature.",
        "Share of random draws in which the numerical rank is higher inside the range of temperatures than "
        "at both its ends; Wilson's 95 % interval; it should hold in more than half.",
        "0.5: as often as not.",
        "More draws: no training is needed.",
        rank_inside,
        readings=RANK_RULES,
    ),
)
