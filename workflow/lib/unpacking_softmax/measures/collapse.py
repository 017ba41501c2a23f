"""Neural-collapse measures NC1-NC4 (Papyan et al. 2020, App. I) and OrthoDev (Eq. 4).

Shapes: C classes, d features, n samples; class means are (C, d). Here the global mean mu_G is the
mean of the class means, so that imbalance does not tilt the simplex; with balanced classes it is
the mean of the samples too. Everything is float64 numpy; arrays and CPU tensors are taken alike. A
representation that is not finite, or that is zero where a direction is needed, gives NaN.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _unit(vectors: NDArray) -> NDArray:
    """Rows scaled to length 1; a zero row has no direction, and becomes NaN."""
    with np.errstate(invalid="ignore"):
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _cosines(vectors: ArrayLike) -> NDArray:
    """Cosines between different rows of (C, d): the C(C-1)/2 pairs."""
    unit = _unit(np.asarray(vectors, dtype=np.float64))
    return (unit @ unit.T)[np.triu_indices(len(unit), k=1)]


def centred(means: ArrayLike) -> NDArray:
    """Class means (C, d) minus their mean: the vectors that NC2 and NC3 are about."""
    means = np.asarray(means, dtype=np.float64)
    return means - means.mean(axis=0)


def nc1_pinv(within_projected: ArrayLike, between_eigenvalues: ArrayLike, classes: int) -> float:
    """NC1 = tr(Sigma_W pinv(Sigma_B)) / C (Papyan et al. 2020); 0 when classes are points.

    `between_eigenvalues` (r,) are the nonzero eigenvalues of Sigma_B and `within_projected` (r, r)
    is V^T Sigma_W V with its eigenvectors V, as `Moments.within_projected` gives them: the trace is
    sum_i (V^T Sigma_W V)_ii / lambda_i.
    """
    within = np.diagonal(np.asarray(within_projected, dtype=np.float64))
    if not len(within):  # all class means are one: there is no simplex to be near to
        return float("nan")
    return float((within / np.asarray(between_eigenvalues, dtype=np.float64)).sum() / classes)


def nc1_quotient(within_trace: float, between_trace: float) -> float:
    """tr(Sigma_W) / tr(Sigma_B): NC1 without the inverse; NaN if both are 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.float64(within_trace) / np.float64(between_trace))


def cdnv(means: ArrayLike, variances: ArrayLike) -> float:
    """Class-distance normalised variance (Galanti et al. 2022), averaged over pairs of classes.

    (v_c + v_c') / (2 ||mu_c - mu_c'||^2), `variances` (C,) being the traces of class covariances.
    """
    means, variances = np.asarray(means, np.float64), np.asarray(variances, np.float64)
    first, second = np.triu_indices(len(means), k=1)
    # Row by row of the pairs: a (pairs, d) array of 1,000 classes would not fit in memory.
    distances = np.concatenate([np.square(means[i + 1 :] - mean).sum(axis=1) for i, mean in enumerate(means)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(((variances[first] + variances[second]) / (2 * distances)).mean())


def nc2_norm_cov(vectors: ArrayLike) -> float:
    """Coefficient of variation (s.d. / mean) of the lengths of (C, d) vectors; 0 for an ETF.

    Give `centred` class means or the classifier's rows, as for all measures of NC2.
    """
    lengths = np.linalg.norm(np.asarray(vectors, dtype=np.float64), axis=1)
    with np.errstate(invalid="ignore"):
        return float(lengths.std() / lengths.mean())


def nc2_angle(vectors: ArrayLike) -> float:
    """Standard deviation of the cosines between different vectors; 0 when they are equiangular."""
    return float(_cosines(vectors).std())


def nc2_coherence(vectors: ArrayLike) -> float:
    """Mean |cos + 1/(C-1)| over pairs: distance from the angle of the simplex ETF."""
    return float(np.abs(_cosines(vectors) + 1 / (len(vectors) - 1)).mean())


def nc2_etf(vectors: ArrayLike) -> float:
    """|| G/||G||_F - E/||E||_F ||_F: G the Gram matrix of the rows, E = I - 11^T/C (Zhu 2021)."""
    vectors = np.asarray(vectors, dtype=np.float64)
    classes = len(vectors)
    gram = vectors @ vectors.T
    etf = (np.eye(classes) - 1 / classes) / np.sqrt(classes - 1)
    with np.errstate(invalid="ignore"):
        return float(np.linalg.norm(gram / np.linalg.norm(gram) - etf))


def nc3(weight: ArrayLike, means: ArrayLike) -> float:
    """|| W/||W||_F - M/||M||_F ||_F, `weight` (C, d) against the centred class means; in [0, 2]."""
    weight, means = np.asarray(weight, dtype=np.float64), centred(means)
    with np.errstate(invalid="ignore"):
        return float(np.linalg.norm(weight / np.linalg.norm(weight) - means / np.linalg.norm(means)))


def nc4(features: ArrayLike, predictions: ArrayLike, means: ArrayLike) -> float:
    """Share of samples (n, d) whose nearest class mean is the network's prediction (n,)."""
    features, means = np.asarray(features, np.float64), np.asarray(means, np.float64)
    if not (np.isfinite(features).all() and np.isfinite(means).all()):
        return float("nan")  # argmin would name a class all the same
    # ||x - mu||^2 without ||x||^2, which is the same for every class
    distances = np.square(means).sum(axis=1) - 2 * features @ means.T
    return float((distances.argmin(axis=1) == np.asarray(predictions)).mean())


def orthodev(means: ArrayLike, ood_mean: ArrayLike) -> float:
    """OrthoDev (Eq. 4): mean over classes of |cos(mu_c, mu_OOD)|, uncentred, in [0, 1].

    `means` (C, d) are the ID class means, `ood_mean` (d,) the mean of all OOD samples. After a ReLU
    both lie in the positive orthant, so the value vanishes only if their supports are disjoint.
    """
    ood = np.asarray(ood_mean, dtype=np.float64)
    return float(np.abs(_unit(np.asarray(means, dtype=np.float64)) @ _unit(ood)).mean())


def orthodev_centred(means: ArrayLike, ood_mean: ArrayLike) -> float:
    """OrthoDev with mu_G taken from the class means and from the OOD mean alike."""
    means = np.asarray(means, dtype=np.float64)
    return orthodev(centred(means), np.asarray(ood_mean, dtype=np.float64) - means.mean(axis=0))
