"""Several tables in one file: stacked under a column `part`, and taken apart again."""

from collections.abc import Mapping

import pandas as pd


def stack(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One table with a first column `part`; a column that a part lacks is missing in its rows."""
    return pd.concat([frame.assign(part=name) for name, frame in parts.items()], ignore_index=True)[
        ["part", *dict.fromkeys(column for frame in parts.values() for column in frame)]
    ]


def part(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one part, with its own columns only."""
    rows = table[table["part"] == name].drop(columns="part")
    return rows.dropna(axis="columns", how="all").infer_objects().reset_index(drop=True)
