"""Every file that the figures and tables of a study read, with made-up numbers: drawn in seconds.

Every kind has the columns of its registry (`artefacts/kinds.py`), of three layers and the logits of four
classes. At the second temperature of a grid one seed fails to train, and the others lose accuracy.
"""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study
from unpacking_softmax.theory.parts import stack
from unpacking_softmax.theory.softmax_rank import softmax_rank
from unpacking_softmax.theory.spectral_gap import column_products, gap_curve, gap_minima

POINTS = ("relu1", "relu2", "relu3", "logits")
EPOCHS = (0, 1, 3)
CLASSES = 4
SIGMA = np.array([3.0, 1.0, 0.1, 1e-9])
SCORES = ("neco", "neco_variance", "neco_sweep", "msp", "max_logit", "energy", "knn", "vim")


def write_results(study: Study) -> None:
    """Write the files that each figure and table of the study reads."""
    for target in (*study.figures(), *study.tables()):
        for kind, paths in study.files_of(target).items():
            for path in map(Path, paths):
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "theory":
                    _numerics(path.stem).to_parquet(path)
                elif kind == "initial_norms":
                    _initial_norms(path).to_parquet(path)
    for run in {run for grid in study.grids.values() for run in grid.runs()}:
        _write_run(study, run)


def _write_run(study: Study, run: Run) -> None:
    grid = study.grids_with(run)[0]
    low = run.temperature != grid.baseline
    rng = np.random.default_rng(run.seed)
    for kind, make in ROWS.items():
        path = Path(study.paths(kind, run))
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{**run.identity, **row} for row in make(run, [*grid.ood, *grid.detection], rng)]
        pd.DataFrame(rows, columns=KINDS[kind].header).to_parquet(path)
    record = {
        "run": run.identity,
        "temperature_value": 0.5 if run.temperature.startswith("match") else float(run.temperature),
        "status": "failed_to_train" if low and run.seed == 1 else "trained",
        "train_accuracy": 0.99,
        "test_accuracy": 0.8 if low else 0.9,
        "logits_norm": 9.0,
        "initial_logits_norm": 2.0 + run.seed,
    }
    Path(study.paths("record", run)).write_text(json.dumps(record), encoding="utf-8")


def _history(run, others, rng):
    spectra = {f"singular_values{kind}": SIGMA for kind in ("", "_centred", "_softmax")}
    for epoch in EPOCHS:
        numbers = {"rate": 0.1, "loss": 1.0, "seconds": 1.0, "train_accuracy": 0.9, "test_accuracy": 0.8}
        norms = {"n": 100, "logits_norm": 9 + epoch + run.seed, "logits_norm_rms": 0.9}
        yield {"epoch": epoch, **numbers, **norms, **spectra}


def _spectra(run, others, rng):
    for (index, point), split, matrix in product(
        enumerate(POINTS, start=1), ("train", "subset", "test"), ("raw", "class_centred")
    ):
        where = {"point": point, "index": index, "split": split, "matrix": matrix}
        yield {**where, "n": 50 if split == "subset" else 100, "d": CLASSES, "sigma": SIGMA}


def _probes(run, others, rng):
    for source, (index, point) in product((run.dataset, *others), enumerate(POINTS, start=1)):
        where = {"source": source, "point": point, "index": index, "d": 8, "n": 100}
        accuracy = {"accuracy": 0.5 + 0.1 * rng.random(), "train_accuracy": 0.9, "model_accuracy": 0.9}
        yield {**where, **accuracy, "loss": 0.3}


def _depth(run, others, rng):
    for source in others:
        shares = {"kappa_n": 0.5, "kappa_relu": 0.5, "rho": 0.2 + 0.1 * rng.random(), "rho_logits": 0.3}
        yield {"source": source, "index": 2, "reached": True, "model_accuracy": 0.9, **shares}


def _collapse(run, others, rng):
    for (index, point), source in product(enumerate((*POINTS, "penultimate"), start=1), others):
        yield {"point": point, "index": index, "measure": "orthodev", "source": source, "value": 0.5}
    for measure in ("nc1_pinv", "cdnv", "nc2_norm_cov", "nc2_coherence", "nc3", "nc4"):
        where = {"point": "penultimate", "index": 3, "source": run.dataset}
        yield {**where, "measure": measure, "value": 0.1 + 0.1 * rng.random()}


def _detection(run, others, rng):
    for source, score in product(others, SCORES):
        for dimension in (2, 4) if score == "neco_sweep" else (4,):
            numbers = {"auroc": 0.5 + 0.4 * rng.random(), "fpr95": 0.5 * rng.random(), "fpr95_openood": 0.5}
            yield {"source": source, "score": score, "dimension": dimension, **numbers}


def _alignment(run, others, rng):
    for epoch, (index, point) in product(EPOCHS, enumerate(POINTS, start=1)):
        matrix = rng.random(9)
        size = {"rows": 3, "columns": 3, "max": matrix.max(), "mean_row_max": 0.5}
        yield {"epoch": epoch, "point": point, "index": index, **size, "matrix": matrix}


def _gradients(run, others, rng):
    for epoch, (index, point) in product(EPOCHS, enumerate(POINTS, start=1)):
        sizes = {"n": 6, "d": 5, "input_n": 100, "input_d": 5}
        yield {"epoch": epoch, "point": point, "index": index, **sizes, "sigma": SIGMA, "sigma_input": SIGMA}


def _evolution(run, others, rng):
    for epoch, (index, point) in product(EPOCHS, enumerate((*POINTS, "penultimate"), start=1)):
        where = {"epoch": epoch, "point": point, "index": 3 if point == "penultimate" else index}
        for source in (run.dataset, *others):
            values = {"n": 100, "d": CLASSES, "norm": 1.0, "sigma": SIGMA, "orthodev": 0.6}
            yield {**where, "source": source, **values, "orthodev_centred": 0.4}


ROWS = {
    "history": _history,
    "spectra": _spectra,
    "probes": _probes,
    "depth": _depth,
    "collapse": _collapse,
    "detection": _detection,
    "alignment": _alignment,
    "gradients": _gradients,
    "evolution": _evolution,
}


def _numerics(name: str) -> pd.DataFrame:
    if name == "softmax_rank":
        return softmax_rank(n=6, ranks=(1, 2), scales=[1e-3, 1.0, 1e3], seeds=range(2))
    drawn, temperatures = {"n": 5, "seed": 3}, np.logspace(-2, 2, 9)
    return stack(
        {
            "curve": gap_curve(**drawn, temperatures=temperatures).assign(**drawn),
            "products": column_products(**drawn, temperatures=temperatures),
            "draws": gap_minima(n=5, seeds=range(3), temperatures=temperatures),
        }
    )


def _initial_norms(path: Path) -> pd.DataFrame:
    """path: .../{dataset}/{architecture}/{variant}.parquet"""
    names = {"dataset": path.parts[-3], "architecture": path.parts[-2], "variant": path.stem}
    norms = {"n": 100, "batch": 50, "norm_train_mode": 2.0, "norm_rms": 0.2, "norm_eval": 3.0}
    return pd.DataFrame([{**names, "network": i, **norms} for i in range(3)])
