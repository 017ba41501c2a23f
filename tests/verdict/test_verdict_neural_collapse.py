"""How near made-up networks are to all conditions of Neural Collapse."""

import pandas as pd
import pytest
from made_up import evidence, grid, records, settings, spectra, table, verdict_of

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED

MET = {"nc1_pinv": 0.01, "nc2_norm_cov": 0.02, "nc2_coherence": 0.03, "nc3": 0.05, "nc4": 0.99}


def judged(**measures):
    g = grid("g", temperatures=("1",))
    rows = [
        table(g, point="penultimate", index=2, source="own", measure=name, value=value)
        for name, value in {**MET, **measures}.items()
        if value is not None
    ]
    frames = {"record": records(g), "spectra": spectra(g), "collapse": pd.concat(rows)}
    return verdict_of(evidence(settings(g), frames), "not-all-nc-conditions")


@pytest.mark.parametrize(
    ("far", "condition"),
    [
        ({"nc1_pinv": 2.0}, "NC1"),
        ({"nc2_norm_cov": 0.5}, "NC2"),
        ({"nc2_coherence": 0.5}, "NC2"),
        ({"nc3": 0.7}, "NC3"),
        ({"nc4": 0.6}, "NC4"),
    ],
)
def test_one_condition_that_is_not_met_is_enough(far, condition):
    verdict = judged(**far)
    assert verdict.outcome == SUPPORTED
    assert f"off {condition}" in verdict.findings[0].note


def test_one_network_that_meets_all_is_a_counterexample():
    far = {"1": [0.7, 0.05, 0.7]}
    verdict = judged(nc3=far)
    assert verdict.outcome == CONTRADICTED
    assert verdict.findings[0].reason == "1 of 3 break it"
    assert verdict.findings[0].note == "nearest to all four: 0.05 off NC3, at T = 1"


def test_a_condition_that_was_not_measured_says_nothing():
    assert judged(nc3=None).outcome == UNDECIDED
