"""Whose a result is: by the path that it lies at, and by what the file says of itself."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.kinds import KINDS, RUN_FOLDER

SNAPSHOT = re.compile(r"epoch(\d+)\.safetensors")


def _pattern(template: str) -> re.Pattern:
    """The form of paths: below whatever folder of results, every wildcard as a group."""
    parts = re.split(r"\{(\w+)\}", template.removeprefix("{results}/"))
    names = [f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)]
    return re.compile(rf"(?:.*/)?{''.join(names)}", re.DOTALL)


_PATTERNS = {name: _pattern(kind.path) for name, kind in KINDS.items()}
_IN_RUN = _pattern(f"{RUN_FOLDER}/{{rest}}")


def named_by(kind: str, path: str | Path) -> dict[str, str]:
    """What the path of a result of this kind says that it is of; nothing where it is no such path."""
    found = _PATTERNS[kind].fullmatch(Path(path).as_posix())
    return found.groupdict() if found else {}


def weights_at(path: str | Path) -> dict[str, str]:
    """The run, and of a snapshot the epoch, of weights at this path; nothing outside a run's folder."""
    path = Path(path)
    if snapshot := SNAPSHOT.fullmatch(path.name):
        run = named_by("snapshots", path.with_name("index.json"))
        return {**run, "epoch": snapshot[1]} if run else {}
    return named_by("model", path)


def mismatch(held: object, named: Mapping[str, str]) -> str | None:
    """Where what a file says of itself is not what its path says; None where it is, or the path says nothing.

    held: a mapping with the names of `named`, or whatever stands in its place.
    """
    for name, value in named.items():
        own = held.get(name) if isinstance(held, Mapping) else None
        if str(own) != value:
            return f"belongs to another result: its {name} is {own}, not {value}"
    return None


def sha256_of(path: str | Path) -> str:
    """The hash of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum(values: Mapping) -> str:
    """A hash of plain values, but for one that is kept among them as `checksum`."""
    # As a reader finds them: names that are numbers become text in JSON, which sorts in another order.
    kept = json.loads(json.dumps({name: value for name, value in values.items() if name != "checksum"}))
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
