"""Claims on kappa and rho, and what of their spread the probes make."""

import pandas as pd
import pytest
from made_up import evidence, grid, outcome, records, settings, spectra, table, verdict_of

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED


def test_kappa_and_rho():
    g = grid("g")
    depth = table(
        g, source="other", kappa_n={"1": 1.0, "100": [0.6, 0.7, 0.6]}, kappa_relu=1.0, rho_logits=0.0,
        rho={"1": [0.1, 0.2, 0.1], "100": [0.5, 0.6, 0.4]},
    )  # fmt: skip
    points = [
        table(g, source="own", point=p, index=i, accuracy=a, model_accuracy=0.8)
        for i, (p, a) in enumerate((("relu1", {"1": 0.5, "100": 0.8}), ("relu2", 0.8), ("logits", 0.8)), 1)
    ]
    frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": pd.concat(points)}
    found = evidence(settings(g), frames)
    assert outcome(found, "kappa-falls")[0] == SUPPORTED
    assert outcome(found, "rho-rises")[0] == SUPPORTED
    # On the common bar 0.99 * 0.8 the layer is 2 of 3 at T = 1, and 1 of 3 at T = 100.
    common = verdict_of(found, "kappa-falls-common-bar").findings[0]
    assert common.estimate == pytest.approx(-1 / 3)
    # Every seed says the same; the interval is that of a layer's rounding, 1 / 3 / sqrt(12) over sqrt(3).
    assert common.high == pytest.approx(-1 / 3 + 4.302653 / 3 / 6, abs=1e-6)
    frames["depth"] = depth.assign(rho=1 - depth["rho"])
    assert outcome(evidence(settings(g), frames), "rho-rises")[0] == CONTRADICTED


def test_the_share_of_the_probes_stands_beside_kappa():
    """Three layers, two probe seeds; a layer is reached at 0.8, and missed at 0.5.

    T = 1: every run has the same kappa from both probe seeds, so that they make nothing of the variance.
    T = 100: thirds 1 and 1, 1 and 2, 2 and 2. Within: (0 + 1/18 + 0) / 3 = 1/54. Means 1/3, 1/2, 2/3 of
    variance 1/36, of which the probes make 1/108: between 1/54. The share is one half.
    """
    g = grid("g")
    layers = {"1": [(2, 2), (3, 3), (3, 3)], "100": [(1, 1), (1, 2), (2, 2)]}
    probes = pd.concat(
        table(
            g, source=source, point=f"p{index}", index=index, probe_seed=probe, model_accuracy=0.8,
            accuracy={
                t: [0.8 if source == "other" or index >= reached[probe] else 0.5 for reached in runs]
                for t, runs in layers.items()
            },
        )
        for source in ("own", "other")
        for index in (1, 2, 3)
        for probe in (0, 1)
    )  # fmt: skip
    depth = table(g, source="other", kappa_n=0.5, kappa_relu=0.5, rho=0.1, rho_logits=0.1)
    frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": probes}
    found = evidence(settings(g), frames)
    (kappa,) = verdict_of(found, "kappa-falls").findings
    assert kappa.note == "of its variance over runs, one probe seed makes 0% at T = 1, 50% at T = 100"
    (rho,) = verdict_of(found, "rho-rises").findings
    assert rho.note == ""  # nothing varies


def test_a_grid_that_does_not_ask_for_probes_is_not_judged_by_those_of_another():
    """Both have the runs at T = 1; the second is neither probed nor followed through training."""
    asked = grid("g")
    other = {**grid("h", temperatures=("1", "30")), "ood": [], "snapshots": False}
    place = {"source": "other", "point": "penultimate", "index": 2, "measure": "orthodev"}
    rows = {
        "record": pd.concat([records(asked), records(other)]).drop_duplicates(["temperature", "seed"]),
        "spectra": pd.concat([spectra(asked), spectra(other)]).drop_duplicates(
            ["temperature", "seed", "matrix", "point"]
        ),
        "depth": table(asked, source="other", kappa_n=0.5, kappa_relu=0.5, rho=0.1, rho_logits=0.1),
        "probes": pd.concat(
            table(asked, source="own", point="p", index=i, accuracy=0.8, model_accuracy=0.8)
            for i in (1, 2, 3)
        ),
        "collapse": table(asked, **place, value=0.5),
    }
    found = evidence(settings(asked, other), rows)
    for name in ("kappa-falls", "kappa-falls-common-bar", "orthodev-falls"):
        assert [f.runs for f in verdict_of(found, name).findings] == [
            "resnet18 on Own, T = 100 against T = 1"
        ], name
