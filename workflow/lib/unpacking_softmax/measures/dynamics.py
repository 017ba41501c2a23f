"""How the layers of a run develop: alignment, spectra, OrthoDev and gradients of its snapshots.

Every snapshot of every run on a data set is shown the same images, the same features of them and,
at convolutions, the same positions: all are drawn once, by name. Forward and backward passes are in
true float32, Gram matrices in float64.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.measures.alignment import (
    alignment,
    max_alignment,
    mean_row_max,
    patches,
    random_positions,
)
from unpacking_softmax.measures.collapse import orthodev, orthodev_centred
from unpacking_softmax.measures.features import PENULTIMATE, Reader, named_stream, open_reader
from unpacking_softmax.measures.gradient import gradient_matrices
from unpacking_softmax.measures.shown import Shown
from unpacking_softmax.measures.side_by_side import side_by_side
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.losses import LOSSES
from unpacking_softmax.networks.points import reading_inputs
from unpacking_softmax.networks.weights import load_weights
from unpacking_softmax.study.paths import snapshot_file

log = logging.getLogger(__name__)


def follow(
    folder: Path, epochs: Sequence[int], data: Dataset, images: Shown, settings: Mapping, temperature: float
) -> dict[str, list[dict]]:
    """Rows of the tables `alignment`, `evolution` and `gradients` of a run, each with its epoch.

    folder: the run's, with snapshots after `epochs`. data: what it was trained on. settings: those of
    a reader, and loss, positions, vectors. temperature: that of the run's loss.
    """
    divisor = torch.tensor(float(temperature), device=data.train.images.device)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return LOSSES[settings["loss"]](logits, labels, divisor)

    tables: dict[str, list[dict]] = {"alignment": [], "evolution": [], "gradients": []}
    reader = open_reader(str(snapshot_file(folder, epochs[0])), settings, data)
    for epoch in epochs:
        log.info("snapshot after epoch %d", epoch)
        load_weights(reader.model, snapshot_file(folder, epoch), settings["network"])
        given = settings["positions"], settings["vectors"]
        inputs = layer_inputs(reader, images.own.images, *given)
        same = images.batch is images.own
        of_batch = inputs if same else layer_inputs(reader, images.batch.images, *given)
        for name, rows in (
            ("alignment", alignment_rows(reader, inputs, settings["vectors"])),
            ("evolution", evolution_rows(reader, images)),
            ("gradients", gradient_rows(reader, images.batch, loss, of_batch)),
        ):
            tables[name] += [{"epoch": epoch, **row} for row in rows]
    return tables


@dataclass(frozen=True)
class LayerInput:
    """The input of a weight layer as a matrix (n, d) of rows: its singular values, descending, and
    its first right singular vectors (d, k), float64."""

    n: int
    d: int
    sigma: Tensor
    vectors: Tensor


def layer_inputs(reader: Reader, images: Tensor, positions: int, vectors: int) -> dict[str, LayerInput]:
    """The input A^(i-1) of each weight layer on `images`, by point; at a convolution, the rows are
    `positions` im2col patches of each image. vectors: how many."""
    moments = _inputs(reader, images, positions)
    read = side_by_side(lambda m: m.leading(vectors), moments.values(), images.device)
    return {
        name: LayerInput(m.n, len(m.sum), *leading)
        for (name, m), leading in zip(moments.items(), read, strict=True)
    }


def alignment_rows(reader: Reader, inputs: Mapping[str, LayerInput], vectors: int) -> list[dict]:
    """Eq. 2 at every weight layer: rows (point, index, max, mean_row_max, rows, columns, matrix).

    A layer is compared with its input. matrix: the rows x columns cosines, flattened row by row; at
    most vectors x vectors.
    """
    layers = [reader.model.get_submodule(point.weight) for point in reader.model.points]

    def compared(pair: tuple[nn.Module, LayerInput]) -> Tensor:
        layer, given = pair
        return alignment(layer.weight, given.vectors, vectors)

    pairs = zip(layers, inputs.values(), strict=True)
    found = side_by_side(compared, pairs, layers[0].weight.device)
    return [
        {
            "point": name,
            "index": index,
            "max": max_alignment(cosines),
            "mean_row_max": mean_row_max(cosines),
            "rows": cosines.shape[0],
            "columns": cosines.shape[1],
            "matrix": cosines.flatten().tolist(),
        }
        for index, (name, cosines) in enumerate(zip(inputs, found, strict=True), start=1)
    ]


def gradient_rows(
    reader: Reader,
    batch: Split,
    loss: Callable[[Tensor, Tensor], Tensor],
    inputs: Mapping[str, LayerInput],
) -> list[dict]:
    """Spectra of dL/dW (n, d) and of the layer's input on the same batch (Eq. 3, Fig. 4), by layer.

    Rows (point, index, n, d, sigma, input_n, input_d, sigma_input), singular values descending.
    inputs: those of the images in `batch`; patches at a convolution, so that input_d is d.
    """
    gradients = _mean_gradients(reader, batch, loss)
    spectra = side_by_side(_spectrum, gradients.values(), batch.images.device)
    return [
        {
            "point": name,
            "index": index,
            "n": gradient.shape[0],
            "d": gradient.shape[1],
            "sigma": sigma.tolist(),
            "input_n": inputs[name].n,
            "input_d": inputs[name].d,
            "sigma_input": inputs[name].sigma.tolist(),
        }
        for index, ((name, gradient), sigma) in enumerate(
            zip(gradients.items(), spectra, strict=True), start=1
        )
    ]


def evolution_rows(reader: Reader, images: Shown) -> list[dict]:
    """Representations of the images, by data set (`source`) and point.

    Rows (source, point, index, n, d, norm, sigma, orthodev, orthodev_centred). PENULTIMATE has the
    index of the last hidden point. norm: Frobenius norm. sigma: singular values, descending, of the
    training data's representation at the last hidden point, the only ones that are read (a snapshot
    of a ResNet-18 spent two of its five seconds on the others); else None. orthodev: Eq. 4 between the
    class means of the training data and the mean of `source`; NaN for the training data themselves.
    """
    own = _features(reader, images.own.images)
    *_, last, _ = (point.name for point in reader.model.points)
    rows = []
    for name, x in own.items():
        sigma = _spectrum(x).tolist() if name == last else None
        values = {"sigma": sigma, "orthodev": math.nan, "orthodev_centred": math.nan}
        rows.append({"source": images.name, **_shape(reader, name, x), **values})
    means = {name: _class_means(x, images.own.labels) for name, x in own.items()}
    for source, other in images.others.items():
        for name, x in _features(reader, other).items():
            mean = x.double().mean(0).cpu().numpy()
            values = {
                "sigma": None,
                "orthodev": orthodev(means[name], mean),
                "orthodev_centred": orthodev_centred(means[name], mean),
            }
            rows.append({"source": source, **_shape(reader, name, x), **values})
    return rows


def _features(reader: Reader, images: Tensor) -> dict[str, Tensor]:
    """float32 (n, d) at every point and at PENULTIMATE, all held at once."""
    names = [*(point.name for point in reader.model.points), PENULTIMATE]
    parts = [part for _, part in named_stream(reader, images, names)]
    return {name: torch.cat([part[name] for part in parts]) for name in names}


def _shape(reader: Reader, name: str, x: Tensor) -> dict:
    points = [point.name for point in reader.model.points]
    return {
        "point": name,
        "index": len(points) - 1 if name == PENULTIMATE else points.index(name) + 1,
        "n": x.shape[0],
        "d": x.shape[1],
        "norm": x.double().norm().item(),
    }


def _class_means(x: Tensor, labels: Tensor) -> NDArray:
    """(classes among the labels, d) float64."""
    members = (labels == labels.unique()[:, None]).double()
    return (members @ x.double() / members.sum(1, keepdim=True)).cpu().numpy()


def _spectrum(matrix: Tensor) -> Tensor:
    """Singular values of a matrix, descending, by the smaller of its two Gram matrices."""
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    moments = Moments(tall.shape[1], 1, tall.device)
    _add(moments, tall)
    return moments.spectrum()


def _inputs(reader: Reader, images: Tensor, positions: int) -> dict[str, Moments]:
    """Moments of the input A^(i-1) of each weight layer: of its im2col patches at a convolution."""
    layers = {point.name: reader.model.get_submodule(point.weight) for point in reader.model.points}
    shown = dict.fromkeys(layers, 0)
    found: dict[str, Moments] = {}

    def keep(name: str, x: Tensor) -> None:
        part = slice(shown[name], shown[name] + len(x))
        shown[name] = part.stop

        def draw(cells: int) -> Tensor:
            return _positions(len(images), cells, positions, f"{reader.name}/{name}", x.device)[part]

        rows = patches(x, layers[name], draw) if isinstance(layers[name], nn.Conv2d) else x
        if name not in found:
            found[name] = Moments(rows.shape[1], 1, rows.device)
        _add(found[name], rows)

    with reading_inputs(reader.model, keep):
        for _ in reader.stream(images, points=()):
            pass
    return found


@cache
def _positions(images: int, cells: int, count: int, key: str, device: torch.device) -> Tensor:
    """`random_positions` on the device, drawn once for all snapshots."""
    return random_positions(images, cells, count, key).to(device)


def _add(moments: Moments, rows: Tensor) -> None:
    """Add rows without a class of their own."""
    moments.update(rows, torch.zeros(len(rows), dtype=torch.int64, device=rows.device))


def _mean_gradients(
    reader: Reader, batch: Split, loss: Callable[[Tensor, Tensor], Tensor]
) -> dict[str, Tensor]:
    """The gradient of the mean loss over the batch, float64, from passes of `reader.batch` images."""
    total: dict[str, Tensor] = {}
    for images, labels in zip(
        batch.images.split(reader.batch), batch.labels.split(reader.batch), strict=True
    ):
        x = normalise(images, reader.mean, reader.std).contiguous(memory_format=torch.channels_last)
        with float32_arithmetic(tf32=False):
            parts = gradient_matrices(reader.model, x, labels, loss, reader.model.points)
        share = len(labels) / len(batch.labels)
        for name, gradient in parts.items():
            total[name] = total.get(name, 0.0) + share * gradient.double()
    return total
