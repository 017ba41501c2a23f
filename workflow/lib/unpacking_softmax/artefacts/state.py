"""What Snakemake keeps of its work in `.snakemake`: a record of each output, marks of those at work, locks.

A record or mark is a file that is named by the output's path in URL-safe base64, cut into folders that begin
with @ where it is longer than the file system lets names be (Snakemake 9, persistence/file.py).
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.artefacts.files import reporting

STATE = Path(".snakemake")


def all_records() -> dict[str, dict]:
    """Every record, by output. Without those that cannot be read, which Snakemake ignores too."""
    records = {}
    for key, path in _keys(STATE / "metadata").items():
        with suppress(ValueError):
            record = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(record, dict) and record:
                records[key] = record
    return records


def has_record(output: str) -> bool:
    """Whether an output was ever finished here."""
    return _file(output).exists()


def write_record(output: str, record: dict) -> None:
    """Lay down the record of an output, as Snakemake itself would."""
    path, draft = _file(output), STATE / f".record.{os.getpid()}"
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without this folder Snakemake takes the records for those of an old version.
        (STATE / "incomplete").mkdir(exist_ok=True)
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.replace(path)


def started() -> dict[str, float]:
    """The outputs that a job is at, or was cut off at, each with the time at which it was handed over."""
    found = {}
    for key, path in _keys(STATE / "incomplete").items():
        with suppress(OSError):  # finished meanwhile
            found[key] = path.stat().st_mtime
    return found


def locked() -> set[str]:
    """The outputs that a Snakemake at work will make, or was to make when it was killed."""
    found: set[str] = set()
    for path in (STATE / "locks").glob("*.output.lock"):
        with suppress(OSError):
            found.update(path.read_text(encoding="utf-8").split("\n"))
    return found - {""}


def last_word() -> float:
    """When the last Snakemake here wrote to its log, which it does with each job that begins or ends."""
    return max((path.stat().st_mtime for path in (STATE / "log").glob("*.log")), default=0.0)


def check_idle() -> None:
    """Raise ResourceError while Snakemake works here: it holds the records in mind."""
    if any((STATE / "locks").glob("*.lock")):
        raise ResourceError(
            "Snakemake is at work in this folder: wait until it is done "
            "(or, where it was killed, call `snakemake --unlock` once)"
        )


def _file(output: str) -> Path:
    folder = STATE / "metadata"
    length = os.pathconf(".", "PC_NAME_MAX") - 1
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + length] for i in range(0, len(name), length)]
    return folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def _keys(folder: Path) -> dict[str, Path]:
    """The outputs that have a file in a folder of Snakemake's, each with the file."""
    found = {}
    for path in folder.rglob("*"):
        name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
        if path.is_file():
            with suppress(ValueError):  # no output's: Snakemake keeps markers of its own there
                found[urlsafe_b64decode(name).decode()] = path
    return found
