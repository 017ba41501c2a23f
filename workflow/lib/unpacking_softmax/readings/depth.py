"""Effective depth kappa and OOD generalisation drop rho, from curves of probe accuracy.

Curves run over the post-ReLU points in network order; accuracies and results are fractions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Accuracies are ratios of counts: an exact tie with the bar must not be lost to rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Depth:
    """Where a probe first reaches the bar.

    index: 1-based k over the N = len(curve) + 1 points, the last of which is the logits.
    kappa_n: k / N, the axis of Tables 1, 3 and 9.
    kappa_relu: (k - 1) / (N - 2), zero-based over post-ReLU points, the axis of Tables 7 and 8;
        1 where only the logits reach the bar.
    reached: whether a post-ReLU point reaches the bar.
    """

    index: int
    kappa_n: float
    kappa_relu: float
    reached: bool


def effective_depth(
    probe_accuracy: Sequence[float],
    model_accuracy: float,
    *,
    threshold: float,
    reference: str,
) -> Depth:
    """The first point whose probe reaches `threshold` of the reference accuracy (Section 2.1).

    `reference`: "model", the network's own test accuracy `model_accuracy` (that of the T = 1
    network puts several temperatures on a common bar), or "last-probe", the accuracy of the last
    post-ReLU probe. The logits, being the model, always count as reaching the bar. Needs at least
    two post-ReLU points.
    """
    accuracy = np.asarray(probe_accuracy, dtype=np.float64)
    bar = threshold * {"model": model_accuracy, "last-probe": accuracy[-1]}[reference]
    passing = np.flatnonzero(accuracy >= bar - ROUNDING)
    points = len(accuracy) + 1
    index = int(passing[0]) + 1 if len(passing) else points
    return Depth(
        index=index,
        kappa_n=index / points,
        kappa_relu=min(index - 1, points - 2) / (points - 2),
        reached=len(passing) > 0,
    )


def ood_drop(accuracies: Sequence[float], final: float | None = None) -> float:
    """rho = (max - final) / max of OOD probe accuracies over the post-ReLU points (Section 2.1).

    `final` is the last of them unless given: with the accuracy at the logits it is the variant that
    ends there, which may be negative. NaN where no probe is ever right.
    """
    best = max(accuracies)
    last = accuracies[-1] if final is None else final
    return (best - last) / best if best > 0 else float("nan")


def depth_and_drop(
    curves: Mapping[str, Sequence[float]],
    dataset: str,
    model_accuracy: float,
    threshold: float,
    reference: str,
) -> list[dict]:
    """kappa and rho of one run, a row for each data set it was probed on out of distribution.

    curves: probe accuracies in network order, the logits last, by data set; dataset: the one it was
    trained on, with the network's test accuracy. Columns as `runs.depth_rows` has them.
    """
    depth = effective_depth(curves[dataset][:-1], model_accuracy, threshold=threshold, reference=reference)
    common = {**vars(depth), "model_accuracy": model_accuracy}
    rows = []
    for source, (*hidden, logits) in curves.items():
        if source != dataset:
            drops = {"rho": ood_drop(hidden), "rho_logits": ood_drop(hidden, logits)}
            rows.append({"source": source, **common, **drops})
    return rows or [{"source": None, **common, "rho": float("nan"), "rho_logits": float("nan")}]
