"""A GPU's memory: how much of it a job may fill, what says that it is full, and what is done then."""

import gc
import logging
import time
from collections.abc import Callable
from typing import TypeVar

import torch

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine import cards

Result = TypeVar("Result")
log = logging.getLogger(__name__)
# Of a claim, what torch's allocator does not see: the CUDA context, handles and work space of libraries.
CONTEXT = 1000 * 10**6
# How long a job waits for memory that is its own and that somebody else, no job of ours, has taken.
PATIENCE = 1800.0
LONGEST_PAUSE = 30.0
REMEDY = "free the card of other processes, or take one with more memory"
# torch's own exception aside, CUDA and its libraries say it in words alone.
SIGNS = (
    "out of memory",
    "cudaErrorMemoryAllocation",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",
    "CUSOLVER_STATUS_ALLOC_FAILED",
    "CUSOLVER_STATUS_NOT_INITIALIZED",
    "CUSOLVER_STATUS_INTERNAL_ERROR",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_INTERNAL_ERROR",
    "unable to find an engine to execute this computation",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the GPU, or pinned host memory, has no room: torch's allocator, the
    driver (streams, events, pinned memory), or a handle that cuBLAS, cuSOLVER or cuDNN could not make."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)


def keep_to_share(device: torch.device) -> None:
    """Make torch's allocator stop at this process's share of the card, also where more is free."""
    if device.type == "cuda" and (limit := _limit()):
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total))


def room(device: torch.device) -> int:
    """Bytes that tensors may still take on a GPU: of this process's share, or of what is free."""
    if limit := _limit():
        return max(0, int(limit) - torch.cuda.memory_allocated(device))
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def release() -> None:
    """Give back to the driver what torch keeps for later.

    To be called outside of the handler: an exception keeps the tensors of its frames.
    """
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def patiently(
    work: Callable[..., Result], *arguments: object, what: str = "this job", remedy: str = REMEDY
) -> Result:
    """work(*arguments), from its start whenever it ran out of GPU memory and may yet find more.

    It waits while others hold what this job was promised, then for a larger share of the card, up
    to all of it. Raises ResourceError where nobody's end would help: one line of `what` has no room,
    why, and the remedy.
    """
    began, pause = None, 1.0
    while True:
        try:
            return work(*arguments)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = next(iter(str(error).splitlines()), type(error).__name__)
        release()
        began = began or time.monotonic()
        if _others_hold_it() and time.monotonic() - began < PATIENCE:
            log.warning("no room on the GPU (%s): others hold it, trying again in %.0f s", reason, pause)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        elif cards.enlarge_share():
            log.warning("no room on the GPU (%s): going on with %.0f MB of it", reason, cards.share())
            keep_to_share(torch.device("cuda"))
        else:
            raise ResourceError(f"{what}: no room for it on the GPU ({reason}); {remedy}")


def _limit() -> float | None:
    """Bytes that torch may hold of this process's claim; None without one."""
    megabytes = cards.share()
    return None if megabytes is None else max(megabytes * 1e6 - CONTEXT, megabytes * 5e5)


def _others_hold_it() -> bool:
    """Whether less is free than this process was promised: its share, or a whole card."""
    if not torch.cuda.is_available():
        return False
    try:
        free, total = torch.cuda.mem_get_info()
    except RuntimeError as error:  # not even a context has room
        return is_out_of_memory(error)
    promised = _limit() or total - 2 * CONTEXT
    return free + torch.cuda.memory_reserved() < promised
