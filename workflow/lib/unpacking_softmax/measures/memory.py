"""How much fits at once: points in groups whose features or Gram matrices fit in memory."""

from collections.abc import Mapping

import torch


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
