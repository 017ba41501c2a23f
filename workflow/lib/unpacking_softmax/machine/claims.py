"""Claims of jobs on the memory of a machine's cards, so that their sum never passes what a card has.

A claim is a file that its process keeps locked, with the megabytes in it: the kernel lifts the lock
when the process ends, also by a kill -9. Two more kinds of lock keep order: `queue` is held by the job
that waits for any card, those behind it wait in turn; a card's own lock by who counts or changes the
claims on it, or waits for a larger one, so that nobody takes what becomes free before it.
"""

import fcntl
import glob
import logging
import math
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from unpacking_softmax.artefacts.errors import ResourceError

log = logging.getLogger(__name__)
# A job waits for others to end, and a training may take hours; still somebody should hear of it one day.
PATIENCE = 24 * 3600.0
POLL, REPORT = 0.5, 600.0  # seconds between two looks, and between two lines of the log


@dataclass(frozen=True)
class Card:
    """A card of this machine. visible: its name for CUDA_VISIBLE_DEVICES. name: one that no other card
    has. megabytes: what jobs may share of it; infinite where the driver does not tell."""

    visible: str
    name: str
    megabytes: float


@dataclass(frozen=True)
class Claim:
    """Megabytes of a card, this process's while `file` is open."""

    card: Card
    megabytes: float
    file: TextIO


def claim(cards: Sequence[Card], megabytes: float, folder: Path) -> Claim:
    """Claim so much of one of the cards, at most all of it: of those where it fits, the one with the
    fewest jobs, then with the most memory left. Waits until there is one.

    Raises ResourceError where there is none for PATIENCE seconds.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder / "queue"):
        for _ in _looks(megabytes):
            if found := _fitting(cards, megabytes, folder):
                return found
    raise AssertionError  # _looks ends by an error alone


def exchange(held: Claim, megabytes: float, folder: Path) -> Claim:
    """Give up a claim for another one on the same card, at most all of it, and wait for that.

    The old one is given up first: two jobs that both wait for more would wait for each other.
    Until there is room, no other job gets a claim on this card. Raises ResourceError as `claim` does.
    """
    held.file.close()
    with _locked(_lock_of(held.card, folder)):
        for _ in _looks(megabytes):
            if _fits(held.card, megabytes, sum(claimed(held.card, folder))):
                return _made(held.card, megabytes, folder)
    raise AssertionError


def claimed(card: Card, folder: Path) -> list[float]:
    """The megabytes of each claim on the card by a process that lives; files of dead ones are removed."""
    found = []
    for name in glob.glob(glob.escape(str(folder / _file_name(card))) + "-*"):
        try:
            with open(name, encoding="ascii") as file:
                if _lock(file, wait=False):
                    os.unlink(name)
                else:
                    found.append(float(file.read() or 0))
        except FileNotFoundError:  # its owner's end was seen by another process too
            continue
    return found


def _fitting(cards: Iterable[Card], megabytes: float, folder: Path) -> Claim | None:
    with ExitStack() as stack:
        places = []
        for order, card in enumerate(cards):
            if stack.enter_context(_locked(_lock_of(card, folder), wait=False)):
                others = claimed(card, folder)
                if _fits(card, megabytes, sum(others)):
                    places.append((len(others), sum(others) - card.megabytes, order, card))
        return _made(min(places)[-1], megabytes, folder) if places else None


def _fits(card: Card, megabytes: float, taken: float) -> bool:
    return taken + min(megabytes, card.megabytes) <= card.megabytes


def _made(card: Card, megabytes: float, folder: Path) -> Claim:
    """A new claim; to be called by who holds the card's lock."""
    handle, _ = tempfile.mkstemp(prefix=f"{_file_name(card)}-", dir=folder)
    file = os.fdopen(handle, "w", encoding="ascii")
    _lock(file)
    megabytes = min(megabytes, card.megabytes)
    file.write(str(megabytes))
    file.flush()
    return Claim(card, megabytes, file)


def _looks(megabytes: float) -> Iterator[None]:
    """Yield now and every POLL seconds; a line in the log now and then. Raises after PATIENCE."""
    began = time.monotonic()
    reported = -math.inf
    while (waited := time.monotonic() - began) <= PATIENCE:
        yield
        if waited - reported >= REPORT:
            log.info(
                "waiting for other jobs to free %.0f MB of a card (for %.0f min)", megabytes, waited / 60
            )
            reported = waited
        time.sleep(POLL)
    raise ResourceError(
        f"waited {PATIENCE / 3600:.0f} hours for {megabytes:.0f} MB of a card that other jobs hold: run "
        "fewer at once (--resources gpu=N), or end what hangs on the card"
    )


@contextmanager
def _locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a file; gives False where another process does and `wait` is not."""
    with path.open("w") as file:
        yield _lock(file, wait)


def _lock(file: TextIO, wait: bool = True) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _lock_of(card: Card, folder: Path) -> Path:
    return folder / f"{_file_name(card)}.lock"


def _file_name(card: Card) -> str:
    return card.name.replace("/", "_")
