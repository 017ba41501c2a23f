"""How much fits at once: points in groups whose features or Gram matrices fit in memory."""

import logging
from collections.abc import Callable, Mapping

import torch

from unpacking_softmax.artefacts.errors import ResourceError

log = logging.getLogger(__name__)


def memory_budget(device: torch.device) -> int:
    """Bytes that features or Gram matrices may take at once: most of what a GPU has free, 2 GiB on a CPU."""
    if device.type != "cuda":
        return 2 * 2**30
    free, _ = torch.cuda.mem_get_info(device)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(0.7 * (free + unused))


def groups(shapes: Mapping[str, tuple[int, int]], budget: int, itemsize: int) -> list[list[str]]:
    """Split points, in order, so that the features (n, d) of each group take at most `budget` bytes
    at `itemsize` bytes a number. A point that alone takes more has a group of its own."""
    split: list[list[str]] = []
    used = 0
    for point, (n, d) in shapes.items():
        size = n * d * itemsize
        if not split or used + size > budget:
            split.append([])
            used = 0
        split[-1].append(point)
        used += size
    return split


def in_groups(work: Callable[[list[str]], dict], waiting: list[list[str]]) -> dict:
    """The union of what `work` returns for each group of points, none of which changes the others.

    A group for which a GPU has no room after all, because others use it too, is worked on by halves.
    Raises ResourceError where a single point does not fit.
    """
    results: dict = {}
    waiting = list(waiting)
    while waiting:
        names = waiting.pop(0)
        try:
            results |= work(names)
            continue
        except torch.OutOfMemoryError:
            if len(names) == 1:
                raise ResourceError(
                    f"{names[0]}: no room for it on the GPU; free the card of other processes, take one with "
                    "more memory, or lower analysis.features or analysis.batch"
                ) from None
        # Out of the handler: until here the exception kept the tensors of its frames.
        torch.cuda.empty_cache()
        half = len(names) // 2
        log.warning("out of GPU memory with %d points at once: going on with %d", len(names), half)
        waiting[:0] = [names[:half], names[half:]]
    return results
