"""Claims on particular networks: classifiers of rank two, VGG."""

import pandas as pd
import pytest
from made_up import (
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
    table,
)

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED


def test_rank_two_networks():
    # One network that reaches it is enough: the claim is that it can be done.
    for accuracy, expected in ((1.0, SUPPORTED), ([0.90, 0.91, 1.0], SUPPORTED), (0.9, CONTRADICTED)):
        g = grid("g", variant="two", temperatures=("1",))
        record = records(g).assign(train_accuracy=accuracy)
        found = evidence(
            settings(g, variants={"two": {"head_rank": 2}}), {"record": record, "spectra": spectra(g)}
        )
        assert outcome(found, "rank-two-networks")[0] == expected


def test_rank_two_networks_are_not_blamed_for_too_short_a_training():
    two, free = grid("two", variant="two", temperatures=("1",)), grid("free", temperatures=("1",))
    for reached, expected in ((0.95, UNDECIDED), (1.0, CONTRADICTED)):
        record = [
            records(two).assign(train_accuracy=[0.90, 0.91, 0.92]),
            records(free).assign(train_accuracy=reached),
        ]
        frames = {"record": pd.concat(record), "spectra": pd.concat([spectra(two), spectra(free)])}
        found = evidence(settings(two, free, variants={"two": {"head_rank": 2}}), frames)
        assert outcome(found, "rank-two-networks")[0] == expected


class TestVgg:
    def unchanged(self, measure, base, low):
        g = grid("g", architecture="vgg19")
        shares = {"kappa_n": 0.5, "kappa_relu": 0.5, "rho": 0.5, "rho_logits": 0.1}
        shares[measure] = {"1": base, "100": low}
        probes = pd.concat(
            table(g, source="own", point="p", index=i, accuracy=0.8, model_accuracy=0.8) for i in range(1, 20)
        )
        depth = table(g, source="other", **shares)
        frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": probes}
        return outcome(evidence(settings(g), frames), f"vgg-{measure.removesuffix('_n')}-unchanged")[0]

    @pytest.mark.parametrize("measure", ["kappa_n", "rho"])
    def test_no_substantial_difference_is_shown_not_assumed(self, measure):
        base = [0.5, 0.52, 0.51]
        assert self.unchanged(measure, base, [0.53, 0.54, 0.52]) == SUPPORTED
        assert self.unchanged(measure, base, [0.9, 0.91, 0.9]) == CONTRADICTED
        # As many up as down: no difference in the mean, but none is shown to be small either.
        assert self.unchanged(measure, base, [0.3, 0.52, 0.71]) == UNDECIDED

    def test_relief_at_low_temperature(self):
        g = grid("g", architecture="vgg19", temperatures=("1", "match-resnet18"))
        kappa = {"1": [0.5, 0.5, 0.6], "match-resnet18": [0.8, 0.9, 0.9]}
        depth = table(g, source="other", kappa_n=kappa, kappa_relu=1.0, rho=0.1, rho_logits=0.1)
        probes = pd.concat(
            table(g, source="own", point="p", index=i, accuracy=0.8, model_accuracy=0.8) for i in (1, 2, 3)
        )
        frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": probes}
        assert outcome(evidence(settings(g), frames), "vgg-relieved")[0] == SUPPORTED
