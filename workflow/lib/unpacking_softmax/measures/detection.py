"""Out-of-distribution detection from cached features and logits (Table 2, Fig. 23).

Every score is (n,) float64, and **larger means more in-distribution**. `train` are the penultimate
features (n_train, d) of the ID training set and `test` (n, d) those of the samples to score, both
in evaluation mode. Arrays that are not finite (a diverged run) give NaN, and so do their metrics.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize


def _finite(*arrays: NDArray) -> bool:
    return all(np.isfinite(array).all() for array in arrays)


def neco_sweep(train: NDArray, test: NDArray, dims: Sequence[int], *, standardise: bool = True) -> NDArray:
    """NECO scores for several numbers of components at the price of one fit: (len(dims), n).

    See `neco`. A dimension above d keeps all d components.
    """
    if not _finite(train, test):
        return np.full((len(dims), len(test)), np.nan)
    train, test = train.astype(np.float64), test.astype(np.float64)
    if standardise:
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
    mean = train.mean(axis=0)
    components = np.linalg.eigh(np.cov(train, rowvar=False))[1][:, ::-1]
    energy = np.square((test - mean) @ components).cumsum(axis=1)
    kept = np.array([energy[:, min(dim, energy.shape[1]) - 1] for dim in dims])
    with np.errstate(invalid="ignore"):
        return np.sqrt(kept) / np.linalg.norm(test, axis=1)


def neco(
    train: NDArray,
    test: NDArray,
    *,
    dim: int = 100,
    standardise: bool = True,
    logits: NDArray | None = None,
) -> NDArray:
    """NECO (Ammar et al. 2024): the share of a feature's length within the leading ID subspace.

    Features are standardised by the training set, projected on its principal components, and the
    score is ||first `dim` coordinates|| / ||standardised feature||, as the authors' code has it:
    the PCA's own centring acts on the numerator alone. Their ResNet variant is this ratio; for ViT
    they multiply it by the largest logit, which is done where the `logits` (n, C) of `test` are
    given. With `standardise=False` both lengths are of the features as they are.
    """
    score = neco_sweep(train, test, [dim], standardise=standardise)[0]
    return score if logits is None else score * max_logit(logits)


def msp(logits: NDArray) -> NDArray:
    """Maximum softmax probability p (Hendrycks & Gimpel 2017) of logits (n, C), as log(p / (1-p)).

    The log-odds rank samples as p does, but do not saturate: at the logit norms of high-temperature
    training p is 1.0 to the last bit for most samples, and ties would decide AUROC and FPR95.
    """
    ordered = np.sort(logits.astype(np.float64), axis=1)
    return ordered[:, -1] - logsumexp(ordered[:, :-1], axis=1)


def max_logit(logits: NDArray) -> NDArray:
    """The largest logit of each row of (n, C) (Hendrycks et al. 2022)."""
    return logits.max(axis=1).astype(np.float64)


def energy(logits: NDArray) -> NDArray:
    """Negative free energy at temperature 1: logsumexp of (n, C) logits (Liu et al. 2020)."""
    return logsumexp(logits.astype(np.float64), axis=1)


def knn(train: NDArray, test: NDArray, k: int = 50) -> NDArray:
    """Minus the distance to the k-th nearest training feature, all of unit length (Sun 2022)."""
    if not _finite(train, test):
        return np.full(len(test), np.nan)
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(normalize(train))
    return -neighbours.kneighbors(normalize(test))[0][:, -1].astype(np.float64)


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
    its training mean is that of the largest logit. `dim` defaults to the authors' rule: 1000 from
    d = 2048 on, 512 from d = 768 on, else d // 2.
    """
    if not _finite(train, test, train_logits, test_logits, weight, bias):
        return np.full(len(test), np.nan)
    d = train.shape[1]
    if dim is None:
        dim = 1000 if d >= 2048 else 512 if d >= 768 else d // 2
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
    n, m = len(id_scores), len(ood_scores)
    ranks = rankdata(np.concatenate([id_scores, ood_scores]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


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
