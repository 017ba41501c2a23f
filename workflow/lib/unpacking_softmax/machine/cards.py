"""Which of a machine's cards a job works on: Snakemake counts them (`--resources gpu=N`), it deals none."""

import fcntl
import os
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TextIO

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[TextIO] = []  # open as long as the process lives: closing a file gives up its lock


def pin_to_a_card(cards: int) -> None:
    """Of the cards that this process may use, leave it the one with the fewest of this user's jobs.

    cards: how many those are. To be called before CUDA starts, which reads CUDA_VISIBLE_DEVICES
    once. With one card (or none), as where a cluster's scheduler has dealt it, nothing is done.
    """
    if cards > 1:
        named = os.environ.get(VISIBLE)
        names = named.split(",")[:cards] if named else [str(card) for card in range(cards)]
        folder = Path(tempfile.gettempdir(), f"unpacking-softmax-cards-{os.getuid()}")
        os.environ[VISIBLE] = claim(names, folder)


def claim(names: Sequence[str], folder: Path) -> str:
    """The first of these cards with the fewest claims on it; claimed until this process ends.

    A claim is a lock on a file in `folder`, which the kernel lifts also after a kill -9.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in count():
        for name in names:
            file = (folder / f"{name.replace('/', '_')}.{place}").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                _held.append(file)
                return name
