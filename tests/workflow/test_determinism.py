"""The same study, seed and machine give the same files."""

import json

import pandas as pd
import pytest


def untimed(path):
    """Contents without what time and memory it took: two keys of a run's record, a column of its history."""
    if path.name == "run.json":
        costs = ("seconds", "peak_memory_bytes", "checksum")
        return {k: v for k, v in json.loads(path.read_text()).items() if k not in costs}
    if path.name == "history.parquet":
        return pd.read_parquet(path).drop(columns="seconds").to_json(double_precision=15)
    return path.read_bytes()


@pytest.mark.slow
def test_from_scratch_twice(built):
    """Byte for byte: images, weights, measures, figures and the numbers in them."""
    first, second = built.root / "site" / "out", built.build("again")
    files = {
        str(path.relative_to(first))
        for path in first.rglob("*")
        if path.is_file() and not {"logs", "benchmarks"} & set(path.parts)
    }
    assert {"data/glyphs10.safetensors", "figures/fig1.csv", "figures/fig1.pdf"} <= files
    assert [file for file in sorted(files) if untimed(first / file) != untimed(second / file)] == []
