"""Spectra as they are stored: in float32, all but the first values to fewer digits, every count as it was.

A run at the paper's scale has half a million singular values, of which figures show the first few, and count
the others. Values whose last bits are zero compress well (as in climate archives: bit rounding, Kouznetsov,
Geosci. Model Dev. 14, 2021), and stay plain numbers to whoever opens the file.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unpacking_softmax.readings.rank import RULES, cut

LEADING = 8  # values that keep float32's precision: figures show the first five
EXACT = 23  # bits of float32's mantissa
BITS = 9  # of the mantissa of the others: an error of at most 1 in 1,000
COUNTED = 5  # where nothing but counts is ever read: 1 in 64
COSINES = 12  # of alignments: 1 in 8,000
LARGEST = float(np.finfo(np.float32).max)


def stored(sigma: ArrayLike, shapes: Iterable[tuple[int, int]], bits: int = BITS) -> NDArray:
    """Descending singular values in float32, the first LEADING to its precision, the others to `bits`.

    shapes: those of the matrices (n, d) at whose cuts they are counted. Under every rule of RULES, at each
    shape, as many lie above the cut as of the values given: one that rounding would move across a cut is
    moved to the nearest number on its own side. Values that float32 cannot hold come back as they are.
    """
    sigma = np.asarray(sigma, dtype=np.float64)
    if not len(sigma) or (np.isfinite(sigma[0]) and sigma[0] > LARGEST):
        return sigma
    kept = rounded(sigma, EXACT)
    kept[LEADING:] = rounded(sigma[LEADING:], bits)
    if not np.isfinite(sigma).all():
        return kept
    lower, upper = np.full(len(sigma), -np.inf), np.full(len(sigma), np.inf)
    for n, d in shapes:
        for rule in RULES:
            above, read = sigma > cut(sigma, n, d, rule), cut(kept[:1], n, d, rule)
            lower[above] = np.maximum(lower[above], read)
            upper[~above] = np.minimum(upper[~above], read)
    return np.clip(kept, _above(lower), _at_most(upper))


def rounded(values: ArrayLike, bits: int) -> NDArray[np.float32]:
    """Values in float32 with `bits` of its mantissa, to the nearest: within 1 in 2^(bits + 1)."""
    values = np.asarray(values, dtype=np.float32)
    if bits >= EXACT:
        return values.copy()
    unit = np.uint32(1 << (EXACT - bits))
    bare = (values.view(np.uint32) + unit // 2) & ~(unit - np.uint32(1))
    return np.where(np.isfinite(values), bare.view(np.float32), values)


def _above(bound: NDArray) -> NDArray[np.float32]:
    """The smallest float32 above each bound."""
    near = bound.astype(np.float32)
    return np.where(near > bound, near, np.nextafter(near, np.float32(np.inf)))


def _at_most(bound: NDArray) -> NDArray[np.float32]:
    """The largest float32 that is not above each bound."""
    near = bound.astype(np.float32)
    return np.where(near > bound, np.nextafter(near, np.float32(-np.inf)), near)


def stored_rows(kind: str, rows: Iterable[Mapping]) -> list[dict]:
    """The rows of a table of measures as they are stored; those of a kind that FORMS has not, as they are.

    Of logits figures count the values at cuts of their own: they keep float32's precision. A layer's input
    is counted at the cut of its gradient's shape too. Cosines are rounded to COSINES.
    """
    form = FORMS.get(kind, lambda row: {})
    return [{**row, **form(row)} for row in rows]


def _spectrum(row: Mapping) -> dict:
    bits = EXACT if row["point"] == "logits" else BITS
    return {"sigma": stored(row["sigma"], [(row["n"], row["d"])], bits)}


def _layer(row: Mapping) -> dict:
    shape, whole = (row["n"], row["d"]), (row["input_n"], row["input_d"])
    return {
        "sigma": stored(row["sigma"], [shape], COUNTED),
        "sigma_input": stored(row["sigma_input"], [shape, whole], COUNTED),
    }


def _counted(row: Mapping) -> dict:
    return {"sigma": stored(row["sigma"], [(row["n"], row["d"])], COUNTED)}


def _representation(row: Mapping) -> dict:
    sigma = row["sigma"]
    return {"sigma": sigma if sigma is None else stored(sigma, [(row["n"], row["d"])])}


FORMS: dict[str, Callable[[Mapping], dict]] = {
    "spectra": _spectrum,
    "alignment": lambda row: {"matrix": rounded(row["matrix"], COSINES)},
    "gradients": _layer,
    "evolution": _representation,
    "rescaled": _counted,
}
