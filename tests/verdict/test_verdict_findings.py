"""When an interval decides a claim, and how findings combine."""

import math

import pytest

from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    CONTRADICTED,
    SUPPORTED,
    UNDECIDED,
    Expectation,
    Finding,
    decided,
    overall,
)
from unpacking_softmax.verdict.statistics import Interval, t_interval


@pytest.mark.parametrize(
    ("interval", "expected", "outcome"),
    [
        ((1, 3), ABOVE, SUPPORTED),
        ((1, 3), BELOW, CONTRADICTED),
        ((-3, -1), BELOW, SUPPORTED),
        ((-1, 3), ABOVE, UNDECIDED),
        ((-1, 3), BELOW, UNDECIDED),
        ((0, 0), ABOVE, UNDECIDED),
        ((1e-17, 1e-17), ABOVE, UNDECIDED),
        ((-3, 0), ABOVE, CONTRADICTED),
        ((0, 3), BELOW, CONTRADICTED),
        ((-3, 0), BELOW, UNDECIDED),
        ((0, 3), ABOVE, UNDECIDED),
        ((9, 9), Expectation("at least", 9), SUPPORTED),
        ((7, 8), Expectation("at least", 9), CONTRADICTED),
        ((8, 10), Expectation("at least", 9), UNDECIDED),
    ],
)
def test_an_interval_decides_only_on_one_side_of_the_bar(interval, expected, outcome):
    low, high = interval
    finding = decided("runs", "x", Interval((low + high) / 2, low, high, 3), expected)
    assert finding.outcome == outcome
    assert bool(finding.reason) == (outcome == UNDECIDED)


def test_one_seed_decides_nothing_and_says_so():
    finding = decided("runs", "x", t_interval([-5]), BELOW)
    assert finding.outcome == UNDECIDED
    assert finding.reason == "1 seed: no interval"
    assert finding.estimate == -5
    assert math.isnan(finding.low)


def finding(outcome, reason=""):
    return Finding("runs", "x", outcome, reason)


def test_no_findings_means_no_runs():
    outcome, reason = overall([])
    assert outcome == UNDECIDED
    assert reason.startswith("no runs")


def test_undecided_findings_do_not_outvote_a_decided_one():
    assert overall([finding(SUPPORTED), finding(UNDECIDED, "1 seed")]) == (
        SUPPORTED,
        "in 1 of 2 comparisons",
    )
    assert overall([finding(CONTRADICTED)]) == (CONTRADICTED, "in 1 of 1 comparison")


def test_findings_that_disagree_decide_nothing():
    outcome, reason = overall([finding(SUPPORTED), finding(SUPPORTED), finding(CONTRADICTED)])
    assert outcome == UNDECIDED
    assert "of 3, 2 support it, 1 contradict it" in reason


def test_reasons_are_given_once_each():
    assert overall([finding(UNDECIDED, "a"), finding(UNDECIDED, "b"), finding(UNDECIDED, "a")]) == (
        UNDECIDED,
        "a; b",
    )
