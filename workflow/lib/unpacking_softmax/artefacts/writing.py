"""Writing tidy tables and plain values."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet as pq

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.identity import checksum

ZSTD_LEVEL = 9  # a second for the largest table; more gains nothing


def write_rows(rows: Iterable[Mapping], identity: Mapping, path: str | Path) -> None:
    """Write rows as parquet, the run's identity in front of each."""
    write_table(pd.DataFrame([{**identity, **row} for row in rows]), path)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as parquet, with checksums: a flipped bit is noticed when it is read.

    The bytes of numbers are kept apart by their place, which suits spectra: neighbours share the first ones.
    """
    arrow = pa.Table.from_pandas(table.assign(**_mixed(table)), preserve_index=False)
    floats, others = [], []
    for field in arrow.schema:
        lists = pa.types.is_list(field.type)
        of = field.type.value_type if lists else field.type
        place = f"{field.name}.list.element" if lists else field.name
        (floats if pa.types.is_floating(of) else others).append(place)
    with replacing(path) as draft:
        pq.write_table(
            arrow,
            draft,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=others,
            column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
            write_page_checksum=True,
        )


def _mixed(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns of arrays of several types, in the type that holds them all."""
    found = {}
    for name in table:
        types = {value.dtype for value in table[name] if isinstance(value, np.ndarray)}
        if len(types) > 1:
            wide = np.result_type(*types)
            found[name] = table[name].map(lambda v, wide=wide: v if v is None else v.astype(wide))
    return found


def write_record(values: Mapping, path: str | Path) -> None:
    """Write plain values that are read again, such as a run's `run.json`, with a checksum over them."""
    write_json({**values, "checksum": checksum(values)}, path)


def write_json(values: Mapping, path: str | Path) -> None:
    """Write plain values."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
