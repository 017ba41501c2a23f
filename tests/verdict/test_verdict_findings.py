"""When a comparison decides a claim, and how comparisons combine."""

import math

import pytest

from unpacking_softmax.verdict.findings import (
    ABOVE,
    AGAINST,
    BELOW,
    CONTRADICTED,
    CONTRADICTED_IN_PART,
    IN_FAVOUR,
    OPEN,
    SUPPORTED,
    SUPPORTED_IN_PART,
    UNDECIDED,
    Finding,
    Tally,
    decided,
    one_is_enough,
    within,
    without_exception,
)
from unpacking_softmax.verdict.statistics import Interval, equivalence_interval, t_interval


@pytest.mark.parametrize(
    ("interval", "expected", "outcome"),
    [
        ((1, 3), ABOVE, IN_FAVOUR),
        ((1, 3), BELOW, AGAINST),
        ((-3, -1), BELOW, IN_FAVOUR),
        ((-1, 3), ABOVE, OPEN),
        ((-1, 3), BELOW, OPEN),
        ((0, 0), ABOVE, OPEN),
        ((1e-17, 1e-17), ABOVE, OPEN),
        ((-3, 0), ABOVE, AGAINST),
        ((0, 3), BELOW, AGAINST),
        ((-3, 0), BELOW, OPEN),
        ((0, 3), ABOVE, OPEN),
    ],
)
def test_an_interval_decides_only_on_one_side_of_the_bar(interval, expected, outcome):
    low, high = interval
    finding = decided("runs", "x", Interval((low + high) / 2, low, high, 3), expected)
    assert finding.outcome == outcome
    assert bool(finding.reason) == (outcome == OPEN)


def test_one_seed_decides_nothing_and_says_so():
    finding = decided("runs", "x", t_interval([-5]), BELOW)
    assert finding.outcome == OPEN
    assert finding.reason == "1 seed: no interval"
    assert finding.estimate == finding.median == -5
    assert math.isnan(finding.low)
    assert math.isnan(finding.p)


def test_an_open_finding_says_how_many_seeds_would_decide_it():
    # Mean 1 and s = 1: an effect of one standard deviation takes 10 seeds (t test, 5 %, power 80 %).
    values = [1 - 2**0.5 / 2**0.5, 1.0, 2.0]
    finding = decided("runs", "x", t_interval(values), ABOVE)
    assert finding.outcome == OPEN
    assert finding.needed == 10
    assert math.isnan(decided("runs", "x", t_interval([5.0, 5.1, 5.2]), ABOVE).needed)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ([0.001, -0.001, 0.0], IN_FAVOUR),
        # Mean 0, s = 0.01: the 90 % interval is 2.92 x 0.01 / sqrt(3) = 0.017 to both sides.
        ([-0.01, 0.0, 0.01], OPEN),
        ([0.05, 0.051, 0.049], AGAINST),  # better by 5 points is as unlike as worse
        ([-0.05, -0.051, -0.049], AGAINST),
    ],
)
def test_equivalence_is_two_sided(values, outcome):
    finding = within("runs", "x", equivalence_interval(values), 0.01)
    assert finding.outcome == outcome
    assert (finding.p < 0.05) == (outcome != OPEN)


def test_one_exception_refutes_and_no_interval_is_asked():
    holds = [True] * 99 + [False]
    finding = without_exception("runs", "x", holds)
    assert (finding.outcome, finding.estimate, finding.n) == (AGAINST, 0.99, 100)
    assert finding.reason == "1 of 100 break it"
    assert without_exception("runs", "x", [True]).outcome == IN_FAVOUR
    assert without_exception("runs", "x", []).outcome == OPEN


def test_one_example_proves():
    assert one_is_enough("runs", "x", [False, True, False]).outcome == IN_FAVOUR
    assert one_is_enough("runs", "x", [False, False]).outcome == AGAINST


@pytest.mark.parametrize(
    ("outcomes", "claim"),
    [
        ([], UNDECIDED),
        ([OPEN, OPEN], UNDECIDED),
        ([IN_FAVOUR, IN_FAVOUR], SUPPORTED),
        ([IN_FAVOUR, OPEN], SUPPORTED_IN_PART),
        ([IN_FAVOUR, AGAINST], SUPPORTED_IN_PART),
        ([AGAINST, OPEN], CONTRADICTED_IN_PART),
        ([AGAINST, AGAINST], CONTRADICTED),
    ],
)
def test_a_claim_is_supported_where_all_comparisons_are_in_favour(outcomes, claim):
    tally = Tally.of([Finding("runs", "x", outcome) for outcome in outcomes])
    assert tally.outcome == claim
    assert (tally.in_favour, tally.against, tally.open) == tuple(
        outcomes.count(outcome) for outcome in (IN_FAVOUR, AGAINST, OPEN)
    )
