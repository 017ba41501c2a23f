"""A claim, the findings it is judged by, and the rules by which they decide it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan

from unpacking_softmax.readings.rank import RULES
from unpacking_softmax.verdict.statistics import Interval, seeds_needed, seeds_to_match

# Of one comparison.
IN_FAVOUR, AGAINST, OPEN = "in favour", "against", "open"
# Ways to read a rank, which a claim on ranks is judged under one by one.
RANK_RULES = tuple(RULES)
# Of a claim.
SUPPORTED, SUPPORTED_IN_PART = "supported", "supported in part"
CONTRADICTED, CONTRADICTED_IN_PART = "contradicted", "contradicted in part"
UNDECIDED = "not decidable"
OUTCOMES = (SUPPORTED, SUPPORTED_IN_PART, CONTRADICTED_IN_PART, CONTRADICTED, UNDECIDED)
ROUNDING = 1e-12  # an end this close to a bar lies on it: rounding decides nothing


@dataclass(frozen=True)
class Expectation:
    """What a claim says of a number: "above" or "below" a bar."""

    side: str
    bar: float = 0.0

    def __str__(self) -> str:
        sign = {"above": ">", "below": "<"}[self.side]
        return f"{sign} {self.bar:g}"


ABOVE, BELOW = Expectation("above"), Expectation("below")


@dataclass(frozen=True)
class Finding:
    """One comparison of a claim.

    runs: what it is judged on; statistic: what was computed, and what the claim expects of it.
    null: what the statistic would be if the claim were wrong. effect: Hedges' g. p: of the test
    against the null, two-sided (equivalence: the larger of two one-sided); NaN where no test was
    made. needed: seeds that would decide it, for one that is open. note: what else to see.
    """

    runs: str
    statistic: str
    outcome: str
    reason: str = ""
    estimate: float = nan
    low: float = nan
    high: float = nan
    n: int = 0
    null: float = nan
    median: float = nan
    effect: float = nan
    p: float = nan
    needed: float = nan
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim of the paper as a proposition that runs can support or contradict.

    statement: what the paper says, in our words. statistic, null: what is computed, and what it would
    be if the claim were wrong. decides: which runs would settle it. judge: from the study's evidence
    to findings, none where the study lacks the runs. readings: ways to read the same stored numbers
    (rank rules); where there are some, judge takes the name of one too.
    """

    id: str
    section: str
    statement: str
    statistic: str
    null: str
    decides: str
    judge: Callable[..., list[Finding]]
    readings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """How the comparisons of a claim came out."""

    in_favour: int = 0
    against: int = 0
    open: int = 0

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "Tally":
        found = [finding.outcome for finding in findings]
        return cls(*(found.count(outcome) for outcome in (IN_FAVOUR, AGAINST, OPEN)))

    def __str__(self) -> str:
        return f"{self.in_favour} in favour, {self.against} against, {self.open} open"

    @property
    def outcome(self) -> str:
        """SUPPORTED or CONTRADICTED where all agree, and none is open; else in part."""
        if self.in_favour:
            return SUPPORTED_IN_PART if self.against or self.open else SUPPORTED
        if self.against:
            return CONTRADICTED_IN_PART if self.open else CONTRADICTED
        return UNDECIDED


def decided(runs: str, statistic: str, interval: Interval, expected: Expectation) -> Finding:
    """The finding of one interval: it decides where it lies wholly on one side of the bar."""
    outcome, reason = _decide(interval, expected)
    bar = expected.bar
    return Finding(
        runs,
        f"{statistic} {expected}",
        outcome,
        reason,
        **_shown(interval, bar),
        p=interval.p(bar),
        needed=seeds_needed(interval, bar) if outcome == OPEN else nan,
    )


def _decide(interval: Interval, expected: Expectation) -> tuple[str, str]:
    bar = expected.bar
    low, high = (bar if abs(end - bar) < ROUNDING else end for end in (interval.low, interval.high))
    if isnan(low):
        return OPEN, f"{interval.n} seed: no interval" if interval.n == 1 else "no numbers"
    if low == high == bar or (interval.same and abs(interval.estimate - bar) < ROUNDING):
        return OPEN, f"{bar:g} in every seed: no difference"
    holds = {"above": low > bar, "below": high < bar}[expected.side]
    fails = {"above": high <= bar, "below": low >= bar}[expected.side]
    if holds or fails:
        return (IN_FAVOUR if holds else AGAINST), ""
    return OPEN, f"the interval of {interval.n} seeds contains {bar:g}"


def within(runs: str, statistic: str, interval: Interval, margin: float) -> Finding:
    """The finding of a test of equivalence (TOST): whether a difference is smaller than a margin.

    interval: as `equivalence_interval` gives it. In favour where it lies inside the margin, against
    where it lies outside; null: the margin itself.
    """
    inside = -margin < interval.low and interval.high < margin
    outside = interval.low > margin or interval.high < -margin
    outcome = IN_FAVOUR if inside else AGAINST if outside else OPEN
    reason = ""
    if outcome == OPEN:
        unknown = f"{interval.n} seed: no interval" if interval.n == 1 else "no numbers"
        crosses = f"the 90 % interval of {interval.n} seeds crosses the margin of {margin:g}"
        reason = unknown if isnan(interval.low) else crosses
    beyond = interval.outside(margin)
    return Finding(
        runs,
        f"{statistic}, within ± {margin:g}",
        outcome,
        reason,
        **{**_shown(interval, 0.0), "null": margin},
        p=min(1.0, 2 * (1 - beyond)) if outcome == AGAINST else beyond,
        needed=seeds_to_match(interval, margin) if outcome == OPEN else nan,
        note="90 % interval",
    )


def without_exception(runs: str, statistic: str, holds: Sequence[bool], **shown) -> Finding:
    """The finding on a proposition that one counterexample refutes: no interval, no test.

    The estimate is the share of cases in which it holds. shown: further fields of the finding.
    """
    cases, broken = len(holds), sum(not case for case in holds)
    if not cases:
        return Finding(runs, statistic, OPEN, shown.pop("reason", "no case that could break it"), **shown)
    outcome = AGAINST if broken else IN_FAVOUR
    shown.setdefault("reason", f"{broken} of {cases} break it" if broken else f"none of {cases} breaks it")
    return Finding(runs, statistic, outcome, estimate=1 - broken / cases, n=cases, **shown)


def one_is_enough(runs: str, statistic: str, holds: Sequence[bool], **shown) -> Finding:
    """The finding on a proposition that one example proves; without any it is against it."""
    reached, cases = sum(map(bool, holds)), len(holds)
    outcome = IN_FAVOUR if reached else AGAINST
    return Finding(
        runs,
        statistic,
        outcome,
        f"{reached} of {cases} show it",
        estimate=reached / cases,
        n=cases,
        **shown,
    )


def undecided(runs: str, statistic: str, reason: str, interval: Interval | None = None) -> Finding:
    """A finding that decides and tests nothing, with the reason; an interval is shown all the same."""
    return Finding(runs, statistic, OPEN, reason, **(_shown(interval, 0.0) if interval else {}))


def _shown(interval: Interval, bar: float) -> dict:
    return {
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "n": interval.n,
        "null": bar,
        "median": interval.median,
        "effect": interval.effect(bar),
    }
