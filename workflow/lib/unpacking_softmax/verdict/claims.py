"""The claims of the paper in its order of argument, and their judgement on a study's evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from unpacking_softmax.verdict import (
    architectures,
    dynamics,
    initialisation,
    numerics,
    ood,
    representation,
)
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.findings import Claim, Finding, overall

CLAIMS: tuple[Claim, ...] = (
    *representation.CLAIMS,
    *dynamics.CLAIMS,
    *numerics.CLAIMS,
    *ood.CLAIMS,
    *architectures.CLAIMS,
    *initialisation.CLAIMS,
)


@dataclass(frozen=True)
class Verdict:
    """A claim, its outcome on a study with the reason, and the findings behind it."""

    claim: Claim
    outcome: str
    reason: str
    findings: Sequence[Finding]


def judge(evidence: Evidence) -> list[Verdict]:
    """Every claim's verdict, in the order of CLAIMS."""
    verdicts = []
    for claim in CLAIMS:
        findings = _distinct(claim.judge(evidence))
        verdicts.append(Verdict(claim, *overall(findings), findings))
    return verdicts


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Findings without repetitions: two grids can share runs. Of the same comparison, that of most seeds."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.runs, finding.statistic)
        if key not in kept or finding.n > kept[key].n:
            kept[key] = finding
    return list(kept.values())
