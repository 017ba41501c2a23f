"""The paper's effects, run by run: effective depth, OOD drop, solution rank, test accuracy.

Tables 1, 3, 6-9 and the verdict read them here. One row is one run on one OOD data set.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.depth import effective_depth
from unpacking_softmax.readings.probes import SPREAD, over_probe_seeds, probe_spread
from unpacking_softmax.readings.rank import RULES, class_centred_rank, cut, numerical_rank
from unpacking_softmax.readings.runs import unmatched

# Subtracting each sample's mean logit changes no softmax, so the class-centred matrix is the one
# whose rank the network's output depends on; raw logits keep a direction that training never moves.
SOLUTION = "class_centred"
MATRICES = ("raw", SOLUTION)
# Fractions; solution ranks are counts.
SHARES = ("kappa_n", "kappa_relu", "kappa_n_common", "rho", "rho_logits", "test_accuracy")


def rank_column(matrix: str, rule: str) -> str:
    """Name of the column with the solution rank of a matrix under a rule."""
    return f"sr_{matrix}_{rule}"


RANKS = tuple(rank_column(matrix, rule) for matrix in MATRICES for rule in RULES)


def of_grid(table: pd.DataFrame, grid: Mapping) -> pd.DataFrame:
    """The rows of a table that belong to a grid's runs. grid: as `Settings` describes grids."""
    if table.empty:
        return table
    own = (
        table[["dataset", "architecture", "variant"]]
        == [grid["dataset"], grid["architecture"], grid["variant"]]
    ).all(axis=1)
    return table[own & table["temperature"].isin(grid["temperatures"]) & table["seed"].isin(grid["seeds"])]


def trained_rows(table: pd.DataFrame, records: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows of runs that trained, with these columns of their records."""
    runs = records.loc[records["status"] == Status.TRAINED, [*IDENTITY, *columns]]
    return table.merge(runs, on=IDENTITY)


def of_trained(rows: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The rows of runs that trained; of a temperature at which none did, all. Both of one grid."""
    status = rows[IDENTITY].merge(records[[*IDENTITY, "status"]], on=IDENTITY, how="left")["status"]
    trained = (status == Status.TRAINED).to_numpy()
    return rows[trained | ~rows["temperature"].isin(rows.loc[trained, "temperature"])]


def read_effects(files: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """The tables of runs that effects are read from: depth, probes, spectra (the solutions') and record.

    files: paths of each kind. Raises ArtefactError for one that cannot be read.
    """
    return {
        "depth": tables.gather(files["depth"]),
        "probes": tables.gather(files["probes"]),
        # One file at a time: whole spectra of a grid would not fit beside each other.
        "spectra": pd.concat([solution_spectra(tables.gather([path])) for path in files["spectra"]]),
        "record": tables.records(files["record"]),
    }


def solution_spectra(spectra: pd.DataFrame) -> pd.DataFrame:
    """The rows that solution ranks are read from: logits of the whole training split."""
    wanted = (spectra["point"] == "logits") & (spectra["split"] == "train")
    return spectra[wanted & spectra["matrix"].isin(MATRICES)]


def solution_ranks(spectra: pd.DataFrame, rank_rule: str) -> pd.DataFrame:
    """One row a run: the solution rank of each of MATRICES under each rule (RANKS), and the one shown.

    `sr` is that of the class-centred logits under `rank_rule`, `cut` its threshold over sigma_1;
    `classes` the number of logits. A spectrum that is not finite has rank NaN.
    """
    rows = []
    for run, matrices in solution_spectra(spectra).groupby(IDENTITY, sort=False):
        values = dict(zip(IDENTITY, run, strict=True))
        for s, n, d, matrix in zip(*(matrices[c] for c in ("sigma", "n", "d", "matrix")), strict=True):
            read = class_centred_rank if matrix == SOLUTION else numerical_rank
            values |= {rank_column(matrix, rule): read(s, n, d, rule) for rule in RULES}
            if matrix == SOLUTION:
                top = float(np.max(s, initial=0.0))
                values |= {"classes": d, "cut": cut(s, n, d, rank_rule) / top if top > 0 else np.nan}
        rows.append({**values, "sr": values[rank_column(SOLUTION, rank_rule)]})
    return pd.DataFrame(rows, columns=[*IDENTITY, *RANKS, "classes", "cut", "sr"])


def common_depth(probes: pd.DataFrame, bar_accuracy: float, threshold: float) -> pd.DataFrame:
    """kappa_N of each run on one bar: the first point to reach `threshold` of `bar_accuracy`.

    A temperature that loses accuracy lowers its own bar; on the baseline's bar that does not help.
    """
    own = over_probe_seeds(probes[probes["source"] == probes["dataset"]])
    rows = []
    for run, curve in own.groupby(IDENTITY, sort=False):
        accuracy = curve.sort_values("index")["accuracy"].to_numpy()[:-1]
        depth = effective_depth(accuracy, bar_accuracy, threshold=threshold, reference="model")
        rows.append({**dict(zip(IDENTITY, run, strict=True)), "kappa_n_common": depth.kappa_n})
    return pd.DataFrame(rows, columns=[*IDENTITY, "kappa_n_common"])


def effects(
    depth: pd.DataFrame,
    probes: pd.DataFrame,
    spectra: pd.DataFrame,
    records: pd.DataFrame,
    grid: Mapping,
    readings: Mapping,
) -> pd.DataFrame:
    """The effects of a grid's runs: SHARES, RANKS, SPREAD, `sr`, `classes`, `cut`, `status`, `source`.

    readings: `rank_rule`, `depth_threshold` and `depth_reference`. A run that failed to train has no
    numbers. A run that was not probed has one row, with `source` None and no depth.
    """
    runs = of_grid(records, grid)
    trained = runs["status"] == Status.TRAINED
    bar = runs.loc[trained & (runs["temperature"] == grid["baseline"]), "test_accuracy"].mean()
    table = runs.merge(solution_ranks(of_grid(spectra, grid), readings["rank_rule"]), on=IDENTITY, how="left")
    if len(depth):
        probed = of_grid(probes, grid)
        common = common_depth(probed, bar, readings["depth_threshold"])
        for measured in (of_grid(depth, grid), common):
            table = table.merge(measured, on=IDENTITY, how="left")
        table = table.merge(probe_spread(probed, readings), on=[*IDENTITY, "source"], how="left")
    table = table.reindex(columns=list(dict.fromkeys([*table, "source", *SHARES, *SPREAD])))
    numbers = [*SHARES, *RANKS, *SPREAD, "sr"]
    table[numbers] = table[numbers].astype(float)
    table.loc[table["status"] != Status.TRAINED, numbers] = np.nan
    return table


def accuracy_gaps(records: pd.DataFrame, grid: Mapping, within: float) -> dict[str, float]:
    """Temperatures of a grid that train, but whose mean test accuracy lies more than `within` below
    the baseline's, and by how much; none where the baseline fails itself."""
    runs = of_grid(records, grid)
    trained = runs[runs["status"] == Status.TRAINED]
    if grid["baseline"] not in set(trained["temperature"]):
        return {}
    return unmatched(trained, grid["baseline"], within)
