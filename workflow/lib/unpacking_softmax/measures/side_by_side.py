"""Several eigenvalue problems at once: one alone leaves a GPU partly idle."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from unpacking_softmax.machine.memory import is_out_of_memory, release

Item = TypeVar("Item")
Result = TypeVar("Result")
# A problem of 10,000 needs 2 GB of work space; more than three gained at most 4 % on an H100.
AT_ONCE = 3
NO_ROOM = object()


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], device: torch.device) -> list[Result]:
    """[work(item) for item in items], on a GPU in AT_ONCE threads with a stream each.

    Those for which there was no room beside the others are worked on after them, one by one.
    """
    items = list(items)
    if device.type != "cuda":
        return [work(item) for item in items]
    # torch loads its solvers on first use, and not for two threads at once.
    torch.linalg.eigvalsh(torch.eye(2, device=device))
    torch.cuda.synchronize(device)  # what they read must be there
    found = in_threads(lambda item: _on_a_stream(work, item, device), items)
    if any(result is NO_ROOM for result in found):
        release()
    return [work(item) if result is NO_ROOM else result for item, result in zip(items, found, strict=True)]


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """[work(item) for item in items], AT_ONCE at a time; NO_ROOM for each that ran out of GPU memory."""

    def tried(item: Item) -> Result:
        try:
            return work(item)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        return NO_ROOM

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(tried, items))


def _on_a_stream(work: Callable[[Item], Result], item: Item, device: torch.device) -> Result:
    stream = torch.cuda.Stream(device)
    with torch.cuda.stream(stream):
        result = work(item)
    stream.synchronize()
    return result
