"""Tidy tables: each begins with its run's identity, so that gathering is concatenation."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from unpacking_softmax.artefacts.reading import is_number, is_temperature, read_json, read_table

IDENTITY = ["dataset", "architecture", "variant", "temperature", "seed"]
# The columns of each kind of table, which its file is named after, beside the run's identity.
COLUMNS = {
    "history": "epoch rate loss seconds train_accuracy test_accuracy n logits_norm logits_norm_rms "
    "singular_values singular_values_centred singular_values_softmax",
    "spectra": "point index split matrix n d sigma",
    "probes": "source point index d n accuracy train_accuracy loss model_accuracy",
    "depth": "source index kappa_n kappa_relu reached model_accuracy rho rho_logits",
    "collapse": "point index measure source value",
    "detection": "source score dimension auroc fpr95 fpr95_openood",
    "alignment": "epoch point index max mean_row_max rows columns matrix",
    "gradients": "epoch point index n d sigma input_n input_d sigma_input",
    "evolution": "epoch source point index n d norm sigma orthodev orthodev_centred",
}
# Numerics of the propositions (`catalogue.THEORY`), which need no run.
NUMERICS = {
    "softmax_rank": "n k seed scale norm rank_before rank",
    "spectral_gap": "part temperature sigma_1 sigma_n gap ratio rank bound n seed i j product same "
    "gap_at gap_interior ratio_at ratio_interior rank_at",
    "gap_bound": "part n concentration draws violations tightness_mean tightness_max overlap_mean case "
    "gap bound",
    "rank_two": "part n seed scale rule rank rank_before closest",
}
TRAINED = "trained"
STATUSES = (TRAINED, "failed_to_train", "diverged")
# What figures and tables read of a run's record, and how each must look.
RECORDED = {
    "temperature_value": is_temperature,
    "status": lambda value: value in STATUSES,
    "train_accuracy": lambda value: is_number(value) and 0 <= value <= 1,
    "test_accuracy": lambda value: is_number(value) and 0 <= value <= 1,
    "logits_norm": is_number,
    "initial_logits_norm": is_number,
}


def gather(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The tables of several runs as one. Raises ArtefactError for one that cannot be read."""
    return pd.concat([_of_run(path) for path in paths], ignore_index=True)


def _of_run(path: str | Path) -> pd.DataFrame:
    return read_table(path, [*IDENTITY, *COLUMNS.get(Path(path).stem, "").split()])


def numerics(path: str | Path) -> pd.DataFrame:
    """The numerics of a proposition, whose name the file has. Raises ArtefactError."""
    return read_table(path, NUMERICS[Path(path).stem].split())


def records(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The `run.json` of several runs: identity, status, accuracies. Raises ArtefactError."""
    return pd.DataFrame([_record(path) for path in paths])


def _record(path: str | Path) -> dict:
    record = read_json(path, {"run": _is_identity, **RECORDED}, "trained")
    return {**record["run"], **{name: record[name] for name in RECORDED}}


def _is_identity(run: object) -> bool:
    types = dict.fromkeys(IDENTITY, str) | {"seed": int}
    return isinstance(run, dict) and {name: type(value) for name, value in run.items()} == types
