"""Several eigenvalue problems at once: one alone leaves a GPU partly idle."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], device: torch.device, at_once: int
) -> list[Result]:
    """[work(item) for item in items], on a GPU in `at_once` threads with a stream each."""
    if device.type != "cuda":
        return [work(item) for item in items]

    def on_a_stream(item: Item) -> Result:
        stream = torch.cuda.Stream(device)
        with torch.cuda.stream(stream):
            result = work(item)
        stream.synchronize()
        return result

    # torch loads its solvers on first use, and not for two threads at once.
    torch.linalg.eigvalsh(torch.eye(2, device=device))
    torch.cuda.synchronize(device)  # what they read must be there
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(on_a_stream, items))
