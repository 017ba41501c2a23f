"""Claims on out-of-distribution data: OrthoDev, NECO, and the trade-off with generalisation."""

import pandas as pd
import pytest
from made_up import evidence, grid, outcome, records, settings, spectra, table, verdict_of

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, SUPPORTED_IN_PART


def test_orthodev_holds_uncentred_and_centred_or_in_part():
    g = grid("g")
    place = {"point": "penultimate", "index": 2, "source": "other"}
    high, low = [0.5, 0.6, 0.5], [0.2, 0.3, 0.1]
    plain = table(g, **place, measure="orthodev", value={"1": high, "100": low})
    for centred, expected in ((low, SUPPORTED), (high, SUPPORTED_IN_PART)):
        rows = table(g, **place, measure="orthodev_centred", value={"1": high, "100": centred})
        frames = {"record": records(g), "spectra": spectra(g), "collapse": pd.concat([plain, rows])}
        verdict = verdict_of(evidence(settings(g), frames), "orthodev-falls")
        assert verdict.outcome == expected
        assert verdict.reading == "uncentred"
        assert list(verdict.others) == ["centred"]
        assert ("not so under centred" in verdict.reason) == (expected == SUPPORTED_IN_PART)


def test_neco():
    g = grid("g")
    neco = table(
        g, source="far", score="neco", dimension=4,
        auroc={"1": [0.6, 0.7, 0.6], "100": [0.8, 0.9, 0.8]},
        fpr95={"1": [0.5, 0.4, 0.6], "100": [0.9, 0.8, 0.9]},
    )  # fmt: skip
    other = neco.assign(score="msp", auroc=0.0)
    frames = {"record": records(g), "spectra": spectra(g), "detection": pd.concat([other, neco])}
    found = evidence(settings(g), frames)
    assert outcome(found, "neco-auroc")[0] == SUPPORTED
    assert outcome(found, "neco-fpr95")[0] == CONTRADICTED


@pytest.mark.parametrize(("sign", "expected"), [(-1, SUPPORTED), (1, CONTRADICTED)])
def test_trade_off_over_networks_and_temperatures(sign, expected):
    grids = [grid("a"), grid("b", architecture="resnet34")]
    probes, found, record, sigma = [], [], [], []
    for place, g in enumerate(grids):
        accuracy = {"1": 0.5 + place / 10, "100": 0.3 + place / 10}
        auroc = {t: 0.7 + sign * a for t, a in accuracy.items()}
        for index, value in ((1, 0.0), (2, accuracy), (3, 0.0)):
            probes.append(
                table(g, source="other", index=index, point="p", accuracy=value, model_accuracy=0.8)
            )
            probes.append(table(g, source="own", index=index, point="p", accuracy=0.8, model_accuracy=0.8))
        found.append(table(g, source="far", score="neco", auroc=auroc, fpr95=0.5))
        record.append(records(g))
        sigma.append(spectra(g))
    frames = {"record": record, "spectra": sigma, "probes": probes, "detection": found}
    study = evidence(settings(*grids), {k: pd.concat(v, ignore_index=True) for k, v in frames.items()})
    assert outcome(study, "trade-off")[0] == expected
