"""What Snakemake remembers of each output: a JSON file an output in `.snakemake/metadata`.

Its name is the output's path in URL-safe base64, cut into folders that begin with @ where it is longer than
the file system lets names be (Snakemake 9, persistence/file.py).
"""

import ast
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from unpacking_softmax.artefacts.archive.contents import STAY, TRAVEL, kind_of
from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.artefacts.files import reporting

STATE = Path(".snakemake")


def read_records(results: str) -> dict[str, dict]:
    """The records of what travels and of the weights and images that it was made from, by path.

    Those of outputs that a job was cut off at are left out, and those that cannot be read, as Snakemake does.
    """
    unfinished = set(_keys(STATE / "incomplete"))
    records = {}
    for key, path in _keys(STATE / "metadata").items():
        if key in unfinished or kind_of(key, results) not in {*TRAVEL, *STAY}:
            continue
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(record, dict) and record:
            records[key] = record
    return dict(sorted(records.items()))


def unfinished(results: str) -> set[str]:
    """The outputs that a job is at, or was cut off at."""
    return {key for key in _keys(STATE / "incomplete") if kind_of(key, results)}


def write_record(key: str, record: dict) -> None:
    """Lay down the record of an output, as Snakemake itself would."""
    path, draft = _file(key), STATE / f".record.{os.getpid()}"
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.replace(path)


def check_idle() -> None:
    """Raise ResourceError while Snakemake works here: it holds the records in mind."""
    if any((STATE / "locks").glob("*.lock")):
        raise ResourceError(
            "Snakemake is at work in this folder: wait until it is done "
            "(or, where it was killed, call `snakemake --unlock` once)"
        )


def settings_of(record: Mapping) -> tuple[str | None, str]:
    """What an output was made from: the hash of its rule's code, and its other settings as text."""
    code, settings = None, []
    for text in record.get("params") or ():
        try:
            values = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            values = text
        if isinstance(values, dict) and isinstance(values.get("code"), str):
            code = values.pop("code")
        settings.append(repr(values))
    return code, " ".join(settings)


def codes_of(records: Mapping[str, Mapping]) -> dict[str, set[str]]:
    """The hashes of the code that made outputs, by rule."""
    found: dict[str, set[str]] = {}
    for record in records.values():
        if code := settings_of(record)[0]:
            found.setdefault(str(record.get("rule")), set()).add(code)
    return dict(sorted(found.items()))


def unknown_note(names: Sequence[str]) -> str:
    """What it means that Snakemake has no record of some files."""
    return (
        f"Snakemake has no record of {len(names)} files ({names[0]}, ...): they count as finished, whatever "
        "their settings were, and a setting that changes goes unnoticed"
    )


def _file(key: str) -> Path:
    folder = STATE / "metadata"
    # Without the second folder Snakemake takes the first for an old version's.
    for each in (folder, STATE / "incomplete"):
        each.mkdir(parents=True, exist_ok=True)
    length = os.pathconf(folder, "PC_NAME_MAX") - 1
    name = urlsafe_b64encode(key.encode()).decode()
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
