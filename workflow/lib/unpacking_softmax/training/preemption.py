"""A notice to stop, as schedulers give it some seconds before they kill: SIGTERM, SIGUSR1, Ctrl-C."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

NOTICES = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Preempted(SystemExit):
    """Training has to stop now; uncaught, the process ends with EX_TEMPFAIL (75): worth trying again."""

    def __init__(self, reason: str):
        super().__init__(os.EX_TEMPFAIL)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@contextmanager
def notices() -> Iterator[None]:
    """Raise Preempted in the block, wherever it is, when the first notice comes; ignore those after it.

    Only in a process's main thread. Outside the block a notice does what it did before.
    """

    def stop(number: int, _frame: object) -> None:
        for notice in NOTICES:
            signal.signal(notice, signal.SIG_IGN)
        raise Preempted(signal.Signals(number).name)

    before = {notice: signal.signal(notice, stop) for notice in NOTICES}
    try:
        yield
    finally:
        for notice, handler in before.items():
            signal.signal(notice, handler)
