"""Probe every point of a network on one data set, in groups of points whose features fit in memory."""

import logging
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.measures.accuracy import accuracy
from unpacking_softmax.measures.features import Reader, take
from unpacking_softmax.measures.memory import groups, memory_budget
from unpacking_softmax.measures.probe import ProbeSettings, fit_probes

log = logging.getLogger(__name__)
FLOAT32_BYTES = 4


def probe_rows(reader: Reader, data: Dataset, settings: Mapping) -> list[dict]:
    """Rows (source, point, index, d, n, accuracy, train_accuracy, loss, model_accuracy).

    settings: the fields of ProbeSettings, and `seed`. One forward pass of each split for each group
    of points; the groups do not change the results. source: the data set's name. model_accuracy: of
    the network itself on the test split, in float32; it means something on its own data only.
    """
    values = dict(settings)
    seed = values.pop("seed")
    dimensions = reader.dimensions(data.train.images)
    samples = len(data.train.labels) + len(data.test.labels)
    shapes = {name: (samples, d) for name, d in dimensions.items()}
    results, model_accuracy = {}, float("nan")
    for names in groups(shapes, memory_budget(data.train.images.device), FLOAT32_BYTES):
        log.info("probing %s at %s", data.name, ", ".join(names))
        train, test = (_features(reader, split, names, dimensions) for split in (data.train, data.test))
        results |= fit_probes(
            train,
            data.train.labels,
            test,
            data.test.labels,
            classes=data.num_classes,
            settings=ProbeSettings(**values),
            seed=seed,
        )
        if "logits" in test:
            model_accuracy = accuracy(test["logits"], data.test.labels)
    return [
        {
            "source": data.name,
            "point": point,
            "index": index,
            "d": dimensions[point],
            "n": len(data.train.labels),
            "accuracy": result.accuracy,
            "train_accuracy": result.train_accuracy,
            "loss": result.loss,
            "model_accuracy": model_accuracy,
        }
        for index, (point, result) in enumerate(results.items(), start=1)
    ]


def _features(
    reader: Reader, split: Split, names: Sequence[str], dimensions: Mapping[str, int]
) -> dict[str, Tensor]:
    """The features (n, d) of a split at these points, on its device."""
    n, device = len(split.labels), split.labels.device
    features = {name: torch.empty(n, dimensions[name], device=device) for name in names}
    for rows, parts in reader.stream(split.images, take(reader.model.points, names)):
        for name, x in parts.items():
            features[name][rows] = x
    return features
