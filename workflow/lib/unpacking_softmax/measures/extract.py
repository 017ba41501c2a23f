"""What is kept of a network's activations on a data set: moments, spectra, and what the classifier sees.

Tensors are named `<point>.<what>`, and `train.*` / `test.*` for what is kept by sample. A point more
than the network's own is `penultimate`: the classifier's input (n, d), whole. (After a convolution
the last post-ReLU point is a feature map, of which it is the average.)
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unpacking_softmax.images.protocol import Data, Images
from unpacking_softmax.measures.features import PENULTIMATE, Reader, named_stream
from unpacking_softmax.measures.memory import groups, in_groups, memory_budget
from unpacking_softmax.measures.side_by_side import side_by_side
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.heads import LowRankClassifier

FLOAT64_BYTES = 8
BY_SAMPLE = ("logits", PENULTIMATE)


def extract(reader: Reader, data: Data) -> dict[str, Tensor]:
    """The compact activations of a network on the data it was trained on.

    Of the train split, for each point and `penultimate`, C classes, float64: `.spectrum`
    (min(n, d),): singular values of the representation (n, d); `.mean` (d,); `.class_means` (C, d),
    float32; `.class_variances` (C,); `.within` (r, r) and `.between` (r,) as in
    `Moments.within_projected`; `.within_trace`, `.between_trace` (). At the logits also
    `.spectrum_class_centred`, `.spectrum_without_bias`, and the spectra of the test split as
    `logits.test_*`.

    By sample, float32: `train.logits`, `train.penultimate`, `test.logits`, `test.penultimate`; and
    `train.labels`, `test.labels`. Where logits = W h + b of the penultimate features h: `head.weight`
    (C, d), `head.bias` (C,).
    """
    dimensions = _dimensions(reader, data.train)
    squares = {name: d * d * FLOAT64_BYTES for name, d in dimensions.items()}
    kept = {"train.labels": data.train.labels, "test.labels": data.test.labels, **_head(reader.model)}

    def work(names: list[str]) -> dict[str, Tensor]:
        moments, samples = _read(reader, data.train, names, data.num_classes)
        found = {f"train.{name}": x for name, x in samples.items()}
        for readings in side_by_side(lambda name: _readings(name, moments[name]), names, data.device):
            found |= readings
        if "logits" in names:
            found |= _logits_readings(reader, moments["logits"], "logits.")
        return found

    kept |= in_groups(work, groups(squares, memory_budget(data.device)))
    moments, samples = _read(reader, data.test, BY_SAMPLE, data.num_classes)
    kept |= {f"test.{name}": x for name, x in samples.items()}
    kept["logits.test_spectrum"] = moments["logits"].spectrum()
    return kept | _logits_readings(reader, moments["logits"], "logits.test_")


def extract_means(reader: Reader, data: Data) -> dict[str, Tensor]:
    """What is kept of data that a network was not trained on: no spectrum of it is ever read.

    `<point>.mean`, `penultimate.mean` (d,) float64 over the train split; `test.logits`,
    `test.penultimate` by sample.
    """
    names = [*(point.name for point in reader.model.points), PENULTIMATE]
    sums = dict.fromkeys(names, 0.0)
    for _, features in named_stream(reader, data.train, names):
        sums = {name: total + features[name].double().sum(0) for name, total in sums.items()}
    kept = {f"{name}.mean": total / len(data.train) for name, total in sums.items()}
    parts = [x for _, x in named_stream(reader, data.test, BY_SAMPLE)]
    return kept | {f"test.{name}": torch.cat([x[name] for x in parts]) for name in BY_SAMPLE}


def _dimensions(reader: Reader, images: Images) -> dict[str, int]:
    names = [*(point.name for point in reader.model.points), PENULTIMATE]
    _, first = next(named_stream(reader, images.take(slice(1)), names))
    return {name: x.shape[1] for name, x in first.items()}


def _read(
    reader: Reader, split: Images, names: Sequence[str], classes: int
) -> tuple[dict[str, Moments], dict[str, Tensor]]:
    """One pass over a split: the moments of the named points, and the samples of those kept so."""
    moments: dict[str, Moments] = {}
    parts: dict[str, list[Tensor]] = {name: [] for name in names if name in BY_SAMPLE}
    for rows, features in named_stream(reader, split, names):
        for name, x in features.items():
            if name not in moments:
                moments[name] = Moments(x.shape[1], classes, x.device)
            moments[name].update(x, split.labels[rows])
            if name in parts:
                parts[name].append(x.cpu())  # a GPU's memory is for the moments
    return moments, {name: torch.cat(samples) for name, samples in parts.items()}


def _readings(name: str, moments: Moments) -> dict[str, Tensor]:
    spectrum = moments.spectrum()
    within, between = moments.within_projected()
    return {
        f"{name}.spectrum": spectrum,
        f"{name}.mean": moments.mean(),
        f"{name}.class_means": moments.class_means().float(),
        f"{name}.class_variances": moments.class_variances(),
        f"{name}.within": within,
        f"{name}.between": between,
        f"{name}.within_trace": torch.tensor(moments.within_trace(), dtype=torch.float64),
        f"{name}.between_trace": torch.tensor(moments.between_trace(), dtype=torch.float64),
    }


def _logits_readings(reader: Reader, moments: Moments, prefix: str) -> dict[str, Tensor]:
    readings = {f"{prefix}spectrum_class_centred": moments.class_centred_spectrum()}
    last = reader.model.points[-1]
    bias = getattr(reader.model.get_submodule(last.output), "bias", None)
    if last.weight == last.output and bias is not None:
        readings[f"{prefix}spectrum_without_bias"] = moments.spectrum_about(bias.detach())
    return readings


@torch.no_grad()
def _head(model: nn.Module) -> dict[str, Tensor]:
    """The classifier as one affine map; nothing where something more follows it (LayerNorm)."""
    if model.points[-1].output != model.head_path:
        return {}
    head = model.get_submodule(model.head_path)
    if isinstance(head, LowRankClassifier):
        expand = head.expand.weight
        return {"head.weight": expand @ head.project.weight, "head.bias": expand @ head.project.bias}
    return {"head.weight": head.weight.detach(), "head.bias": head.bias.detach()}
