"""Linear probes on many points of one network at once, from several first weights each (Table 5).

Every head sees the same batches in the same order; heads of equal width train as one batched
matrix product, since their gradients do not touch each other. Reading the features takes most of the
time, so that a point's heads of all probe seeds share it: their weights stand below one another in one
matrix. Weights and Adam are in float32. Features kept in bfloat16 on a GPU enter matrix products as
they are, with sums in float32; else all is float32.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from unpacking_softmax.artefacts.errors import DataError


@dataclass(frozen=True)
class ProbeSettings:
    """How probes are trained (Table 5). `steps`, where it is not None, counts batches in place of `epochs`.

    Adam with a constant learning rate; `weight_decay` is its coupled L2 term, on weight and bias.
    `standardise` scales features to zero mean and unit variance over the training samples.
    """

    epochs: int
    steps: int | None
    batch: int
    learning_rate: float
    weight_decay: float
    standardise: bool


@dataclass(frozen=True)
class ProbeResult:
    """After the last step: test and training accuracy (fractions), mean training cross-entropy."""

    accuracy: float
    train_accuracy: float
    loss: float


@dataclass(frozen=True)
class Heads:
    """S linear heads at each of L points of one width: weight (L, S C, d), bias (L, S C), seed by seed;
    features enter as (x - shift) * scale with shift and scale (L, d), or as they are where these are
    None."""

    weight: Tensor
    bias: Tensor
    classes: int
    shift: Tensor | None = None
    scale: Tensor | None = None


def fit_probes(
    train: Mapping[str, Tensor],
    train_labels: Tensor,
    test: Mapping[str, Tensor],
    test_labels: Tensor,
    *,
    classes: int,
    settings: ProbeSettings,
    seeds: Sequence[int],
) -> dict[str, list[ProbeResult]]:
    """Train a softmax classifier for each of `seeds` on the features of each point, and score them.

    train, test: point -> features (n, d), of one floating type, on one device, where the work is
    done; labels (n,) int64. A head's first weights depend on its seed and its point, the batches of
    all on the first seed: results are the same, but for rounding, whichever points share a call, and
    the first seed's whichever seeds follow. Beside the features this holds `working_bytes` a point.
    Raises DataError where a class has no training sample or the test set is empty.
    """
    _check(train_labels, test_labels, classes)
    widths: dict[int, list[str]] = {}
    for point, features in train.items():
        widths.setdefault(features.shape[1], []).append(point)
    results = {}
    with torch.no_grad(), _no_tf32():
        for width, points in widths.items():
            start = [[initial_head(width, classes, seed, point) for seed in seeds] for point in points]
            x = [train[point] for point in points]
            heads = fit_heads(x, train_labels, start, settings, seeds[0])
            accuracy, _ = _score(heads, [test[point] for point in points], test_labels, settings)
            train_accuracy, loss = _score(heads, x, train_labels, settings)
            for point, *rows in zip(points, accuracy, train_accuracy, loss, strict=True):
                results[point] = [ProbeResult(*row) for row in zip(*rows, strict=True)]
    return {point: results[point] for point in train}


def working_bytes(d: int, classes: int, seeds: int, settings: ProbeSettings, itemsize: int) -> int:
    """What training and scoring the heads of a point of width d takes beside its features, in bytes.

    Weights, gradient, both moments of Adam and a copy for products; a batch of the features, of
    `itemsize` bytes a number; logits, their softmax and a copy of it.
    """
    weights = 5 * 4 * d
    logits = 3 * 4 * settings.batch
    return seeds * classes * (weights + logits) + settings.batch * d * itemsize


def initial_head(d: int, classes: int, seed: int, point: str) -> tuple[Tensor, Tensor]:
    """Weight (C, d) and bias (C,) as torch.nn.Linear draws them, from (seed, point) alone."""
    generator = _generator(seed, point)
    bound = 1 / math.sqrt(d)
    weight = torch.empty(classes, d).uniform_(-bound, bound, generator=generator)
    bias = torch.empty(classes).uniform_(-bound, bound, generator=generator)
    return weight, bias


def batches(n: int, settings: ProbeSettings, seed: int) -> Iterator[Tensor]:
    """Row indices of each step: epochs of shuffled batches, the last of an epoch may be short."""
    generator = _generator(seed, "batches")
    steps = settings.steps
    if steps is None:
        steps = settings.epochs * math.ceil(n / settings.batch)
    while steps > 0:
        epoch = torch.randperm(n, generator=generator).split(settings.batch)[:steps]
        yield from epoch
        steps -= len(epoch)


@torch.no_grad()
def fit_heads(
    features: Sequence[Tensor],
    labels: Tensor,
    start: Sequence[Sequence[tuple[Tensor, Tensor]]],
    settings: ProbeSettings,
    seed: int,
) -> Heads:
    """Train heads on features, each (n, d) of one width d; `seed` orders the batches.

    start: for each point, for each of its heads the first weights (see `initial_head`).
    """
    device = features[0].device
    weight = torch.stack([torch.cat([w for w, _ in heads]) for heads in start]).to(device)
    bias = torch.stack([torch.cat([b for _, b in heads]) for heads in start]).to(device)
    scaling = _standardisation(features) if settings.standardise else (None, None)
    heads = Heads(weight, bias, len(start[0][0][1]), *scaling)
    adam = Adam([weight, bias], settings.learning_rate, settings.weight_decay)
    labels = labels.to(device)
    x = _buffer(features, settings)
    for rows in batches(len(labels), settings, seed):
        rows = rows.to(device, non_blocking=True)
        batch = _read(features, rows, x, heads)
        adam.step(_gradients(heads, batch, labels[rows]))
    return heads


class Adam:
    """torch.optim.Adam with its default betas and eps, in place on `parameters`, in one kernel.

    Adam works number by number, so one over stacked heads is one for each. Not torch's own class,
    since the first optimiser constructed in a process imports torch's compiler, which takes seconds:
    about as long as all the probes of a small network.
    """

    def __init__(self, parameters: Sequence[Tensor], lr: float, weight_decay: float):
        self.parameters = list(parameters)
        self.lr = lr
        self.weight_decay = weight_decay
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]
        self.steps = [torch.zeros((), device=p.device) for p in parameters]

    def step(self, gradients: Sequence[Tensor]) -> None:
        """One update."""
        torch._foreach_add_(self.steps, 1)
        torch._fused_adam_(
            self.parameters,
            list(gradients),
            self.first,
            self.second,
            [],
            self.steps,
            lr=self.lr,
            beta1=0.9,
            beta2=0.999,
            weight_decay=self.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


def _gradients(heads: Heads, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Of each head's mean cross-entropy on x (L, b, d): (p - y)^T x / b and (p - y)^T 1 / b."""
    error = torch.softmax(_logits(heads, x), dim=3)
    error[:, torch.arange(len(labels), device=x.device), :, labels] -= 1
    error /= len(labels)
    error = error.flatten(2)
    return _product(error.transpose(1, 2), x), error.sum(1)


def _score(
    heads: Heads, features: Sequence[Tensor], labels: Tensor, settings: ProbeSettings
) -> tuple[list[list[float]], list[list[float]]]:
    """Accuracy and mean cross-entropy of each head over all samples, by point and seed."""
    device = features[0].device
    labels = labels.to(device)
    shape = (len(features), heads.bias.shape[1] // heads.classes)
    right = torch.zeros(shape, device=device, dtype=torch.float64)
    loss = torch.zeros(shape, device=device, dtype=torch.float64)
    x = _buffer(features, settings)
    for rows in torch.arange(len(labels), device=device).split(settings.batch):
        logits = _logits(heads, _read(features, rows, x, heads))
        truth = labels[rows][:, None].expand(logits.shape[:3])
        right += (logits.argmax(3) == truth).sum(1)
        loss += F.cross_entropy(logits.movedim(3, 1), truth, reduction="none").sum(1)
    return (right / len(labels)).tolist(), (loss / len(labels)).tolist()


def _logits(heads: Heads, x: Tensor) -> Tensor:
    """(L, b, S, C)."""
    logits = _product(x, heads.weight.transpose(1, 2)).add_(heads.bias[:, None])
    return logits.unflatten(2, (-1, heads.classes))


def _product(a: Tensor, b: Tensor) -> Tensor:
    """a @ b for each head, in float32; where one is bfloat16, of both rounded to it, summed in float32."""
    if a.dtype == b.dtype == torch.float32:
        return torch.bmm(a, b)
    return torch.bmm(a.bfloat16(), b.bfloat16(), out_dtype=torch.float32)


def _buffer(features: Sequence[Tensor], settings: ProbeSettings) -> Tensor:
    """Room for a batch of all heads: (L, b, d)."""
    n, d = features[0].shape
    low = features[0].is_cuda and features[0].dtype == torch.bfloat16 and not settings.standardise
    dtype = torch.bfloat16 if low else torch.float32
    return torch.empty(len(features), min(settings.batch, n), d, device=features[0].device, dtype=dtype)


def _read(features: Sequence[Tensor], rows: Tensor, buffer: Tensor, heads: Heads) -> Tensor:
    """These rows of the features of every head, scaled, (L, b, d) in `buffer`."""
    x = buffer[:, : len(rows)]
    for source, target in zip(features, x, strict=True):
        if source.dtype == target.dtype:
            torch.index_select(source, 0, rows, out=target)
        else:
            target.copy_(source.index_select(0, rows))
    if heads.shift is not None:
        x.sub_(heads.shift[:, None]).mul_(heads.scale[:, None])
    return x


def _standardisation(features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and 1 / standard deviation of each feature, (L, d); a constant feature is not scaled."""
    shift, scale = [], []
    for x in features:
        mean = x.mean(0, dtype=torch.float64)
        # In pieces, so that no second copy of the features is held.
        squares = sum((piece.double() - mean).square().sum(0) for piece in x.split(4096))
        deviation = (squares / len(x)).sqrt()
        shift.append(mean)
        scale.append(torch.where(deviation > 0, deviation, 1.0).reciprocal())
    return torch.stack(shift).float(), torch.stack(scale).float()


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))


@contextmanager
def _no_tf32() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _check(train_labels: Tensor, test_labels: Tensor, classes: int) -> None:
    if len(test_labels) == 0:
        raise DataError("linear probes need test images, and there are none: add some")
    missing = torch.bincount(train_labels, minlength=classes).eq(0).nonzero().flatten().tolist()
    if missing:
        raise DataError(
            f"linear probes need a training image of every class, and class {missing[0]} "
            f"({len(missing)} of {classes} classes) has none: use more training images"
        )
