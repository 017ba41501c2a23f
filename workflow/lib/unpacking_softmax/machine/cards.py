"""Which of a machine's cards a job works on, and its share of the memory: Snakemake deals no cards."""

import math
import os
import subprocess
import tempfile
from pathlib import Path

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine.claims import Card, Claim, claim, exchange

VISIBLE = "CUDA_VISIBLE_DEVICES"
# Environment variables: the megabytes of each card that jobs may share, where not all that the driver names;
# and a mark of a cluster's jobs (set by common.smk), each of which has a whole card to itself.
CARD_MB, WHOLE = "UNPACKING_SOFTMAX_CARD_MB", "UNPACKING_SOFTMAX_WHOLE_CARD"
# Of what the driver names, as much can be had: the rest is the driver's own, and MPS's.
USABLE = 0.97
QUERY = ["nvidia-smi", "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits"]
_held: list[Claim] = []  # this process's claim; open as long as the process lives


def pin_to_a_card(cards: int, megabytes: float | None = None) -> None:
    """Of the cards that this process may use, leave it one where `megabytes` are free, and claim them.

    cards: how many there are. megabytes: of GPU memory; None where nothing is known of the job, which
    then is only counted. To be called before CUDA starts, which reads CUDA_VISIBLE_DEVICES once.
    A cluster's job with one card is left alone. Raises ResourceError as `claims.claim` does.
    """
    alone = cards == 1 and (megabytes is None or os.environ.get(WHOLE))
    if cards < 1 or alone or _held:
        return
    _held.append(claim(machine_cards(cards), megabytes or 0, _folder()))
    if cards > 1:
        os.environ[VISIBLE] = _held[0].card.visible


def share() -> float | None:
    """Megabytes that this process claimed; None where it may use what is free."""
    if not _held or not _held[0].megabytes or _held[0].card.megabytes == math.inf:
        return None
    return _held[0].megabytes


def enlarge_share() -> bool:
    """Wait until other jobs leave this process twice its share, or all of the card; False if it had all."""
    if share() is None or share() >= _held[0].card.megabytes:
        return False
    held = _held.pop()
    _held.append(exchange(held, 2 * held.megabytes, _folder()))
    return True


def machine_cards(count: int) -> list[Card]:
    """The cards that this process may use, in CUDA's order."""
    given, listed = os.environ.get(VISIBLE), _listed()
    if not given:
        known = [Card(uuid, uuid, megabytes) for uuid, megabytes in list(listed.values())[:count]]
        return known if len(known) == count else [_unknown(str(i)) for i in range(count)]
    cards = []
    for name in given.split(",")[:count]:
        by_uuid = (row for row in listed.values() if name.startswith("GPU-") and row[0].startswith(name))
        uuid, megabytes = listed.get(name) or next(by_uuid, (name, None))
        cards.append(Card(name, uuid, megabytes) if megabytes else _unknown(name))
    return cards


def _listed() -> dict[str, tuple[str, float]]:
    """By index: UUID and megabytes to share of each card that the driver names; none where it does not."""
    try:
        text = subprocess.run(QUERY, capture_output=True, text=True, timeout=60, check=True).stdout
        rows = [line.split(", ") for line in text.splitlines()]
        return {index: (uuid, _shared(float(mebibytes))) for index, uuid, mebibytes in rows}
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}


def _shared(mebibytes: float) -> float:
    return _asked() or round(USABLE * mebibytes * 2**20 / 1e6)


def _unknown(name: str) -> Card:
    return Card(name, name, _asked() or math.inf)


def _asked() -> float | None:
    text = os.environ.get(CARD_MB)
    if not text:
        return None
    if not text.isdecimal() or not int(text):
        raise ResourceError(f"{CARD_MB}={text}: must be a whole number of megabytes, or unset")
    return float(text)


def _folder() -> Path:
    return Path(tempfile.gettempdir(), f"unpacking-softmax-cards-{os.getuid()}")
