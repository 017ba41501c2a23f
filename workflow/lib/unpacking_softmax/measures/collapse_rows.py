"""Neural collapse and OrthoDev of a run as rows, from its stored activations."""

from collections.abc import Callable, Iterable
from pathlib import Path

from numpy.typing import NDArray

from unpacking_softmax.measures import collapse
from unpacking_softmax.measures.activations import Activations
from unpacking_softmax.networks.beside import CLASSIFIER, PENULTIMATE

# Of centred class means and of the classifier's rows alike.
NC2: dict[str, Callable[[NDArray], float]] = {
    "nc2_norm_cov": collapse.nc2_norm_cov,
    "nc2_angle": collapse.nc2_angle,
    "nc2_coherence": collapse.nc2_coherence,
    "nc2_etf": collapse.nc2_etf,
}


def collapse_rows(activations: str | Path, others: Iterable[str | Path]) -> list[dict]:
    """Rows (point, index, measure, source, value), all of the train split.

    activations: of the data set that the network was trained on; others: of data sets that it was
    not. At each point and at `penultimate` (the classifier's input, with the index of the last
    hidden layer): nc1_pinv, nc1_quotient, cdnv, nc2_*; and for each of the others as `source`:
    orthodev, orthodev_centred. At `penultimate` also nc3, nc4. At `classifier` nc2_* of the rows of
    its weight matrix. nc3 and nc2_* of the classifier exist where the logits are affine in the
    penultimate features. At `logits` also train_accuracy: at 1, training is in its terminal phase. And
    at `penultimate` width: how many features the classifier is given, which bounds the logits' rank.
    """
    own, strangers = Activations(activations), [Activations(path) for path in others]
    last = len(own.points)
    places = [*enumerate(own.points, start=1), (last - 1, PENULTIMATE)]
    found = [
        (point, index, *reading)
        for index, point in places
        for reading in [*_collapse(own, point), *_orthodev(own, strangers, point)]
    ]
    found += [(PENULTIMATE, last - 1, *reading) for reading in _duality(own)]
    if "head.weight" in own:
        weight = own["head.weight"]
        found += [(CLASSIFIER, last, name, own.source, nc2(weight)) for name, nc2 in NC2.items()]
    found.append(("logits", last, "train_accuracy", own.source, _accuracy(own)))
    width = float(len(own[f"{PENULTIMATE}.mean"]))
    found.append((PENULTIMATE, last - 1, "width", own.source, width))
    return [dict(zip(("point", "index", "measure", "source", "value"), row, strict=True)) for row in found]


def _collapse(own: Activations, point: str) -> list[tuple[str, str, float]]:
    means = own[f"{point}.class_means"]
    centred = collapse.centred(means)
    values = {
        "nc1_pinv": collapse.nc1_pinv(own[f"{point}.within"], own[f"{point}.between"], len(means)),
        "nc1_quotient": collapse.nc1_quotient(own[f"{point}.within_trace"], own[f"{point}.between_trace"]),
        "cdnv": collapse.cdnv(means, own[f"{point}.class_variances"]),
        **{name: nc2(centred) for name, nc2 in NC2.items()},
    }
    return [(name, own.source, value) for name, value in values.items()]


def _orthodev(own: Activations, others: Iterable[Activations], point: str) -> list[tuple[str, str, float]]:
    means = own[f"{point}.class_means"]
    return [
        (measure.__name__, other.source, measure(means, other[f"{point}.mean"]))
        for other in others
        for measure in (collapse.orthodev, collapse.orthodev_centred)
    ]


def _duality(own: Activations) -> list[tuple[str, str, float]]:
    """How the classifier stands to the class means of what it is given."""
    means = own[f"{PENULTIMATE}.class_means"]
    chosen = own["train.logits"].argmax(axis=1)
    values = {"nc4": collapse.nc4(own[f"train.{PENULTIMATE}"], chosen, means)}
    if "head.weight" in own:
        values["nc3"] = collapse.nc3(own["head.weight"], means)
    return [(name, own.source, value) for name, value in values.items()]


def _accuracy(own: Activations) -> float:
    return float((own["train.logits"].argmax(axis=1) == own["train.labels"]).mean())
