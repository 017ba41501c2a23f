"""Probes of several first weights: their mean, which all else reads, and what it leaves of their spread."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.depth import depth_and_drop

# A table that an earlier version wrote lacks this column: it holds one probe seed.
PROBE_SEED = "probe_seed"
SCORES = ("accuracy", "train_accuracy", "loss")
READ = ("kappa_n", "kappa_relu", "rho", "rho_logits")
SPREAD = [*(f"{name}_probe_{part}" for name in READ for part in ("mean", "var")), "probe_seeds"]


def over_probe_seeds(probes: pd.DataFrame) -> pd.DataFrame:
    """The table with one row for each run, source and point: scores averaged over probe seeds.

    probes: rows of `probing.probe_rows`, of one run or of many with their identity.
    """
    if PROBE_SEED not in probes:
        return probes
    scores = [name for name in SCORES if name in probes]
    kept = [name for name in probes if name != PROBE_SEED]
    keys = [name for name in kept if name not in scores]
    return probes.groupby(keys, sort=False, dropna=False)[scores].mean().reset_index()[kept]


def by_probe_seed(probes: pd.DataFrame, threshold: float, reference: str) -> pd.DataFrame:
    """kappa and rho that each probe seed alone gives: columns IDENTITY, source (the OOD set), READ.

    threshold, reference: as `depth.effective_depth` takes them.
    """
    rows = []
    for run, own in _curves(probes).items():
        for curves, model_accuracy in own:
            found = depth_and_drop(curves, run[0], model_accuracy, threshold, reference)
            rows += [{**dict(zip(IDENTITY, run, strict=True)), **row} for row in found]
    return pd.DataFrame(rows, columns=[*IDENTITY, "source", *READ])


def _curves(probes: pd.DataFrame) -> dict[tuple, list[tuple[dict, float]]]:
    """For each run, for each of its probe seeds: accuracies by source in network order, and the network's."""
    ordered = probes.sort_values("index", kind="stable")
    keys = [*IDENTITY, PROBE_SEED, "source"]
    found: dict[tuple, dict] = {}
    for (*run, seed, source), rows in ordered.groupby(keys, sort=True):
        curves, model = found.setdefault(tuple(run), {}).setdefault(seed, ({}, {}))
        curves[source] = rows["accuracy"].to_numpy()
        model[source] = rows["model_accuracy"].iloc[0]
    return {run: [(curves, model[run[0]]) for curves, model in own.values()] for run, own in found.items()}


def probe_spread(probes: pd.DataFrame, readings: Mapping) -> pd.DataFrame:
    """Over the probe seeds of each run and OOD set: mean and sample variance of READ, and their number.

    readings: `depth_threshold` and `depth_reference`. Columns IDENTITY, source, SPREAD. No rows for a
    table that holds one probe seed.
    """
    keys = [*IDENTITY, "source"]
    if PROBE_SEED not in probes or probes[PROBE_SEED].nunique() < 2:
        return pd.DataFrame(columns=[*keys, *SPREAD])
    alone = by_probe_seed(probes, readings["depth_threshold"], readings["depth_reference"])
    groups = alone.groupby(keys, sort=False, dropna=False)
    parts = {f"{name}_probe_{part}": groups[name].agg(part) for name in READ for part in ("mean", "var")}
    return pd.DataFrame({**parts, "probe_seeds": groups.size()}).reset_index()


def probe_share(runs: pd.DataFrame, name: str) -> tuple[float, float]:
    """What another probe seed changes in a number of runs that differ in their seed only: (sd, share).

    runs: a row a run, with the columns SPREAD. One-way analysis of variance: within = mean over runs of
    the variance over probe seeds; between = variance over runs of the means, less what of it the probes
    make (the mean of variance / probe seeds), at least 0. sd = sqrt(within), in the number's unit: the
    standard deviation of a run read from one probe seed. share = within / (within + between): of the
    variance of such a reading over runs. NaN with one probe seed; the share also with one run, and where
    nothing varies.
    """
    variance = runs[f"{name}_probe_var"].astype(float)
    within = variance.mean()
    made = (variance / runs["probe_seeds"].astype(float)).mean()
    between = np.maximum(runs[f"{name}_probe_mean"].astype(float).var() - made, 0)
    total = within + between
    return float(np.sqrt(within)), float(within / total) if total > 0 else float("nan")
