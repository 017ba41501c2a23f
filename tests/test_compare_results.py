"""The script that proves that a change altered no number sees each kind of change, and no other."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study_files import PROJECT

SCRIPT = PROJECT / "workflow" / "compare_results.py"
RUN = Path("runs/data/mlp/base/T1/seed0")


@pytest.fixture
def folders(tmp_path):
    """Two results folders that hold the same, made at other times."""
    for name, seconds in (("old", 1.5), ("new", 2.5)):
        folder = tmp_path / name / RUN
        folder.mkdir(parents=True)
        spectra = pd.DataFrame({"n": [3, 4], "sigma": [np.array([2.0, np.nan]), np.array([1.0])]})
        spectra.to_parquet(folder / "spectra.parquet")
        pd.DataFrame({"loss": [0.5, np.nan], "seconds": seconds}).to_parquet(folder / "history.parquet")
        record = {"test_accuracy": 0.5, "seconds": seconds, "settings": {"code": name, "seed": 0}}
        (folder / "run.json").write_text(json.dumps(record))
        (tmp_path / name / "fig1.csv").write_text("x,y\n1,2\n")
    return tmp_path / "old", tmp_path / "new"


def compare(old, new):
    result = subprocess.run([sys.executable, SCRIPT, old, new], capture_output=True, text=True)
    return result.returncode, result.stdout.splitlines()


def test_the_same_numbers(folders):
    assert compare(*folders) == (0, ["compared 1 .csv, 1 .json, 2 .parquet: 0 differ"])


def rewrite(folder, name, change):
    table = pd.read_parquet(folder / RUN / name)
    change(table)
    table.to_parquet(folder / RUN / name)


def last_bit(table):
    table.at[0, "sigma"] = np.array([np.nextafter(2.0, 3.0), np.nan])


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("spectra.parquet", last_bit, "column sigma"),
        ("history.parquet", lambda t: t.__setitem__("loss", [0.5, 0.25]), "column loss"),
        ("history.parquet", lambda t: t.__setitem__("rate", 0.1), "columns ['rate']"),
    ],
)
def test_another_number_in_a_table(folders, name, change, said):
    rewrite(folders[1], name, change)
    status, lines = compare(*folders)
    assert status == 1
    assert lines[0] == f"{RUN / name}: {said}"


def test_a_row_less(folders):
    old, new = folders
    pd.read_parquet(old / RUN / "history.parquet").iloc[:1].to_parquet(new / RUN / "history.parquet")
    assert compare(old, new)[1][0] == f"{RUN / 'history.parquet'}: 2 rows, then 1"


def test_another_outcome_of_a_run_and_a_file_too_many(folders):
    old, new = folders
    (new / RUN / "run.json").write_text(json.dumps({"test_accuracy": 0.6, "settings": {"seed": 0}}))
    (new / "fig1.csv").write_text("x,y\n1,3\n")
    shutil.copy(old / "fig1.csv", new / "fig2.csv")
    status, lines = compare(old, new)
    assert status == 1
    assert lines[:-1] == [
        "fig1.csv: other text",
        f"fig2.csv: only in {new}",
        f"{RUN / 'run.json'}: other values",
    ]
