"""Several eigenvalue problems at once, and beside other work: one alone leaves a GPU partly idle."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import TracebackType
from typing import TypeVar

import torch

from unpacking_softmax.machine.memory import is_out_of_memory, release

Item = TypeVar("Item")
Result = TypeVar("Result")
# A problem of 10,000 needs 2 GB of work space; more than three gained at most 4 % on an H100.
AT_ONCE = 3
NO_ROOM = object()


class Aside:
    """Work beside what the caller does meanwhile: on a GPU in AT_ONCE threads with a stream each.

    On a CPU it is done when it is started. A context: at its end all that was started is done.
    """

    def __init__(self, device: torch.device):
        self._device, self._pool = device, ThreadPoolExecutor(AT_ONCE)
        if device.type == "cuda":
            _load_solvers(device)

    def __enter__(self) -> "Aside":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)

    def start(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Callable[[], list[Result]]:
        """Start work(item) for all items; gives what waits for them and returns them in order.

        That does those for which there was no room beside the others, one by one. Until it returns,
        the items must stay as they are.
        """
        items = list(items)
        if self._device.type != "cuda":
            done = [work(item) for item in items]
            return lambda: done
        there = torch.cuda.current_stream(self._device).record_event()
        futures = [self._pool.submit(_tried, _on_a_stream, work, item, there) for item in items]

        def gather() -> list[Result]:
            found = [future.result() for future in futures]
            if any(result is NO_ROOM for result in found):
                release()
            return [
                work(item) if result is NO_ROOM else result for item, result in zip(items, found, strict=True)
            ]

        return gather


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], device: torch.device) -> list[Result]:
    """[work(item) for item in items], on a GPU AT_ONCE at a time."""
    with Aside(device) as aside:
        return aside.start(work, items)()


@cache
def _load_solvers(device: torch.device) -> None:
    """torch loads its solvers on first use, and not for two threads at once."""
    torch.linalg.eigvalsh(torch.eye(2, device=device))
    torch.cuda.synchronize(device)


def _tried(work: Callable[..., Result], *arguments: object) -> Result | object:
    """What work returns, or NO_ROOM; the exception would keep the tensors of its frames."""
    try:
        return work(*arguments)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    return NO_ROOM


def _on_a_stream(work: Callable[[Item], Result], item: Item, there: torch.cuda.Event) -> Result:
    """work(item) on a stream of its own, after the event by which what it reads is there."""
    stream = torch.cuda.Stream(there.device)
    stream.wait_event(there)
    with torch.cuda.stream(stream):
        result = work(item)
    stream.synchronize()
    return result
