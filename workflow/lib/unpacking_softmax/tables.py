"""Reading what the workflow wrote: tidy tables, each beginning with its run's identity, and records."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from unpacking_softmax.errors import unusable

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
# Networks before training: no temperature, no seed.
INITIAL_NORMS = "dataset architecture variant network n batch norm_train_mode norm_rms norm_eval"
# Numerics of the propositions (`catalogue.THEORY`), which need no run.
NUMERICS = {
    "softmax_rank": "n k seed scale norm rank_before rank",
    "spectral_gap": "part temperature sigma_1 sigma_n gap ratio rank bound n seed i j product same "
    "gap_at gap_interior ratio_at ratio_interior rank_at",
    "gap_bound": "part n concentration draws violations tightness_mean tightness_max overlap_mean case "
    "gap bound",
    "rank_two": "part n seed scale rule rank rank_before closest",
}
STATUSES = ("trained", "failed_to_train", "diverged")
# What figures and tables read of a run's record, and how each must look.
RECORDED = {
    "temperature_value": lambda value: _is_number(value) and 0 < value < math.inf,
    "status": lambda value: value in STATUSES,
    "train_accuracy": lambda value: _is_number(value) and 0 <= value <= 1,
    "test_accuracy": lambda value: _is_number(value) and 0 <= value <= 1,
    "logits_norm": lambda value: _is_number(value),
    "initial_logits_norm": lambda value: _is_number(value),
}


def gather(paths: Iterable[str]) -> pd.DataFrame:
    """The tables of several runs as one. Raises ArtefactError for one that cannot be read."""
    return pd.concat([_of_run(path) for path in paths], ignore_index=True)


def _of_run(path: str) -> pd.DataFrame:
    return _read(path, [*IDENTITY, *COLUMNS.get(Path(path).stem, "").split()])


def initial_norms(paths: Iterable[str]) -> pd.DataFrame:
    """Norms of networks before training, several files as one. Raises ArtefactError."""
    return pd.concat([_read(path, INITIAL_NORMS.split()) for path in paths], ignore_index=True)


def numerics(path: str) -> pd.DataFrame:
    """The numerics of a proposition, whose name the file has. Raises ArtefactError."""
    return _read(path, NUMERICS[Path(path).stem].split())


def _read(path: str, columns: Iterable[str]) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise unusable(path, error) from error
    if missing := [name for name in columns if name not in table]:
        raise unusable(path, f"lacks the columns {missing}")
    return table


def records(paths: Iterable[str]) -> pd.DataFrame:
    """The `run.json` of several runs: identity, status, accuracies. Raises ArtefactError."""
    return pd.DataFrame([_record(path) for path in paths])


def _record(path: str) -> dict:
    record = read_json(path, {"run": _is_identity, **RECORDED}, "trained")
    return {**record["run"], **{name: record[name] for name in RECORDED}}


def snapshot_epochs(path: str) -> list[int]:
    """The epochs after which a run kept its weights. Raises ArtefactError."""
    return read_json(path, {"epochs": _are_epochs}, "trained")["epochs"]


def read_json(path: str | Path, form: Mapping, again: str = "made") -> dict:
    """The values of a JSON file. form: what each value that is needed must satisfy.

    Raises ArtefactError where the file is damaged or a value is missing or of another form.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(path, error, again) from error
    for name, fits in form.items():
        if not isinstance(values, dict) or name not in values:
            raise unusable(path, f"lacks {name}", again)
        if not fits(values[name]):
            raise unusable(path, f"has the impossible {name} = {values[name]!r}", again)
    return values


def _are_epochs(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_identity(run: object) -> bool:
    types = dict.fromkeys(IDENTITY, str) | {"seed": int}
    return isinstance(run, dict) and {name: type(value) for name, value in run.items()} == types
