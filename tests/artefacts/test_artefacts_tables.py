"""Tables of runs: what is written is read back, and what cannot be read is named."""

import json

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.artefacts import tables, writing
from unpacking_softmax.artefacts.errors import ArtefactError

IDENTITY = {
    "dataset": "glyphs",
    "architecture": "mlp",
    "variant": "base",
    "temperature": "10",
    "seed": 0,
}


def test_identity_comes_first_and_values_survive(tmp_path):
    path = tmp_path / "table.parquet"
    rows = [{"sigma": np.array([2.0, 1e-300]), "rank": 2}, {"sigma": np.array([0.1]), "rank": 1}]
    writing.write_rows(rows, IDENTITY, path)
    table = tables.gather([str(path)])
    assert list(table) == [*IDENTITY, "sigma", "rank"]
    assert table["temperature"].tolist() == ["10", "10"]
    assert table["sigma"][0].tolist() == [2.0, 1e-300]
    assert table["sigma"][1].tolist() == [0.1]
    assert table["rank"].tolist() == [2, 1]


def test_gathering_concatenates_in_order(tmp_path):
    paths = [str(tmp_path / f"{seed}.parquet") for seed in (3, 1)]
    for path, seed in zip(paths, (3, 1), strict=True):
        writing.write_rows([{"x": seed / 2}], {**IDENTITY, "seed": seed}, path)
    table = tables.gather(paths)
    assert table["seed"].tolist() == [3, 1]
    assert table["x"].tolist() == [1.5, 0.5]
    assert table.index.tolist() == [0, 1]


def missing(path):
    pass


def empty(path):
    path.write_bytes(b"")


def shortened(path):
    writing.write_rows([{"x": 1}], IDENTITY, path)
    path.write_bytes(path.read_bytes()[:-20])


def without_seed(path):
    pd.DataFrame([IDENTITY]).drop(columns="seed").to_parquet(path)


@pytest.mark.parametrize("damage", [missing, empty, shortened, without_seed])
def test_unreadable_table_is_named(tmp_path, damage):
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    writing.write_rows([{"x": 1}], IDENTITY, good)
    damage(bad)
    with pytest.raises(ArtefactError, match=r"bad\.parquet: .*delete it"):
        tables.gather([str(good), str(bad)])


def test_missing_column_is_named(tmp_path):
    without_seed(tmp_path / "bad.parquet")
    with pytest.raises(ArtefactError, match="'seed'"):
        tables.gather([str(tmp_path / "bad.parquet")])


def record(**changes):
    values = {name: (index + 1) / 8 for index, name in enumerate(tables.RECORDED)}
    return {"run": IDENTITY, **values, "runtime": {"torch": "2"}, **changes}


def test_records_keep_identity_and_outcome(tmp_path):
    path = tmp_path / "run.json"
    writing.write_json(record(status="trained", test_accuracy=0.75), path)
    table = tables.records([str(path)])
    assert list(table) == [*IDENTITY, *tables.RECORDED]
    (row,) = table.to_dict("records")
    assert (row["status"], row["test_accuracy"], row["seed"]) == ("trained", 0.75, 0)


def test_imported_weights_count_as_trained(tmp_path):
    for status, read in (("imported", "trained"), ("failed_to_train", "failed_to_train")):
        writing.write_json(record(status=status), tmp_path / "run.json")
        assert tables.records([str(tmp_path / "run.json")])["status"].tolist() == [read]


@pytest.mark.parametrize("text", [None, "", '{"run": {', json.dumps({"run": IDENTITY})])
def test_unreadable_record_is_named(tmp_path, text):
    path = tmp_path / "run.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ArtefactError, match=r"run\.json: .*delete it"):
        tables.records([str(path)])
