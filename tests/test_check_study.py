"""A study is checked without Snakemake, which reads its file before the workflow can."""

import subprocess
import sys

import pytest

from study_files import PROJECT


def check(file):
    command = [sys.executable, PROJECT / "workflow" / "check_study.py", file]
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)


def test_what_a_sound_study_asks_for():
    done = check("config/paper.yaml")
    assert done.returncode == 0
    assert done.stdout.startswith(
        "config/paper.yaml: 186 runs in 32 grids, 29 figures, 8 tables; results in results/paper\n"
        "switched off until its data are there (null: datasets.imagenet100.root"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"title: x\nseeds: [0, 1\nresults: out\n", "line 3: not readable as YAML (while parsing a flow seq"),
        (b"title: caf\xe9\n", "line 1: not UTF-8 text (byte 0xe9); save the file as UTF-8"),
        (b"- title\n", "line 1: holds no keys; a study is a mapping"),
        (b"title: x\nseeds: [010]\n", "line 2: YAML reads 010 as 8"),
        (b"title: x\nresults: out\ngrid: {}\n", "config: (top level) has the unknown key 'grid' (did you"),
    ],
)
def test_what_is_none_is_one_line(tmp_path, data, said):
    file = tmp_path / "study.yaml"
    file.write_bytes(data)
    done = check(file)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: config: {file}, {said}" if said.startswith("line") else f"error: {said}")
