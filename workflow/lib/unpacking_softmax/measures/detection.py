"""Out-of-distribution detection from cached features and logits (Table 2, Fig. 23).

Every score is (n,) float64, and **larger means more in-distribution**. `train` are the penultimate
features (n_train, d) of the ID training set and `test` (n, d) those of the samples to score, both
in evaluation mode. Arrays that are not finite (a diverged run) give NaN, and so do their metrics.
Plain numpy: a job for each of hundreds of runs would spend its time importing scikit-learn.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

# Samples whose distances to the training set are held at once.
CHUNK = 1000
# Pairs of features whose differences are held at once.
PAIRS = 4000
# Entries of which the largest alone is sorted at first.
GROUP = 16


def _finite(*arrays: NDArray) -> bool:
    return all(np.isfinite(array).all() for array in arrays)


def _logsumexp(values: NDArray) -> NDArray:
    """log sum exp of each row of (n, C), in float64."""
    values = values.astype(np.float64)
    largest = values.max(axis=1)
    return largest + np.log(np.exp(values - largest[:, None]).sum(axis=1))


def _unit(features: NDArray) -> NDArray:
    """Rows scaled to length 1 in float64; a zero row stays zero."""
    features = features.astype(np.float64)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths == 0, 1, lengths)


class NecoSpace:
    """NECO (Ammar et al. 2024): the share of a feature's length within the leading ID subspace.

    Features are standardised by the training set (n, d), projected on its principal components, and
    a score is ||first coordinates|| / ||standardised feature||, as the authors' code has it: the
    PCA's own centring acts on the numerator alone. Their ResNet variant is this ratio; for ViT they
    multiply it by `max_logit`. With `standardise=False` both lengths are of the features as they are.

    variances (d,): of the components, descending; NaN for features that are not finite.
    """

    def __init__(self, train: NDArray, *, standardise: bool = True):
        self.variances = np.full(train.shape[1], np.nan)
        if not _finite(train):
            return
        train = train.astype(np.float64)
        self._shift, self._scale = _scaler(train) if standardise else (0.0, 1.0)
        train = (train - self._shift) / self._scale
        self._mean = train.mean(axis=0)
        ascending, components = np.linalg.eigh(np.cov(train, rowvar=False))
        self.variances, self._components = ascending[::-1].clip(0), components[:, ::-1]

    def scores(self, test: NDArray, dims: Sequence[int]) -> NDArray:
        """Scores (len(dims), n) of test (n, d), keeping as many components; above d it keeps all d."""
        if not _finite(self.variances, test):
            return np.full((len(dims), len(test)), np.nan)
        test = (test.astype(np.float64) - self._shift) / self._scale
        energy = np.square((test - self._mean) @ self._components).cumsum(axis=1)
        kept = np.array([energy[:, min(dim, energy.shape[1]) - 1] for dim in dims])
        with np.errstate(invalid="ignore"):
            return np.sqrt(kept) / np.linalg.norm(test, axis=1)

    def dimension(self, share: float) -> int | None:
        """The fewest components that hold `share` of the variance; None where there is no variance."""
        total = self.variances.sum()
        if not total > 0:
            return None
        return int(np.searchsorted(self.variances.cumsum() / total, share)) + 1


def _scaler(train: NDArray) -> tuple[NDArray, NDArray]:
    """Mean and standard deviation of each feature of (n, d); 1 where the latter is only rounding."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    rounding = len(train) * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(deviation <= rounding, 1, deviation)


def msp(logits: NDArray) -> NDArray:
    """Maximum softmax probability p (Hendrycks & Gimpel 2017) of logits (n, C), as log(p / (1-p)).

    The log-odds rank samples as p does, but do not saturate: at the logit norms of high-temperature
    training p is 1.0 to the last bit for most samples, and ties would decide AUROC and FPR95.
    """
    ordered = np.sort(logits.astype(np.float64), axis=1)
    return ordered[:, -1] - _logsumexp(ordered[:, :-1])


def max_logit(logits: NDArray) -> NDArray:
    """The largest logit of each row of (n, C) (Hendrycks et al. 2022)."""
    return logits.max(axis=1).astype(np.float64)


def energy(logits: NDArray) -> NDArray:
    """Negative free energy at temperature 1: logsumexp of (n, C) logits (Liu et al. 2020)."""
    return _logsumexp(logits)


def knn(train: NDArray, test: NDArray, k: int, threads: int = 1) -> NDArray:
    """Minus the distance to the k-th nearest training feature, all of unit length (Sun 2022).

    float32 says which training features may be the k-th, by a bound on its rounding; what is returned
    is their distance in float64.
    """
    if not _finite(train, test):
        return np.full(len(test), np.nan)
    train, test = _unit(train), _unit(test)
    low = train.astype(np.float32)
    without_direction = np.flatnonzero(~train.any(axis=1))
    found = []
    for start in range(0, len(test), CHUNK):
        part = test[start : start + CHUNK]
        similar = part.astype(np.float32) @ low.T
        # As far from a unit vector (squared: 1) as is one at a cosine of 0.5.
        similar[:, without_direction] = 0.5
        edges = len(part) * np.arange(1, threads) // threads
        with ThreadPoolExecutor(threads) as pool:
            found += pool.map(
                _kth_square, repeat(train), np.split(part, edges), np.split(similar, edges), repeat(k)
            )
    return -np.sqrt(np.concatenate(found).clip(0))


def _kth_square(train: NDArray, test: NDArray, similar: NDArray, k: int) -> NDArray:
    """Of each row of test, the k-th smallest squared distance to the rows of train; similar: their
    cosines in float32 (len(test), len(train))."""
    if not len(test):
        return np.empty(0)
    rounding = (train.shape[1] + 8) * np.finfo(np.float32).eps / 2
    least = _below_kth(similar, k) - 2 * rounding
    rows, columns = np.divmod(np.flatnonzero(similar >= least[:, None]), len(train))
    cosines = similar[rows, columns]
    order = np.lexsort((-cosines, rows))
    rows, columns, cosines = rows[order], columns[order], cosines[order]
    kth = cosines[np.searchsorted(rows, np.arange(len(test))) + k - 1]
    nearer = np.bincount(rows[cosines > kth[rows] + 2 * rounding], minlength=len(test))
    undecided = np.abs(cosines - kth[rows]) <= 2 * rounding
    rows, columns = rows[undecided], columns[undecided]
    squares = np.concatenate(
        [
            np.square(test[rows[i : i + PAIRS]] - train[columns[i : i + PAIRS]]).sum(axis=1)
            for i in range(0, len(rows), PAIRS)
        ]
    )
    squares = squares[np.lexsort((squares, rows))]
    return squares[np.searchsorted(rows, np.arange(len(test))) + k - 1 - nearer]


def _below_kth(similar: NDArray, k: int) -> NDArray:
    """Of each row, a number that at least k entries reach: the k-th of the largest of groups of them,
    of which there are fewer to sort."""
    if (count := similar.shape[1] // GROUP) >= k:
        groups = similar[:, : count * GROUP].reshape(len(similar), GROUP, count)
        similar = np.maximum.reduce(groups, axis=1)
    return np.partition(similar, similar.shape[1] - k, axis=1)[:, similar.shape[1] - k]


def vim_dimension(d: int) -> int:
    """Principal directions of `vim` by its authors' rule, for d features."""
    return 1000 if d >= 2048 else 512 if d >= 768 else d // 2


def vim(
    train: NDArray,
    test: NDArray,
    train_logits: NDArray,
    test_logits: NDArray,
    weight: NDArray,
    bias: NDArray,
    dim: int | None = None,
) -> NDArray:
    """Virtual-logit matching (Wang et al. 2022): energy minus the scaled residual length.

    The residual lies outside the `dim` principal directions of the features taken from the origin
    o = -pinv(W) b of the classifier (`weight` (C, d), `bias` (C,)); its length is scaled so that
    its training mean is that of the largest logit.
    """
    if not _finite(train, test, train_logits, test_logits, weight, bias):
        return np.full(len(test), np.nan)
    d = train.shape[1]
    dim = vim_dimension(d) if dim is None else dim
    origin = -np.linalg.pinv(weight.astype(np.float64)) @ bias
    shifted = train - origin
    minor = np.linalg.eigh(shifted.T @ shifted)[1][:, : d - dim]  # eigenvalues ascend
    train_residual = np.linalg.norm(shifted @ minor, axis=1)
    scale = max_logit(train_logits).mean() / train_residual.mean()
    return energy(test_logits) - scale * np.linalg.norm((test - origin) @ minor, axis=1)


def auroc(id_scores: NDArray, ood_scores: NDArray) -> float:
    """P(ID score > OOD score) + P(equal) / 2, in [0, 1] (Mann-Whitney)."""
    if not _finite(id_scores, ood_scores):
        return float("nan")
    ordered = np.sort(ood_scores)
    below = np.searchsorted(ordered, id_scores, side="left")
    not_above = np.searchsorted(ordered, id_scores, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def fpr95(id_scores: NDArray, ood_scores: NDArray) -> float:
    """Share of OOD samples taken for ID where 95 % of ID samples are recognised: ID is positive.

    The threshold is the floor(0.95 n)-th largest ID score, as in the code of ViM and NECO.
    """
    if not _finite(id_scores, ood_scores):
        return float("nan")
    recalled = len(id_scores) * 95 // 100
    return float((ood_scores >= np.sort(id_scores)[-recalled]).mean())


def fpr95_openood(id_scores: NDArray, ood_scores: NDArray) -> float:
    """Share of ID samples flagged as OOD where 95 % of OOD samples are caught: OOD is positive.

    OpenOOD's FPR@95 (Zhang et al. 2023): the same name as `fpr95`, another number.
    """
    if not _finite(id_scores, ood_scores):
        return float("nan")
    caught = -(-len(ood_scores) * 95 // 100)  # ceiling
    return float((id_scores <= np.sort(ood_scores)[caught - 1]).mean())
