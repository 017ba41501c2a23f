"""Reading what the workflow wrote, as it is, or saying what is wrong with the file."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa

from unpacking_softmax.artefacts.errors import unusable
from unpacking_softmax.artefacts.identity import checksum, mismatch, named_by
from unpacking_softmax.artefacts.kinds import KINDS


def read_table(
    path: str | Path, columns: Iterable[str], named: Mapping[str, str] = MappingProxyType({})
) -> pd.DataFrame:
    """A table. Raises ArtefactError where it is damaged, is empty or lacks one of the columns.

    named: what its path says that it is of (see `identity.named_by`); each row must say the same.
    """
    try:
        table = pd.read_parquet(path, page_checksum_verification=True)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise unusable(path, error) from error
    if missing := [name for name in columns if name not in table]:
        raise unusable(path, f"lacks the columns {missing}")
    if table.empty:
        raise unusable(path, "holds no rows")
    for row in table[[*named]].drop_duplicates().to_dict("records"):
        if other := mismatch(row, named):
            raise unusable(path, other)
    return table


def read_json(
    path: str | Path,
    form: Mapping[str, Callable[[object], bool]],
    again: str = "made",
    named: Mapping[str, str] = MappingProxyType({}),
) -> dict:
    """The values of a JSON file. form: what each value that is needed must satisfy.

    named: what its path says that it is of; `run` in the file must say the same, where it is there
    (earlier versions wrote none into some).

    Raises ArtefactError where the file is damaged, was changed since it was written, or belongs to
    another run, or a value is missing or of another form.
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
    held = values if isinstance(values, dict) else {}
    if "run" in held and (other := mismatch(held["run"], named)):
        raise unusable(path, other, again)
    if "checksum" in held and held["checksum"] != checksum(held):
        raise unusable(path, "was changed after it was written (another checksum)", again)
    return values


def initial_norms(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Norms of networks before training, several files as one. Raises ArtefactError."""
    kind = KINDS["initial_norms"]
    tables = [read_table(path, kind.header, named_by(kind.name, path)) for path in paths]
    return pd.concat(tables, ignore_index=True)


def matched_temperature(path: str | Path) -> float:
    """The temperature that a calibration found. Raises ArtefactError."""
    named = named_by("calibration", path)
    return read_json(path, {"temperature": is_temperature}, named=named)["temperature"]


def read_record(path: str | Path, form: Mapping[str, Callable[[object], bool]]) -> dict:
    """A run's `run.json`. form: as for `read_json`. Raises ArtefactError."""
    return read_json(path, form, "trained", named_by("record", path))


def run_temperature(path: str | Path) -> float:
    """The number behind the temperature of a run, from its record. Raises ArtefactError."""
    return read_record(path, {"temperature_value": is_temperature})["temperature_value"]


def snapshot_epochs(path: str | Path) -> list[int]:
    """The epochs after which a run kept its weights. Raises ArtefactError."""
    return read_json(path, {"epochs": _are_epochs}, "trained", named_by("snapshots", path))["epochs"]


def kept_snapshots(path: str | Path) -> dict[str, str]:
    """The SHA-256 of a run's snapshots by epoch, from their index. Raises ArtefactError."""
    kept = read_json(path, {}, "trained", named_by("snapshots", path)).get("sha256", {})
    return kept if isinstance(kept, dict) else {}


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
