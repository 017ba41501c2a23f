"""Writing tidy tables and plain values."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from unpacking_softmax.artefacts.files import replacing


def write_rows(rows: Iterable[Mapping], identity: Mapping, path: str | Path) -> None:
    """Write rows as parquet, the run's identity in front of each."""
    write_table(pd.DataFrame([{**identity, **row} for row in rows]), path)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as parquet, with checksums: a flipped bit is noticed when it is read."""
    with replacing(path) as draft:
        table.to_parquet(draft, index=False, write_page_checksum=True)


def write_json(values: Mapping, path: str | Path) -> None:
    """Write plain values, such as a run's `run.json`."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
