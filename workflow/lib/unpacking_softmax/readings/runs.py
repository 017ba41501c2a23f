"""Numbers read from stored tables: depth and drop from probes, ranks from spectra, matched accuracy."""

import pandas as pd

from unpacking_softmax.readings.depth import ROUNDING, depth_and_drop
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.readings.rank import class_centred_rank, cut, numerical_rank


def depth_rows(probes: pd.DataFrame, dataset: str, threshold: float, reference: str) -> list[dict]:
    """kappa and rho of one run, a row for each data set it was probed on out of distribution.

    probes: the run's rows from `probing.probe_rows`, of whose probe seeds the mean accuracies are read.
    dataset: the one it was trained on. Columns:
    source (the OOD set), index, kappa_n, kappa_relu, reached, model_accuracy, rho (final layer: the
    last post-ReLU point), rho_logits (final layer: the logits). Without an OOD set: one row, no rho.
    """
    means = over_probe_seeds(probes).sort_values("index")
    curves = {source: rows["accuracy"].tolist() for source, rows in means.groupby("source")}
    model_accuracy = means.loc[means["source"] == dataset, "model_accuracy"].iloc[0]
    return depth_and_drop(curves, dataset, model_accuracy, threshold, reference)


def evaluated(history: pd.DataFrame) -> pd.DataFrame:
    """The epochs of histories after which the network was evaluated (see `Recipe.evaluate_every`)."""
    return history if history.empty else history.dropna(subset="logits_norm")


def ranks(spectra: pd.DataFrame, rule: str) -> pd.DataFrame:
    """The rows of a table of spectra with `rank` and the `cut` it was read at, without `sigma`."""
    matrices = spectra["matrix"] if "matrix" in spectra else [None] * len(spectra)
    read = []
    for matrix, s, n, d in zip(matrices, spectra["sigma"], spectra["n"], spectra["d"], strict=True):
        rank = class_centred_rank if matrix == "class_centred" else numerical_rank
        read.append({"rank": rank(s, n, d, rule), "cut": cut(s, n, d, rule)})
    return spectra.drop(columns="sigma").assign(**pd.DataFrame(read, index=spectra.index))


def unmatched(records: pd.DataFrame, baseline: str, within: float) -> dict[str, float]:
    """Temperatures whose mean test accuracy lies more than `within` below the baseline's, and by how much.

    records: one row a run (see `tables.records`) of one grid; accuracies are fractions. Without runs at
    the baseline nothing can be said: none.
    """
    means = records.groupby("temperature")["test_accuracy"].mean()
    if baseline not in means:
        return {}
    gaps = means[baseline] - means
    return gaps[gaps > within + ROUNDING].to_dict()


def over_seeds(table: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    """Mean and sample standard deviation over seeds: columns `<value>_mean`, `_std`, and `seeds`.

    One seed has no standard deviation: NaN.
    """
    groups = table.groupby(by, sort=False, dropna=False)
    parts = {f"{v}_{name}": groups[v].agg(name) for v in values for name in ("mean", "std")}
    return pd.DataFrame({**parts, "seeds": groups["seed"].nunique()}).reset_index()
