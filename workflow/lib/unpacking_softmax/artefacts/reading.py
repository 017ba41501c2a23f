"""Reading what the workflow wrote, as it is, or saying what is wrong with the file."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from unpacking_softmax.artefacts.errors import unusable
from unpacking_softmax.artefacts.kinds import KINDS


def read_table(path: str | Path, columns: Iterable[str]) -> pd.DataFrame:
    """A table. Raises ArtefactError where it is damaged or lacks one of the columns."""
    try:
        table = pd.read_parquet(path, page_checksum_verification=True)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise unusable(path, error) from error
    if missing := [name for name in columns if name not in table]:
        raise unusable(path, f"lacks the columns {missing}")
    return table


def read_json(path: str | Path, form: Mapping[str, Callable[[object], bool]], again: str = "made") -> dict:
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


def initial_norms(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Norms of networks before training, several files as one. Raises ArtefactError."""
    return pd.concat([read_table(path, KINDS["initial_norms"].header) for path in paths], ignore_index=True)


def matched_temperature(path: str | Path) -> float:
    """The temperature that a calibration found. Raises ArtefactError."""
    return read_json(path, {"temperature": is_temperature})["temperature"]


def run_temperature(path: str | Path) -> float:
    """The number behind the temperature of a run, from its record. Raises ArtefactError."""
    return read_json(path, {"temperature_value": is_temperature}, "trained")["temperature_value"]


def snapshot_epochs(path: str | Path) -> list[int]:
    """The epochs after which a run kept its weights. Raises ArtefactError."""
    return read_json(path, {"epochs": _are_epochs}, "trained")["epochs"]


def is_number(value: object) -> bool:
    """Whether a value is a number, NaN and infinity included; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_temperature(value: object) -> bool:
    """Whether a value is a number that logits can be divided by."""
    return is_number(value) and 0 < value < math.inf


def _are_epochs(values: object) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(type(value) is int and value >= 0 for value in values)
    )
