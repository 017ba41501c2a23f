"""Arithmetic switches are put back; precision falls back where a device lacks it."""

import logging
from pathlib import Path

import pytest
import torch

from unpacking_softmax.machine.arithmetic import float32_arithmetic, peak_memory, pick_device, training_dtype

STATUS = Path("/proc/self/status")


def flags():
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize("tf32", [True, False])
def test_tf32_is_switched_within_the_block_only(tf32):
    before = flags()
    with float32_arithmetic(tf32):
        assert flags() == (tf32, tf32)
        with float32_arithmetic(not tf32):
            assert flags() == (not tf32, not tf32)
        assert flags() == (tf32, tf32)
    assert flags() == before


def test_tf32_is_put_back_after_an_error():
    before = flags()
    with pytest.raises(ZeroDivisionError), float32_arithmetic(not before[0]):
        raise ZeroDivisionError
    assert flags() == before


@pytest.mark.parametrize(
    ("precision", "device", "supported", "dtype"),
    [
        ("bf16", "cuda", True, torch.bfloat16),
        ("bf16", "cuda", False, torch.float32),
        ("bf16", "cpu", True, torch.float32),
        ("fp32", "cuda", True, torch.float32),
    ],
)
def test_bfloat16_only_where_asked_and_native(monkeypatch, caplog, precision, device, supported, dtype):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    with caplog.at_level(logging.WARNING):
        assert training_dtype(precision, torch.device(device)) is dtype
    assert ("no bfloat16" in caplog.text) == (not supported)


@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_cuda_is_picked_where_there_is_one(monkeypatch, available, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert pick_device().type == device


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_peak_memory_of_a_cpu_is_in_bytes():
    """As the kernel tells it: VmHWM, in units of 1024 bytes."""
    told = 1024 * int(STATUS.read_text(encoding="ascii").split("VmHWM:")[1].split()[0])
    assert peak_memory(torch.device("cpu")) == pytest.approx(told, rel=0.05)
