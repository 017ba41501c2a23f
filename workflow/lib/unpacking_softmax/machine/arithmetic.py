"""Which arithmetic a forward pass uses, and on which device it runs."""

import logging
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine.cards import pin_to_a_card, share
from unpacking_softmax.machine.memory import keep_to_share, patiently

# The name of an environment variable: "cuda" in it forbids the CPU, for who would rather wait than crawl.
DEVICE = "UNPACKING_SOFTMAX_DEVICE"
log = logging.getLogger(__name__)


def pick_device(megabytes: float | None = None) -> torch.device:
    """The CUDA device of this process if there is one, else the CPU.

    megabytes: of GPU memory that the job asks for; of a machine's cards it takes one where they are
    free, and keeps to them (see `cards.pin_to_a_card`). Raises ResourceError where the environment
    asks for CUDA and there is none.
    """
    pin_to_a_card(torch.cuda.device_count(), megabytes)
    asked = os.environ.get(DEVICE, "")
    if asked not in ("", "cuda"):
        raise ResourceError(f"{DEVICE}={asked}: must be cuda, or unset")
    if torch.cuda.is_available():
        patiently(keep_to_share, torch.device("cuda"))
        log.info("computing on a CUDA device%s", f", {share():.0f} MB of it" if share() else "")
        return torch.device("cuda")
    if asked:
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "unset")
        raise ResourceError(
            f"{DEVICE}=cuda, but torch finds no CUDA device (CUDA_VISIBLE_DEVICES: {seen}); "
            "ask the scheduler for a GPU, mend the driver, or unset the variable to compute on the CPU"
        )
    log.info("computing on the CPU: torch finds no CUDA device")
    return torch.device("cpu")


def training_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of the network's body: bfloat16 where asked and possible, else float32."""
    if precision == "bf16" and device.type == "cuda":
        if has_bfloat16(device):
            return torch.bfloat16
        log.warning("this card has no bfloat16: training in float32")
    return torch.float32


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies in bfloat16 by itself. A CPU is not asked: there float32 is faster."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


@contextmanager
def float32_arithmetic(tf32: bool) -> Iterator[None]:
    """Allow or forbid TF32 in float32 matrix products and convolutions on CUDA.

    Analysis forbids it: rounding to 11 bits adds a full-rank floor near 1e-3 sigma_1.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = tf32
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


def peak_memory(device: torch.device) -> int:
    """Bytes: the largest sum of tensors on the GPU, or the largest resident set on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
