"""The claims of the paper in its order of argument, and their judgement on a study's evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan

from unpacking_softmax.verdict import (
    architectures,
    dynamics,
    gradients,
    initialisation,
    intervention,
    neural_collapse,
    normalisation,
    numerics,
    ood,
    representation,
)
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.findings import (
    CONTRADICTED,
    CONTRADICTED_IN_PART,
    OPEN,
    SUPPORTED,
    SUPPORTED_IN_PART,
    Claim,
    Finding,
    Tally,
)
from unpacking_softmax.verdict.statistics import holm

CLAIMS: tuple[Claim, ...] = (
    *representation.CLAIMS,
    *dynamics.CLAIMS,
    *gradients.CLAIMS,
    *intervention.CLAIMS,
    *neural_collapse.CLAIMS,
    *numerics.CLAIMS,
    *ood.CLAIMS,
    *architectures.CLAIMS,
    *initialisation.CLAIMS,
    *normalisation.CLAIMS,
)
NO_RUNS = "no runs: the study has none that this claim speaks of, or none that trained"
# What a claim is where another reading of the same numbers does not say as much.
IN_PART = {SUPPORTED: SUPPORTED_IN_PART, CONTRADICTED: CONTRADICTED_IN_PART}


@dataclass(frozen=True)
class Verdict:
    """A claim, its outcome on a study with the reason, and the findings behind it.

    reading: the one of the claim's readings that the study takes; others: the findings under the rest.
    p: the smallest p value of the findings times their number (Bonferroni); p_holm: the same, adjusted
    over all claims that were tested. NaN where no finding is a test.
    """

    claim: Claim
    outcome: str
    reason: str
    findings: Sequence[Finding]
    reading: str | None = None
    others: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    p: float = nan
    p_holm: float = nan

    @property
    def by_reading(self) -> dict[str | None, Sequence[Finding]]:
        """The findings under each reading, the study's own first; None is that of a claim without any."""
        return {self.reading: self.findings, **self.others}

    @property
    def needed(self) -> tuple[float, float]:
        """Fewest and most seeds that would decide one of the open comparisons; NaN where none is known."""
        needed = [finding.needed for finding in self.findings if not isnan(finding.needed)]
        return (min(needed), max(needed)) if needed else (nan, nan)


def judge(evidence: Evidence) -> list[Verdict]:
    """Every claim's verdict, in the order of CLAIMS."""
    verdicts = [verdict_on(claim, evidence) for claim in CLAIMS]
    tested = [verdict for verdict in verdicts if not isnan(verdict.p)]
    adjusted = dict(zip((v.claim.id for v in tested), holm([v.p for v in tested]), strict=True))
    return [replace(verdict, p_holm=adjusted.get(verdict.claim.id, nan)) for verdict in verdicts]


def verdict_on(claim: Claim, evidence: Evidence) -> Verdict:
    """The verdict on one claim by itself: without p_holm, which is of all claims together."""
    if not claim.readings:
        findings = _distinct(claim.judge(evidence))
        return Verdict(claim, Tally.of(findings).outcome, _reason(findings), findings, p=_p(findings))
    found = {reading: _distinct(claim.judge(evidence, reading)) for reading in claim.readings}
    rule = evidence.settings["rank_rule"]
    reading = rule if rule in found else claim.readings[0]
    findings = found.pop(reading)
    outcome, reason = Tally.of(findings).outcome, _reason(findings)
    if outcome in IN_PART and (
        differ := [name for name, other in found.items() if Tally.of(other).outcome != outcome]
    ):
        outcome, reason = IN_PART[outcome], f"{reason}; not so under {', '.join(differ)}"
    return Verdict(claim, outcome, reason, findings, reading, found, _p(findings))


def _reason(findings: Sequence[Finding]) -> str:
    """How many comparisons say what; of a claim that none decides, why."""
    if not findings:
        return NO_RUNS
    if len(findings) == 1 and findings[0].outcome == OPEN:
        return findings[0].reason
    if all(
        finding.outcome == OPEN for finding in findings
    ):  # what comes after a colon differs in numbers alone
        return "; ".join(dict.fromkeys(finding.reason.partition(":")[0] for finding in findings))
    return str(Tally.of(findings))


def _p(findings: Sequence[Finding]) -> float:
    tested = [finding.p for finding in findings if not isnan(finding.p)]
    return min(1.0, min(tested) * len(tested)) if tested else nan


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Findings without repetitions: two grids can share runs. Of the same comparison, that of most seeds."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.runs, finding.statistic)
        if key not in kept or finding.n > kept[key].n:
            kept[key] = finding
    return list(kept.values())
