"""How much fits at once: points in groups whose features or Gram matrices fit in memory."""

import logging
from collections.abc import Callable, Mapping

import torch

from unpacking_softmax.machine.memory import is_out_of_memory, patiently, release, room

log = logging.getLogger(__name__)
REMEDY = (
    "free the card of other processes, take one with more memory, "
    "or lower analysis.features or analysis.batch"
)


def memory_budget(device: torch.device) -> int:
    """Bytes that features or Gram matrices may take at once: most of a job's share of a GPU, 2 GiB on a CPU.

    The share is what the job claimed of its card, not what others happen to leave free when it begins.
    """
    return int(0.7 * room(device)) if device.type == "cuda" else 2 * 2**30


def groups(sizes: Mapping[str, int], budget: int) -> list[list[str]]:
    """Split points, in order, so that each group takes at most `budget` bytes; sizes: bytes of each point.

    A point that alone takes more has a group of its own.
    """
    split: list[list[str]] = []
    used = 0
    for point, size in sizes.items():
        if not split or used + size > budget:
            split.append([])
            used = 0
        split[-1].append(point)
        used += size
    return split


def in_groups(work: Callable[[list[str]], dict], waiting: list[list[str]]) -> dict:
    """The union of what `work` returns for each group of points, none of which changes the others.

    A group for which a GPU has no room after all, because others use it too, is worked on by halves;
    a single point waits for them. Raises ResourceError where that does not help.
    """
    results: dict = {}
    waiting = list(waiting)
    while waiting:
        names = waiting.pop(0)
        if len(names) == 1:
            results |= patiently(work, names, what=names[0], remedy=REMEDY)
            continue
        try:
            results |= work(names)
            continue
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        release()
        half = len(names) // 2
        log.warning("out of GPU memory with %d points at once: going on with %d", len(names), half)
        waiting[:0] = [names[:half], names[half:]]
    return results
