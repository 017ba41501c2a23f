"""What is kept of a network's activations on one data set: second moments and spectra, never activations.

Tensors are named `<point>.<what>`, and `train.*` / `test.*` for what is kept by sample.
"""

import torch
from torch import Tensor

from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.measures.features import Reader, memory_budget, take
from unpacking_softmax.measures.probe import groups
from unpacking_softmax.measures.spectrum import Moments

FLOAT64_BYTES = 8


def extract(reader: Reader, data: Dataset) -> dict[str, Tensor]:
    """The compact activations of a network on `data`.

    `<point>.spectrum`, `.spectrum_centred` (min(n, d),) float64: singular values of the train
    split's representation (n, d), raw and with feature means removed; `.mean` (d,). At the logits
    also `.spectrum_class_centred`, `.spectrum_without_bias`, and all of them on the test split as
    `logits.test_*`. `train.logits`, `train.labels`, `test.logits`, `test.labels`: by sample.
    """
    device = data.train.images.device
    dimensions = reader.dimensions(data.train.images)
    squares = {name: (d, d) for name, d in dimensions.items()}
    kept: dict[str, Tensor] = {}
    for names in groups(squares, memory_budget(device), FLOAT64_BYTES):
        moments = {name: Moments(dimensions[name], data.num_classes, device) for name in names}
        for rows, features in reader.stream(data.train.images, take(reader.model.points, names)):
            for name, x in features.items():
                moments[name].update(x, data.train.labels[rows])
        for name in names:
            kept |= _readings(name, moments[name])
            if name == "logits":
                kept |= _logits_readings(reader, moments[name], "logits.")
    return kept | _by_sample(reader, data)


def _readings(name: str, moments: Moments) -> dict[str, Tensor]:
    return {
        f"{name}.spectrum": moments.spectrum(),
        f"{name}.spectrum_centred": moments.spectrum_centred(),
        f"{name}.mean": moments.mean(),
    }


def _logits_readings(reader: Reader, moments: Moments, prefix: str) -> dict[str, Tensor]:
    readings = {f"{prefix}spectrum_class_centred": moments.class_centred_spectrum()}
    last = reader.model.points[-1]
    bias = getattr(reader.model.get_submodule(last.output), "bias", None)
    if last.weight == last.output and bias is not None:
        readings[f"{prefix}spectrum_without_bias"] = moments.spectrum_about(bias.detach())
    return readings


def _by_sample(reader: Reader, data: Dataset) -> dict[str, Tensor]:
    kept = {}
    for name, split in (("train", data.train), ("test", data.test)):
        parts = [x["logits"] for _, x in reader.stream(split.images, reader.model.points[-1:])]
        kept[f"{name}.logits"] = torch.cat(parts)
        kept[f"{name}.labels"] = split.labels
    moments = Moments(kept["test.logits"].shape[1], data.num_classes, data.test.images.device)
    moments.update(kept["test.logits"], data.test.labels)
    kept["logits.test_spectrum"] = moments.spectrum()
    return kept | _logits_readings(reader, moments, "logits.test_")
