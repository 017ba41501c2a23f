"""Streaming second moments of one representation, and the spectra that follow from them.

The rows of X (n, d) are samples. Singular values come from the d x d Gram matrix X^T X, summed in
float64: its eigenvalues are the squared singular values, good down to sigma / sigma_1 of about
1.5e-8 (the root of float64's epsilon). In float32 the same route would stop at about 3e-4, above
some of the rank rules. Cards with little float64 take another way to the same matrix (`gram.Factor`).
"""

import hashlib
import math

import numpy as np
import torch
from torch import Tensor

from unpacking_softmax.measures.gram import products


class Moments:
    """Sums over the samples seen so far of a d-dimensional representation with C classes.

    All in float64 on `device`: gram (d, d), sum (d,), class_sums (C, d), class_squares (C,) (the
    sums of squared norms) and class_counts (C,); n is the number of samples. Nothing else of the
    samples is kept. Where a sample was not finite, spectra and traces are NaN.
    """

    def __init__(self, d: int, classes: int, device: torch.device | str = "cpu"):
        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.float64, device=device)

        self.n = 0
        self._products = products(d, torch.device(device))
        self.sum = zeros(d)
        self.class_sums = zeros(classes, d)
        self.class_squares = zeros(classes)
        self.class_counts = zeros(classes)

    def update(self, x: Tensor, labels: Tensor | None = None) -> None:
        """Add the samples x (b, d), of labels (b,) in 0..C-1; without these, for spectra alone.

        x is cast to float64 before any product, so that neither TF32 nor float32 rounds it.
        """
        x = x.double()
        self._products.add(x)
        if labels is None:
            self.n += len(x)
            return
        # A product with the one-hot labels, unlike index_add_, adds in a fixed order on a GPU.
        classes = torch.arange(len(self.class_counts), device=x.device)
        members = (labels == classes[:, None]).double()
        self.n += len(x)
        self.sum += x.sum(0)
        self.class_sums.addmm_(members, x)
        self.class_squares += members @ x.square().sum(1)
        self.class_counts += members.sum(1)

    @property
    def gram(self) -> Tensor:
        """X^T X."""
        return self._products.matrix()

    def spectrum(self) -> Tensor:
        """Singular values of X, descending, (min(n, d),) float64."""
        return self._singular_values(self._products.triangle())

    def spectrum_about(self, centre: Tensor) -> Tensor:
        """Singular values of X - 1 centre^T, centre (d,): logits without bias, for instance."""
        centre = centre.double()
        cross = torch.outer(self.sum, centre)
        gram = self.gram - cross - cross.T + self.n * torch.outer(centre, centre)
        return self._singular_values(gram)

    def class_centred_spectrum(self) -> Tensor:
        """Singular values of X (I - 11^T/d): the mean of each row over its d columns removed.

        Meant for logits, where it takes away just what no softmax over classes can see.
        """
        gram = self.gram
        rows = gram - gram.mean(0)
        return self._singular_values(rows - rows.mean(1, keepdim=True))

    def leading(self, k: int) -> tuple[Tensor, Tensor]:
        """`spectrum()`, and the first k right singular vectors of X as columns, (d, k) float64.

        They are the left singular vectors of the paper's A = X^T. A vector's sign is arbitrary:
        here its entry of largest magnitude is positive.
        """
        gram, count = self._products.triangle(), min(self.n, len(self.sum))
        if not gram.isfinite().all():
            return torch.full_like(gram[0, :count], math.nan), torch.full_like(gram[:, :k], math.nan)
        values, vectors = torch.linalg.eigh(gram)
        vectors = vectors.flip(1)[:, :k]
        largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        return values.flip(0)[:count].clamp_min(0).sqrt(), vectors * largest.sign()

    def mean(self) -> Tensor:
        """Mean over all samples, (d,)."""
        return self.sum / self.n

    def class_means(self) -> Tensor:
        """Mean of each class, (C, d); NaN for a class without samples."""
        return self.class_sums / self.class_counts[:, None]

    def class_variances(self) -> Tensor:
        """Mean of ||x - mu_c||^2 over each class, (C,); NaN for a class without samples."""
        variances = self.class_squares / self.class_counts - self.class_means().square().sum(1)
        return variances.clamp_min(0)

    def within_trace(self) -> float:
        """tr(Sigma_W), Sigma_W = (1/n) sum over samples of (x - mu_c)(x - mu_c)^T."""
        present = self.class_counts > 0
        squares = self.class_counts[present] * self.class_variances()[present]
        return squares.sum().item() / self.n

    def between_trace(self) -> float:
        """tr(Sigma_B), with Sigma_B as in `within_projected`."""
        return self._between_factor().square().sum().item()

    def within_projected(self) -> tuple[Tensor, Tensor]:
        """V^T Sigma_W V (r, r) and the r non-zero eigenvalues of Sigma_B, descending.

        V holds the eigenvectors of Sigma_B = sum_c (n_c/n) (mu_c - mu_G)(mu_c - mu_G)^T, which for
        balanced classes is the plain average over classes (Papyan, Han and Donoho 2020); weighted,
        Sigma_W + Sigma_B is the covariance of all samples, and r <= C - 1, always. Then
        tr(Sigma_W pinv(Sigma_B)) = sum_i (V^T Sigma_W V)_ii / eigenvalue_i. An eigenvalue is zero
        where `torch.linalg.pinv` of the d x d matrix would take it so.
        """
        factor = self._between_factor()
        if not factor.isfinite().all():
            return factor.new_full((1, 1), math.nan), factor.new_full((1,), math.nan)
        _, sigma, vectors = torch.linalg.svd(factor, full_matrices=False)
        eigenvalues = sigma.square()[: len(factor) - 1]
        cut = torch.finfo(torch.float64).eps * factor.shape[1] * sigma[0].square()
        eigenvalues = eigenvalues[eigenvalues > cut]
        vectors = vectors[: len(eigenvalues)]
        sums = self.class_sums[self.class_counts > 0] @ vectors.T
        counts = self.class_counts[self.class_counts > 0]
        between_means = sums.T @ (sums / counts[:, None])
        return (vectors @ self.gram @ vectors.T - between_means) / self.n, eigenvalues

    def _between_factor(self) -> Tensor:
        """F (classes present, d) with Sigma_B = F^T F."""
        present = self.class_counts > 0
        weights = (self.class_counts[present] / self.n).sqrt()
        return weights[:, None] * (self.class_means()[present] - self.mean())

    def _singular_values(self, gram: Tensor) -> Tensor:
        count = min(self.n, len(gram))
        if not gram.isfinite().all():
            return torch.full_like(gram[0, :count], math.nan)
        # Rounding can leave an eigenvalue that is zero a little below it.
        return torch.linalg.eigvalsh(gram).flip(0)[:count].clamp_min(0).sqrt()


def feature_subset(d: int, limit: int, key: str) -> Tensor:
    """min(d, limit) of the feature indices 0..d-1, uniform without replacement, sorted, int64.

    The draw depends on `key` (architecture and point) alone, so that networks, epochs and datasets
    are compared on the same features. It ranks raw words of Philox, a counter-based generator:
    unlike library sampling functions it is the same in every version.
    """
    words = np.random.Philox(key=int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big"))
    chosen = np.argsort(words.random_raw(d), kind="stable")[:limit]
    return torch.from_numpy(np.sort(chosen).astype(np.int64))
