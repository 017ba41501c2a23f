"""A claim, the findings it is judged by, and the rules by which they decide it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan

from unpacking_softmax.verdict.statistics import Interval

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "not decidable"
ROUNDING = 1e-12  # an end this close to a bar lies on it: rounding decides nothing


@dataclass(frozen=True)
class Expectation:
    """What a claim says of a number: "above" or "below" a bar, or "at least" it."""

    side: str
    bar: float = 0.0

    def __str__(self) -> str:
        sign = {"above": ">", "below": "<", "at least": "≥"}[self.side]
        return f"{sign} {self.bar:g}"


ABOVE, BELOW = Expectation("above"), Expectation("below")


@dataclass(frozen=True)
class Finding:
    """One comparison of a claim.

    runs: what it is judged on; statistic: what was computed, and what the claim expects of it.
    """

    runs: str
    statistic: str
    outcome: str
    reason: str
    estimate: float = nan
    low: float = nan
    high: float = nan
    n: int = 0


@dataclass(frozen=True)
class Claim:
    """A claim of the paper as a proposition that runs can support or contradict.

    judge: from the study's evidence to findings; none where the study lacks the runs.
    """

    id: str
    section: str
    statement: str
    method: str
    judge: Callable[..., list[Finding]]


def decided(runs: str, statistic: str, interval: Interval, expected: Expectation) -> Finding:
    """The finding of one interval: it decides where it lies wholly on one side of the bar.

    Values that are the same in every seed have an interval of width zero; on the bar itself it
    decides "at least", and neither "above" nor "below".
    """
    outcome, reason = _decide(interval, expected)
    return Finding(
        runs,
        f"{statistic} {expected}",
        outcome,
        reason,
        interval.estimate,
        interval.low,
        interval.high,
        interval.n,
    )


def _decide(interval: Interval, expected: Expectation) -> tuple[str, str]:
    bar = expected.bar
    low, high = (bar if abs(end - bar) < ROUNDING else end for end in (interval.low, interval.high))
    if isnan(low):
        return UNDECIDED, f"{interval.n} seed: no interval" if interval.n == 1 else "no numbers"
    if low == high == bar and expected.side != "at least":
        return UNDECIDED, f"{bar:g} in every seed: no difference"
    holds = {"above": low > bar, "below": high < bar, "at least": low >= bar}[expected.side]
    fails = {"above": high <= bar, "below": low >= bar, "at least": high < bar}[expected.side]
    if holds or fails:
        return (SUPPORTED if holds else CONTRADICTED), ""
    return UNDECIDED, f"the interval of {interval.n} seeds contains {bar:g}"


def undecided(runs: str, statistic: str, reason: str, interval: Interval | None = None) -> Finding:
    """A finding that decides nothing, with the reason; the interval is shown all the same."""
    if interval is None:
        return Finding(runs, statistic, UNDECIDED, reason)
    return Finding(
        runs, statistic, UNDECIDED, reason, interval.estimate, interval.low, interval.high, interval.n
    )


def overall(findings: Sequence[Finding]) -> tuple[str, str]:
    """A claim's outcome and its reason: that of every finding that decides, if they agree."""
    if not findings:
        return UNDECIDED, "no runs: the study has none that this claim speaks of, or none that trained"
    counts = {outcome: sum(f.outcome == outcome for f in findings) for outcome in (SUPPORTED, CONTRADICTED)}
    deciding, total = sum(counts.values()), len(findings)
    if not deciding:
        return UNDECIDED, "; ".join(dict.fromkeys(f.reason for f in findings))
    if counts[SUPPORTED] and counts[CONTRADICTED]:
        words = f"{counts[SUPPORTED]} support it, {counts[CONTRADICTED]} contradict it"
        return UNDECIDED, f"the comparisons disagree: of {total}, {words}"
    outcome = SUPPORTED if counts[SUPPORTED] else CONTRADICTED
    return outcome, f"in {deciding} of {total} comparison{'s' if total > 1 else ''}"
