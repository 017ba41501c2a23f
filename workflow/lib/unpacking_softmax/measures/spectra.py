"""The stored spectra of a run as rows: one for each point, matrix and split."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unpacking_softmax.measures.activations import Activations

# Tensor name after the point -> (split, matrix)
MATRICES = {
    "spectrum": ("train", "raw"),
    "spectrum_class_centred": ("train", "class_centred"),
    "spectrum_without_bias": ("train", "without_bias"),
    "test_spectrum": ("test", "raw"),
    "test_spectrum_class_centred": ("test", "class_centred"),
    "test_spectrum_without_bias": ("test", "without_bias"),
}
# Shares of the training samples on which the logits' rank is read too: the torch rule's cut grows with n.
SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)


def spectra_rows(activations: str | Path) -> list[dict]:
    """Rows (point, index, split, matrix, n, d, sigma) from a file of compact activations.

    index: 1-based place of the point in the network. sigma: descending singular values of the
    n x d matrix, float64. split `subset`: of the logits of a part of the training samples, nested
    and drawn once. Raises ArtefactError for a damaged file.
    """
    file = Activations(activations)
    samples = {split: len(file[f"{split}.labels"]) for split in ("train", "test")}
    rows = [
        {
            "point": point,
            "index": index,
            "split": split,
            "matrix": matrix,
            "n": samples[split],
            "d": len(file[f"{point}.mean"]),
            "sigma": file[f"{point}.{name}"],
        }
        for index, point in enumerate(file.points, start=1)
        for name, (split, matrix) in MATRICES.items()
        if f"{point}.{name}" in file
    ]
    return rows + _subset_rows(file["train.logits"], len(file.points))


def _subset_rows(logits: NDArray, index: int) -> list[dict]:
    n, d = logits.shape
    order = _permutation(n)
    rows = []
    for count in (round(share * n) for share in SHARES):
        part = logits[order[:count]].astype(np.float64)
        with np.errstate(invalid="ignore"):  # logits that overflowed stay without a spectrum
            centred = part - part.mean(axis=1, keepdims=True)
        for matrix, values in (("raw", part), ("class_centred", centred)):
            common = {"point": "logits", "index": index, "split": "subset", "matrix": matrix}
            rows.append({**common, "n": count, "d": d, "sigma": _singular_values(values)})
    return rows


def _singular_values(matrix: NDArray) -> NDArray:
    """Descending, by SVD in float64; NaN where an entry is not finite."""
    if not np.isfinite(matrix).all():
        return np.full(min(matrix.shape), np.nan)
    return np.linalg.svd(matrix, compute_uv=False)


def _permutation(n: int) -> NDArray:
    """An order of n samples, the same for every run and version (see `spectrum.feature_subset`)."""
    key = int.from_bytes(hashlib.sha256(b"subset").digest()[:16], "big")
    return np.argsort(np.random.Philox(key=key).random_raw(n), kind="stable")
