"""Claims on gradients of made-up runs: Equation 3's bound where it can be broken, and where it cannot."""

import pandas as pd
import pytest
from made_up import evidence, grid, identities, ones, outcome, records, settings, spectra, verdict_of

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED


def study(layers, architecture="mlp", side=6):
    """layers: for each the ranks of gradient and input; gradients are 8 x side."""
    g = grid("g", architecture=architecture)
    rows = [
        {**run, "epoch": 5, "point": f"fc{i}", "index": i, "n": 8, "d": side}
        | {"sigma": ones(gradient, 6), "sigma_input": ones(given, 6)}
        for run in identities(g)
        for i, (gradient, given) in enumerate(layers, start=1)
    ]
    frames = {"record": records(g), "spectra": spectra(g), "gradients": pd.DataFrame(rows)}
    return evidence(settings(g), frames)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [([(2, 3), (1, 2)], SUPPORTED), ([(2, 3), (3, 2)], CONTRADICTED)],
)
def test_one_layer_beyond_the_bound_is_a_counterexample(layers, expected):
    assert outcome(study(layers), "gradient-rank-bounded")[0] == expected


def test_layers_that_their_shape_bounds_do_not_count():
    """An input of full rank bounds nothing: of three layers, one holds by shape alone."""
    finding = verdict_of(study([(6, 6), (2, 3), (1, 2)]), "gradient-rank-bounded").findings[0]
    assert finding.n == 2 * 3  # two layers of three seeds
    assert finding.note == "33% of layers and epochs hold by shape alone"
    verdict = verdict_of(study([(2, 6), (3, 6)]), "gradient-rank-bounded")
    assert (verdict.outcome, verdict.reason) == (UNDECIDED, "no case that could break it")


def test_the_null_value_is_the_bound_by_other_layers():
    # Gradients of rank 2, 1; inputs of rank 3, 2: the other layer's input would do for both.
    finding = verdict_of(study([(2, 3), (1, 2)]), "gradient-rank-bounded").findings[0]
    assert finding.null == 1.0
    # Of rank 3 and 1, with inputs of 3 and 2: not for the first.
    finding = verdict_of(study([(3, 3), (1, 2)]), "gradient-rank-bounded").findings[0]
    assert finding.null == 0.5


def test_convolutions_decide_nothing_and_say_why():
    verdict = verdict_of(study([(6, 6), (2, 3)], architecture="resnet18"), "gradient-rank-bounded")
    assert verdict.outcome == UNDECIDED
    assert verdict.findings[0].reason == "no MLP: 50% of layers and epochs hold by shape alone"


def test_collapse():
    g = grid("g")
    rows = [
        {**run, "epoch": 5, "point": "fc", "index": 1, "n": 8, "d": 6, "sigma_input": ones(3, 6)}
        | {"sigma": ones(1 if run["temperature"] == "100" else 2, 6)}
        for run in identities(g)
    ]
    frames = {"record": records(g), "spectra": spectra(g), "gradients": pd.DataFrame(rows)}
    assert outcome(evidence(settings(g), frames), "gradient-collapse")[0] == SUPPORTED
