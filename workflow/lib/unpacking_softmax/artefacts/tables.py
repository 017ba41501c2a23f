"""Tidy tables: each begins with its run's identity, so that gathering is concatenation."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from unpacking_softmax.artefacts.identity import named_by
from unpacking_softmax.artefacts.kinds import NUMERICS, OF_RUNS, RUN, Status
from unpacking_softmax.artefacts.reading import is_number, is_temperature, read_record, read_table

IDENTITY = [*RUN]
# What figures and tables read of a run's record, and how each must look.
RECORDED = {
    "temperature_value": is_temperature,
    "status": lambda value: value in tuple(Status),
    "train_accuracy": lambda value: is_number(value) and 0 <= value <= 1,
    "test_accuracy": lambda value: is_number(value) and 0 <= value <= 1,
    "logits_norm": is_number,
    "initial_logits_norm": is_number,
}


def gather(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The tables of several runs as one. Raises ArtefactError for one that cannot be read."""
    return pd.concat([_of_run(path) for path in paths], ignore_index=True)


def _of_run(path: str | Path) -> pd.DataFrame:
    kind = OF_RUNS.get(Path(path).stem)  # whose name the file has
    return read_table(path, kind.header, named_by(kind.name, path)) if kind else read_table(path, IDENTITY)


def numerics(path: str | Path) -> pd.DataFrame:
    """The numerics of a proposition, whose name the file has. Raises ArtefactError."""
    return read_table(path, NUMERICS[Path(path).stem].split())


def records(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The `run.json` of several runs: identity, status, accuracies. Raises ArtefactError.

    A network whose weights were imported counts as trained, where that was done.
    """
    return pd.DataFrame([_record(path) for path in paths])


def _record(path: str | Path) -> dict:
    record = read_record(path, {"run": _is_identity, **RECORDED})
    values = {**record["run"], **{name: record[name] for name in RECORDED}}
    return values | ({"status": Status.TRAINED.value} if values["status"] == Status.IMPORTED else {})


def _is_identity(run: object) -> bool:
    types = dict.fromkeys(IDENTITY, str) | {"seed": int}
    return isinstance(run, dict) and {name: type(value) for name, value in run.items()} == types
