"""What sets the rank after the softmax: made-up logits at their own and at each other's norm."""

import pandas as pd
import pytest
from made_up import evidence, grid, identities, ones, records, settings, spectra, verdict_of

from unpacking_softmax.verdict.findings import (
    CONTRADICTED,
    IN_FAVOUR,
    OPEN,
    SUPPORTED,
    SUPPORTED_IN_PART,
    UNDECIDED,
)

NORMS = {0: 5.0, 1: 10.0, 8: 20.0}


def judged(rank_of):
    """rank_of(epoch of the logits, epoch of their norm); seed 2 has ranks one higher."""
    g = grid("g")
    rows = [
        {**run, "epoch": e, "norm_epoch": f, "norm": NORMS[f], "n": 100, "d": 40}
        | {"sigma": ones(rank_of(e, f) + (run["seed"] == 2) * (e == f == 8), 40)}
        for run in identities(g)
        for e in NORMS
        for f in NORMS
    ]
    frames = {"record": records(g), "spectra": spectra(g), "rescaled": pd.DataFrame(rows)}
    return verdict_of(evidence(settings(g), frames), "post-softmax-rank-follows-norm")


def test_a_rank_that_the_norm_sets():
    # 3, 6 and 12 at the three norms, whatever the logits.
    verdict = judged(lambda e, f: {0: 3, 1: 6, 8: 12}[f])
    assert verdict.outcome == SUPPORTED
    raised, lowered, against = verdict.findings
    # The logits of epoch 1 raised: 12 - 6. Lowered: those of epoch 1 to 3, those of epoch 8 to 3 and 6 from
    # 12 (13 in one seed of three).
    assert raised.estimate == 6
    assert lowered.estimate == pytest.approx((3 - 6 + 3 - 12 + 6 - 12) / 3 - 2 / 3 / 3)
    assert against.estimate == 12 - 6


def test_a_rank_that_goes_with_the_epoch_alone():
    """What a correlation with the norm over epochs would take for proof: 6 after epoch 1, 12 after epoch 8,
    whatever the norm."""
    verdict = judged(lambda e, f: {0: 3, 1: 6, 8: 12}[e])
    assert verdict.outcome == "contradicted in part"
    raised, _, against = verdict.findings
    assert raised.outcome == OPEN
    assert against.estimate == 6 - 12


def test_a_rank_that_falls_with_the_norm():
    assert judged(lambda e, f: {0: 12, 1: 6, 8: 3}[f]).outcome == CONTRADICTED


def test_a_rank_that_norm_and_directions_share():
    # Directions account for more than the norm: 2 and 8, 1 and 2.
    verdict = judged(lambda e, f: {0: 0, 1: 2, 8: 8}[e] + {0: 0, 1: 1, 8: 2}[f])
    assert verdict.outcome == SUPPORTED_IN_PART
    assert verdict.findings[0].outcome == IN_FAVOUR


def test_networks_before_training_have_no_directions():
    """Their logits take part with their norm alone: no rank of theirs is read."""
    verdict = judged(lambda e, f: 30 if e == 0 else {0: 3, 1: 6, 8: 12}[f])
    assert verdict.findings[0].estimate == 6


def test_runs_without_snapshots():
    g = grid("g")
    found = evidence(settings(g), {"record": records(g), "spectra": spectra(g)})
    assert verdict_of(found, "post-softmax-rank-follows-norm").outcome == UNDECIDED
