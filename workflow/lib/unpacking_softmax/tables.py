"""Reading tidy tables: each begins with its run's identity, so that gathering is concatenation."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from unpacking_softmax.errors import ArtefactError

RECORDED = (
    "temperature_value",
    "status",
    "train_accuracy",
    "test_accuracy",
    "logits_norm",
    "initial_logits_norm",
)
IDENTITY = ["dataset", "architecture", "variant", "temperature", "seed"]


def gather(paths: Iterable[str]) -> pd.DataFrame:
    """The tables of several runs as one. Raises ArtefactError for one that cannot be read."""
    return pd.concat([_read(path) for path in paths], ignore_index=True)


def _read(path: str) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ArtefactError(f"{path}: {error}; delete it, and it is made again") from error
    missing = [name for name in IDENTITY if name not in table]
    if missing:
        raise ArtefactError(f"{path}: lacks the columns {missing}; delete it, and it is made again")
    return table


def records(paths: Iterable[str]) -> pd.DataFrame:
    """The `run.json` of several runs: identity, status, accuracies."""
    rows = []
    for path in paths:
        try:
            record = json.loads(Path(path).read_text(encoding="utf-8"))
            rows.append({**record["run"], **{name: record[name] for name in RECORDED}})
        except (OSError, ValueError, KeyError) as error:
            raise ArtefactError(f"{path}: {error!r}; delete it, and it is made again") from error
    return pd.DataFrame(rows)
