"""The studies that are shipped, judged on made-up tables of all their runs: grids share runs there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study_files import PROJECT, merged
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study
from unpacking_softmax.verdict import claims, comparison
from unpacking_softmax.verdict.evidence import Evidence

STUDIES = sorted(path.name for path in (PROJECT / "config").glob("*.yaml") if path.name != "defaults.yaml")


def spectrum(point, index, matrix, sigma):
    common = {"point": point, "index": index, "split": "train", "matrix": matrix}
    return {**common, "n": 100, "d": len(sigma), "sigma": np.asarray(sigma, dtype=float)}


def tables(study):
    """Every run trained alike; SR is 9 at T = 1 and 5 above."""
    found = {kind: [] for kind in ("record", "spectra", "depth", "probes", "detection")}
    for run in sorted({run for grid in study.grids.values() for run in grid.runs()}):
        who, plain = run.identity, not run.temperature.startswith("match-")
        temperature = float(run.temperature) if plain else 7.0
        accuracies = {"train_accuracy": 1.0, "test_accuracy": 0.8}
        norms = {"logits_norm": 9.0, "initial_logits_norm": 3.0}
        found["record"].append(
            {**who, "temperature_value": temperature, "status": "trained", **accuracies, **norms}
        )
        rank = 9 if temperature == 1 else 5
        found["spectra"] += [
            {**who, **spectrum("relu", 1, "raw", np.ones(16))},
            *(
                {**who, **spectrum("logits", 2, m, [1] * rank + [0] * (10 - rank))}
                for m in ("raw", "class_centred")
            ),
        ]
        for source in study.ood_of(run):
            depths = {
                "index": 1,
                "kappa_n": 0.5,
                "kappa_relu": 0.5,
                "reached": True,
                "rho": 0.2,
                "rho_logits": 0.1,
            }
            found["depth"].append({**who, "source": source, "model_accuracy": 0.8, **depths})
        for source in [run.dataset, *study.ood_of(run)] if study.ood_of(run) else []:
            for index, point in enumerate(("relu1", "relu2", "logits"), start=1):
                probed = {"source": source, "point": point, "index": index, "accuracy": 0.8}
                found["probes"].append({**who, **probed, "model_accuracy": 0.8})
        for source in study.detection_of(run):
            scores = {"score": "neco", "dimension": 4, "auroc": 0.5, "fpr95": 0.5, "fpr95_openood": 0.5}
            found["detection"].append({**who, "source": source, **scores})
    return {kind: pd.DataFrame(rows) for kind, rows in found.items() if rows}


@pytest.mark.parametrize("name", STUDIES)
def test_a_whole_study_is_judged(name):
    study = Study(merged(Path(PROJECT, "config", name)))
    settings = Settings(study, PROJECT / "workflow" / "scripts").verdict()
    evidence = Evidence(settings, tables(study), {})
    for grid in study.grids.values():
        assert len(evidence.effects[grid.name].drop_duplicates(IDENTITY)) == len(grid.runs()), grid.name
    verdicts = {verdict.claim.id: verdict for verdict in claims.judge(evidence)}
    seeds = max(len(grid.seeds) for grid in study.grids.values())
    expected = "supported" if seeds > 1 else "not decidable"  # one seed has no interval
    assert verdicts["sr-falls"].outcome == expected  # 5 less 9, in every seed
    assert verdicts["rho-rises"].outcome == "not decidable"  # 0.2 less 0.2
    assert comparison.paper_vs_ours(evidence) is not None


def test_a_study_whose_grids_wait_for_their_data():
    config = merged(PROJECT / "config" / "example.yaml")
    config["datasets"]["mine"]["root"] = None
    study = Study(config)
    files = study.verdict_files()
    assert files.keys() == {"theory"}
    evidence = Evidence.read(
        {**files, "theory": []}, Settings(study, PROJECT / "workflow" / "scripts").verdict()
    )
    assert {verdict.outcome for verdict in claims.judge(evidence)} == {"not decidable"}
    assert comparison.paper_vs_ours(evidence) is not None
