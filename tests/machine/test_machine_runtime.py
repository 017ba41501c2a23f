"""What a run says of the machine that it ran on."""

import sys

import torch

from unpacking_softmax.machine import runtime as machine_runtime
from unpacking_softmax.machine.runtime import runtime


def test_runtime_of_a_cpu():
    values = runtime(torch.device("cpu"))
    assert values["torch"] == torch.__version__
    assert values["python"] == ".".join(map(str, sys.version_info[:3]))
    assert values["cuda"] is None


def test_commit_is_unknown_outside_a_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(machine_runtime, "HERE", tmp_path)
    assert runtime(torch.device("cpu"))["commit"] is None
