"""Out-of-distribution detection by a run as rows, from its stored activations."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.measures import detection
from unpacking_softmax.measures.activations import Activations

# Components to keep by the rule of thumb of NECO's authors: those with this share of the variance.
VARIANCE_SHARE = 0.9


def detection_rows(
    activations: str | Path, others: Iterable[str | Path], settings: Mapping, threads: int = 1
) -> list[dict]:
    """Rows (source, score, dimension, auroc, fpr95, fpr95_openood): ID test split against OOD test split.

    activations: of the data set that the network was trained on, whose train split everything is
    fitted on; others: of the data sets to detect, named in `source`. settings: neco_dimension,
    neco_standardise, neco_max_logit, neco_sweep, knn_neighbours. Scores: neco (at neco_dimension),
    neco_variance (at as many components as hold 90 % of the training variance), neco_sweep (a row
    for each dimension), msp, max_logit, energy, knn, and vim where the logits are affine in the
    features. dimension: principal components kept, never more than there are features.

    Raises StudyError where there are fewer training samples than knn_neighbours.
    """
    own, others = Activations(activations), [Activations(path) for path in others]
    splits = [own, *others]
    features = np.concatenate([split["test.penultimate"] for split in splits])
    logits = np.concatenate([split["test.logits"] for split in splits])
    ends = np.cumsum([len(split["test.logits"]) for split in splits])[:-1]
    rows = []
    for name, dimension, values in _scores(own, features, logits, settings, threads):
        inside, *outside = np.split(values, ends)
        for other, scores in zip(others, outside, strict=True):
            row = {"source": other.source, "score": name, "dimension": dimension}
            rows.append(row | _metrics(inside, scores))
    return rows


def _scores(
    own: Activations, features: NDArray, logits: NDArray, settings: Mapping, threads: int
) -> list[tuple[str, float, NDArray]]:
    """(score, dimension, values (n,)) of the samples to judge."""
    train, nothing = own["train.penultimate"], float("nan")
    neighbours = settings["knn_neighbours"]
    if neighbours > len(train):
        raise StudyError(
            f"config: analysis.detection.knn_neighbours = {neighbours} is more than the "
            f"{len(train)} training images; lower it"
        )
    found = [
        *_neco(train, features, logits, settings),
        ("msp", nothing, detection.msp(logits)),
        ("max_logit", nothing, detection.max_logit(logits)),
        ("energy", nothing, detection.energy(logits)),
        ("knn", nothing, detection.knn(train, features, neighbours, threads)),
    ]
    if "head.weight" in own:
        head = own["head.weight"], own["head.bias"]
        scores = detection.vim(train, features, own["train.logits"], logits, *head)
        found.append(("vim", detection.vim_dimension(train.shape[1]), scores))
    return found


def _neco(
    train: NDArray, features: NDArray, logits: NDArray, settings: Mapping
) -> list[tuple[str, float, NDArray]]:
    space = detection.NecoSpace(train, standardise=settings["neco_standardise"])
    most = train.shape[1]
    sweep = sorted({min(d, most) for d in [*settings["neco_sweep"], settings["neco_dimension"]]})
    by_variance = space.dimension(VARIANCE_SHARE)
    asked = [("neco", min(settings["neco_dimension"], most))]
    asked += [("neco_variance", by_variance)] if by_variance else []
    asked += [("neco_sweep", dimension) for dimension in sweep]
    scores = space.scores(features, [dimension for _, dimension in asked])
    if settings["neco_max_logit"]:
        scores = scores * detection.max_logit(logits)
    return [(name, dim, values) for (name, dim), values in zip(asked, scores, strict=True)]


def _metrics(inside: NDArray, outside: NDArray) -> dict[str, float]:
    return {
        "auroc": detection.auroc(inside, outside),
        "fpr95": detection.fpr95(inside, outside),
        "fpr95_openood": detection.fpr95_openood(inside, outside),
    }
