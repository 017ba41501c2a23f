"""Tables come back as they were written, to the bit, in an encoding that suits numbers."""

import numpy as np
import pandas as pd
from pyarrow import parquet as pq

from unpacking_softmax.artefacts import writing

TABLE = pd.DataFrame(
    {
        "dataset": ["a", "a", None],
        "seed": [0, 1, 2],
        "reached": [True, False, True],
        "value": [1 / 3, np.nan, -0.0],
        "few": np.array([1 / 3, 2.0, 3.0], dtype=np.float32),
        "sigma": [np.array([2.0, 1e-300, np.nan]), None, np.array([])],
        "small": [np.array([1 / 3], dtype=np.float32)] * 3,
    }
)


def test_tables_come_back_to_the_bit(tmp_path):
    writing.write_table(TABLE, tmp_path / "t.parquet")
    back = pd.read_parquet(tmp_path / "t.parquet", page_checksum_verification=True)
    pd.testing.assert_frame_equal(
        back.drop(columns=["sigma", "small"]), TABLE.drop(columns=["sigma", "small"])
    )
    assert back["sigma"][0].tobytes() == TABLE["sigma"][0].tobytes()
    assert back["sigma"][1] is None
    assert len(back["sigma"][2]) == 0
    assert back["small"][0].dtype == np.float32
    assert np.signbit(back["value"][2])


def test_the_bytes_of_numbers_lie_apart(tmp_path):
    writing.write_table(TABLE, tmp_path / "t.parquet")
    group = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    split = {c.path_in_schema for c in columns if "BYTE_STREAM_SPLIT" in c.encodings}
    assert split == {"value", "few", "sigma.list.element", "small.list.element"}
    assert {c.compression for c in columns} == {"ZSTD"}


def test_spectra_of_two_precisions_stand_in_one_column(tmp_path):
    """One run's values were too large for float32: all are written in float64."""
    rows = [np.array([1.5], dtype=np.float32), np.array([1e200])]
    for order in (rows, rows[::-1]):
        writing.write_table(pd.DataFrame({"sigma": order}), tmp_path / "t.parquet")
        back = pd.read_parquet(tmp_path / "t.parquet")["sigma"]
        assert [value.tolist() for value in back] == [value.tolist() for value in order]
