"""Probe every point of a network on one data set, in groups of points whose features fit in memory."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from unpacking_softmax.images.protocol import Data, Images
from unpacking_softmax.machine.arithmetic import has_bfloat16
from unpacking_softmax.measures.features import Reader, take
from unpacking_softmax.measures.memory import groups, in_groups, memory_budget
from unpacking_softmax.measures.probe import ProbeSettings, fit_probes, working_bytes
from unpacking_softmax.networks.accuracy import accuracy

log = logging.getLogger(__name__)


def probe_rows(reader: Reader, data: Data, settings: Mapping) -> list[dict]:
    """Rows (source, point, index, d, n, probe_seed, accuracy, train_accuracy, loss, model_accuracy).

    settings: the fields of ProbeSettings; `seed`, the first probe seed, and `seeds`, how many. One
    forward pass of each split for each group of points; the groups do not change the results. source:
    the data set's name. model_accuracy: of the network itself on the test split, in float32; it means
    something on its own data only.
    On a GPU with bfloat16 the features are kept in it, the training split's from a pass in TF32.
    """
    values = dict(settings)
    first, count = values.pop("seed"), values.pop("seeds")
    seeds = range(first, first + count)
    probes = ProbeSettings(**values)
    dimensions = reader.dimensions(data.train)
    dtype = feature_dtype(data.device, probes)

    def work(names: list[str]) -> dict[str, tuple]:
        log.info("probing %s at %s", data.name, ", ".join(names))
        train = _features(reader, data.train, names, dimensions, dtype)
        test = _features(reader, data.test, names, dimensions, torch.float32)
        own = accuracy(test["logits"], data.test.labels) if "logits" in test else None
        test = {name: x.to(dtype) for name, x in test.items()}
        results = fit_probes(
            train,
            data.train.labels,
            test,
            data.test.labels,
            classes=data.num_classes,
            settings=probes,
            seeds=seeds,
        )
        return {name: (by_seed, own) for name, by_seed in results.items()}

    samples = len(data.train.labels) + len(data.test.labels)
    sizes = {
        name: samples * d * dtype.itemsize + working_bytes(d, data.num_classes, count, probes, dtype.itemsize)
        for name, d in dimensions.items()
    }
    found = in_groups(work, groups(sizes, memory_budget(data.device)))
    same = {"source": data.name, "n": len(data.train.labels), "model_accuracy": found["logits"][1]}
    return [
        {**same, "point": point, "index": index, "d": dimensions[point], "probe_seed": seed, **asdict(result)}
        for index, (point, (results, _)) in enumerate(found.items(), start=1)
        for seed, result in zip(seeds, results, strict=True)
    ]


def feature_dtype(device: torch.device, probes: ProbeSettings) -> torch.dtype:
    """What features are kept in. Standardised ones in float32: a mean far above the spread costs digits."""
    return torch.bfloat16 if has_bfloat16(device) and not probes.standardise else torch.float32


def _features(
    reader: Reader, split: Images, names: Sequence[str], dimensions: Mapping[str, int], dtype: torch.dtype
) -> dict[str, Tensor]:
    """The features (n, d) of a split at these points, on its device."""
    n, device = len(split), split.device
    features = {name: torch.empty(n, dimensions[name], device=device, dtype=dtype) for name in names}
    tf32 = dtype == torch.bfloat16
    for rows, parts in reader.stream(split, take(reader.model.points, names), tf32):
        for name, x in parts.items():
            features[name][rows] = x
    return features
