"""How the layers of a run develop: alignment, spectra, OrthoDev and gradients of its snapshots.

Every snapshot of every run on a data set is shown the same images, the same features of them and,
at convolutions, the same positions: all are drawn once, by name. Forward and backward passes are in
true float32, Gram matrices in float64.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from numpy.typing import NDArray
from torch import Tensor

from unpacking_softmax.images.protocol import Data
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.alignment import alignment, max_alignment, mean_row_max
from unpacking_softmax.measures.collapse import orthodev, orthodev_centred
from unpacking_softmax.measures.features import PENULTIMATE, Reader, open_reader
from unpacking_softmax.measures.passes import Loss, look
from unpacking_softmax.measures.shared_images import SharedImages
from unpacking_softmax.measures.side_by_side import Aside
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.door import load_weights
from unpacking_softmax.networks.losses import LOSSES
from unpacking_softmax.study.paths import snapshot_file

log = logging.getLogger(__name__)
Tables = dict[str, list[dict]]


def follow(
    folder: Path,
    epochs: Sequence[int],
    data: Data,
    images: SharedImages,
    settings: Mapping,
    temperature: float,
) -> Tables:
    """Rows of the tables `alignment`, `evolution` and `gradients` of a run, each with its epoch.

    folder: the run's, with snapshots after `epochs`. data: what it was trained on. settings: those of
    a reader, and loss, positions, vectors. temperature: that of the run's loss.
    """
    divisor = torch.tensor(float(temperature), device=data.device)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return LOSSES[settings["loss"]](logits, labels, divisor)

    tables: Tables = {"alignment": [], "evolution": [], "gradients": []}
    reader = open_reader(str(snapshot_file(folder, epochs[0])), settings, data)
    earlier: list[tuple[int, Callable[[], Tables]]] = []
    # The context around all threads: each sets and restores what is one for the whole process.
    with float32_arithmetic(tf32=False), Aside(data.device) as aside:
        for epoch in epochs:
            log.info("snapshot after epoch %d", epoch)
            load_weights(reader.model, snapshot_file(folder, epoch), settings["network"])
            finish = patiently(begin_snapshot, reader, images, settings, loss, aside)
            earlier.append((epoch, finish))
            if len(earlier) > 1:  # its eigenvalue problems were worked on beside these passes
                _extend(tables, *earlier.pop(0))
        _extend(tables, *earlier.pop())
    return tables


def _extend(tables: Tables, epoch: int, finish: Callable[[], Tables]) -> None:
    for name, rows in patiently(finish).items():
        tables[name] += [{"epoch": epoch, **row} for row in rows]


def begin_snapshot(
    reader: Reader, images: SharedImages, settings: Mapping, loss: Loss, aside: Aside
) -> Callable[[], Tables]:
    """Pass the images through a snapshot; gives what waits for its eigenvalue problems and makes its rows.

    settings: positions, vectors. loss(logits, labels): what gradients are of.
    """
    positions, vectors, same = settings["positions"], settings["vectors"], images.batch is images.own
    own = look(reader, images.own, positions=positions, features=True, loss=loss if same else None)
    weights = [reader.model.get_submodule(point.weight).weight for point in reader.model.points]
    pairs = zip(own.inputs.values(), (weight.detach().clone() for weight in weights), strict=True)
    layers = aside.start(lambda pair: _compared(*pair, vectors), pairs)
    batch = own if same else look(reader, images.batch, positions=positions, loss=loss)
    of_batch = layers if same else aside.start(lambda m: (_layer_input(m, 0), None), batch.inputs.values())
    gradients = aside.start(_spectrum, batch.gradients.values())
    evolution = _begin_evolution(reader, images, own.features, aside)
    names, shapes = list(own.inputs), [gradient.shape for gradient in batch.gradients.values()]

    def finish() -> Tables:
        inputs = [given for given, _ in of_batch()]
        return {
            "alignment": alignment_rows(names, [cosines for _, cosines in layers()]),
            "evolution": evolution(),
            "gradients": gradient_rows(names, shapes, gradients(), inputs),
        }

    return finish


@dataclass(frozen=True)
class LayerInput:
    """The input of a weight layer as a matrix (n, d) of rows: its singular values, descending, and
    its first right singular vectors (d, k), float64."""

    n: int
    d: int
    sigma: Tensor
    vectors: Tensor


def _layer_input(moments: Moments, vectors: int) -> LayerInput:
    return LayerInput(moments.n, len(moments.sum), *moments.leading(vectors))


def _compared(moments: Moments, weight: Tensor, vectors: int) -> tuple[LayerInput, Tensor]:
    """The input of a layer, and the cosines between its first singular vectors and the weight's (Eq. 2)."""
    given = _layer_input(moments, vectors)
    return given, alignment(weight, given.vectors, vectors)


def alignment_rows(names: Sequence[str], found: Sequence[Tensor]) -> list[dict]:
    """Eq. 2 at every weight layer: rows (point, index, max, mean_row_max, rows, columns, matrix).

    A layer is compared with its input; found: the rows x columns cosines of each, at most
    vectors x vectors. matrix: these, flattened row by row.
    """
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
        for index, (name, cosines) in enumerate(zip(names, found, strict=True), start=1)
    ]


def gradient_rows(
    names: Sequence[str],
    shapes: Sequence[tuple[int, int]],
    spectra: Sequence[Tensor],
    inputs: Sequence[LayerInput],
) -> list[dict]:
    """Spectra of dL/dW (n, d) and of the layer's input on the same batch (Eq. 3, Fig. 4), by layer.

    Rows (point, index, n, d, sigma, input_n, input_d, sigma_input), singular values descending.
    inputs: patches at a convolution, so that input_d is d.
    """
    return [
        {
            "point": name,
            "index": index,
            "n": shape[0],
            "d": shape[1],
            "sigma": sigma.tolist(),
            "input_n": given.n,
            "input_d": given.d,
            "sigma_input": given.sigma.tolist(),
        }
        for index, (name, shape, sigma, given) in enumerate(
            zip(names, shapes, spectra, inputs, strict=True), start=1
        )
    ]


def _begin_evolution(
    reader: Reader, images: SharedImages, own: Mapping[str, Tensor], aside: Aside
) -> Callable[[], list[dict]]:
    """Representations of the images, by data set (`source`) and point; own: those of the training data.

    Gives what makes the rows (source, point, index, n, d, norm, sigma, orthodev, orthodev_centred).
    PENULTIMATE has the index of the last hidden point. norm: Frobenius norm. sigma: singular values,
    descending, of the training data's representation at the last hidden point, the only ones that are
    read (a snapshot of a ResNet-18 spent two of its five seconds on the others); else None. orthodev:
    Eq. 4 between the class means of the training data and the mean of `source`; NaN for the training
    data themselves.
    """
    *_, last, _ = (point.name for point in reader.model.points)
    spectrum = aside.start(_spectrum, [own[last]])
    nothing = {"sigma": None, "orthodev": math.nan, "orthodev_centred": math.nan}
    rows = [{"source": images.name, **_shape(reader, name, x), **nothing} for name, x in own.items()]
    means = {name: _class_means(x, images.own.labels) for name, x in own.items()}
    for source, other in images.others.items():
        for name, x in look(reader, other, features=True).features.items():
            mean = x.double().mean(0).cpu().numpy()
            values = {
                "sigma": None,
                "orthodev": orthodev(means[name], mean),
                "orthodev_centred": orthodev_centred(means[name], mean),
            }
            rows.append({"source": source, **_shape(reader, name, x), **values})
    place = list(own).index(last)

    def finish() -> list[dict]:
        (sigma,) = spectrum()
        rows[place] = {**rows[place], "sigma": sigma.tolist()}
        return rows

    return finish


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
    moments.update(tall)
    return moments.spectrum()
