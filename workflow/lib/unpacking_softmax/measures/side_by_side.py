"""Several eigenvalue problems at once: one alone leaves a GPU partly idle."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")
AT_ONCE = 3  # a fourth of 10,000 x 10,000 gained 3 % more on an H100, at 2 GB of work space each


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], device: torch.device) -> list[Result]:
    """[work(item) for item in items], on a GPU in a few threads with a stream each."""
    if device.type != "cuda":
        return [work(item) for item in items]

    def on_a_stream(item: Item) -> Result:
        stream = torch.cuda.Stream(device)
        with torch.cuda.stream(stream):
            result = work(item)
        stream.synchronize()
        return result

    torch.cuda.synchronize(device)  # what they read must be there
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(on_a_stream, items))
