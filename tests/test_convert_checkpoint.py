"""workflow/convert_checkpoint.py: checkpoints as they are in the wild, and what is said of them."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from study_files import PROJECT

WEIGHTS = {"fc.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.tensor([7.0, 8.0])}


def convert(folder: Path, checkpoint: object, *words: str) -> subprocess.CompletedProcess:
    torch.save(checkpoint, folder / "mine.pt")
    command = [sys.executable, PROJECT / "workflow" / "convert_checkpoint.py", "mine.pt", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def prefixed(prefix):
    return {prefix + name: value for name, value in WEIGHTS.items()}


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        (WEIGHTS, []),
        (
            {"epoch": 3, "state_dict": prefixed("module."), "optimizer": {"lr": 0.1}},
            ["left out of the file: epoch, optimizer", "names without module."],
        ),
        ({"model": prefixed("module._orig_mod.")}, ["names without _orig_mod. and module."]),
        (
            {"state_dict": {"model": WEIGHTS, "best": 0.5}},
            ["left out of the file of 'state_dict': best"],
        ),
        (WEIGHTS | {"note": "mine"}, ["left out of the weights: note"]),
    ],
    ids=["plain", "training", "wrapped twice", "nested", "a word among them"],
)
def test_the_weights_are_kept_and_what_is_not_is_said(tmp_path, checkpoint, said):
    done = convert(tmp_path, checkpoint)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [*said, "kept 2 tensors, 8 numbers: mine.safetensors"]
    kept = load_file(tmp_path / "mine.safetensors")
    assert kept.keys() == WEIGHTS.keys()
    assert all(torch.equal(kept[name], value) for name, value in WEIGHTS.items())


def test_it_goes_where_it_is_told(tmp_path):
    done = convert(tmp_path, WEIGHTS, "--to", "kept/other.safetensors")
    assert done.returncode == 0, done.stderr
    assert load_file(tmp_path / "kept" / "other.safetensors").keys() == WEIGHTS.keys()


class Malicious:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        (nn.Linear(3, 2), "holds more than weights"),
        (WEIGHTS | {"args": argparse.Namespace(lr=1)}, "holds more than weights"),
        (Malicious(), "holds more than weights"),
        ({"epoch": 3}, "holds no weights by their names"),
        (WEIGHTS["fc.bias"], "holds no weights by their names"),
        (WEIGHTS | {"module.fc.bias": torch.zeros(2)}, "two tensors are called fc.bias"),
    ],
    ids=["a module", "a namespace", "malicious", "no weights", "a tensor", "twice"],
)
def test_what_cannot_be_kept_is_one_line_and_runs_nothing(tmp_path, checkpoint, said):
    done = convert(tmp_path, checkpoint)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: mine.pt: {said}")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "mine.safetensors").exists()
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_none_is_one_line(tmp_path):
    (tmp_path / "mine.pt").write_bytes(b"nothing")
    command = [sys.executable, PROJECT / "workflow" / "convert_checkpoint.py"]
    for name in ("mine.pt", "none.pt"):
        done = subprocess.run([*command, name], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert done.stderr.startswith(f"error: {name}: ")
