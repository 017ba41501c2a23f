"""X^T X of a representation, summed over batches of samples: two ways to the same matrix."""

import logging
import time
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

from unpacking_softmax.machine.arithmetic import float32_arithmetic

log = logging.getLogger(__name__)
SLOW = 8  # times as long as in float32; from there QR in float32 is the faster way ...
WIDE = 2048  # ... for matrices with as many columns; a smaller one costs nothing either way
TRIAL = 2048  # side of the matrices that are timed


class Gram:
    """X^T X (d, d) in float64, of samples cast to float64 before any product."""

    def __init__(self, d: int, device: torch.device | str = "cpu"):
        self._matrix = torch.zeros(d, d, dtype=torch.float64, device=device)

    def add(self, x: Tensor) -> None:
        """Add the samples x (b, d), float64. Of a wide matrix only blocks on and above the diagonal."""
        blocks = len(self._matrix) // WIDE + 1
        edges = [len(self._matrix) * i // blocks for i in range(blocks + 1)]
        for start, stop in pairwise(edges):
            self._matrix[start:stop, start:].addmm_(x[:, start:stop].T, x[:, start:])

    def matrix(self) -> Tensor:
        """X^T X, (d, d) float64."""
        return self._matrix.triu() + self._matrix.triu(1).T

    def triangle(self) -> Tensor:
        """X^T X on and below the diagonal, all that torch's eigenvalue solvers read: not a copy of it."""
        return self._matrix.T


class Factor:
    """The same from the triangular factor R of X = QR, in float32, by QR of R and the next samples.

    R^T R in float64 costs d^3, not n d^2. QR is backward stable: singular values are good to about
    1e-6 sigma_1, below every rank rule (Golub and Van Loan, Matrix Computations, section 5.2).
    """

    def __init__(self, d: int, device: torch.device | str = "cpu"):
        self._factor = torch.zeros(0, d, device=device)
        self._waiting: list[Tensor] = []

    def add(self, x: Tensor) -> None:
        """Add the samples x (b, d); they are kept, in float32, until there are d of them."""
        self._waiting.append(x.float())
        if sum(map(len, self._waiting)) >= x.shape[1]:
            self._reduce()

    def matrix(self) -> Tensor:
        """X^T X, (d, d) float64."""
        self._reduce()
        factor = self._factor.double()
        return factor.T @ factor

    triangle = matrix

    def _reduce(self) -> None:
        if self._waiting:
            rows = torch.cat([self._factor, *self._waiting])
            with float32_arithmetic(tf32=False):
                self._factor = torch.linalg.qr(rows, mode="r").R
            self._waiting = []


def products(d: int, device: torch.device) -> Gram | Factor:
    """The way that this device is faster at."""
    return Factor(d, device) if d >= WIDE and float64_is_slow(device) else Gram(d, device)


@cache
def float64_is_slow(device: torch.device) -> bool:
    """Whether a GPU multiplies in float64 so slowly that `Factor` is the faster way, by trial.

    Data-centre cards take as long as in float32; others 32 or 64 times as long.
    """
    if device.type != "cuda":
        return False
    with float32_arithmetic(tf32=False):
        single, double = (_seconds(dtype, device) for dtype in (torch.float32, torch.float64))
    if double > SLOW * single:
        log.info("float64 is %.0f times as slow as float32 here: spectra by QR in float32", double / single)
    return double > SLOW * single


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    x = torch.ones(TRIAL, TRIAL, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(3):
        torch.cuda.synchronize(device)
        began = time.perf_counter()
        x @ x
        torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - began)
    return best
