"""An archive that was looked through: whole, ours, and as its manifest says, or refused.

Nothing is written here, and no path of an archive is followed: members are plain files whose names have the
form of results that travel.
"""

import hashlib
import json
import lzma
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from unpacking_softmax.artefacts.archive.contents import (
    ACCEPTED,
    STAY,
    TRAVEL,
    are_accepted,
    kind_of,
    travels,
)
from unpacking_softmax.artefacts.archive.crate import MANIFEST, RECORDS, STUDY, listed
from unpacking_softmax.artefacts.errors import ArtefactError

CHUNK = 1 << 20
# What is read as a whole: manifest, records, study. A grid of 27,000 runs needs a few hundred megabytes.
LIMIT = 1 << 30
OWN = {MANIFEST, RECORDS, STUDY}
# What a damaged archive raises; which one depends on where the damage is.
DAMAGED = (tarfile.TarError, lzma.LZMAError, EOFError, OSError, ValueError, RecursionError, MemoryError)
# What Snakemake reads of a record, and its type.
FORM = {"rule": str, "params": list, "input": list, "record_format_version": int}


@dataclass(frozen=True)
class Archive:
    """What an archive holds: SHA-256 of each file of results, Snakemake's records, the study it is of, and
    the code that is accepted for older code (see `plan.accepted`), by rule and hash."""

    path: Path
    files: Mapping[str, str]
    records: Mapping[str, dict]
    study: Mapping
    accepted: Mapping[str, Mapping[str, Mapping]]

    @property
    def results(self) -> str:
        return self.study["results"]

    def contents(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file of results in turn, in chunks. Raises ArtefactError where one has changed since."""
        for name, chunks in _members(self.path):
            if name in self.files:
                yield name, _checked(chunks, self.files[name], f"{self.path}: {name} has changed")


def open_archive(path: str | Path) -> Archive:
    """Look through a whole archive. Raises ArtefactError for one that is damaged or not of this workflow."""
    path = Path(path)
    try:
        return _looked_through(path)
    except ArtefactError as error:
        raise ArtefactError(f"{path}: refused, nothing of it was laid down: {error}") from error
    except DAMAGED as error:
        reason = str(error) or repr(error)
        raise ArtefactError(f"{path}: refused, cannot be read ({reason}); get another copy") from error


def _looked_through(path: Path) -> Archive:
    promised: dict[str, tuple[int, str]] = {}
    found: dict[str, str] = {}
    texts = {}
    for name, chunks in _members(path):
        kept = name in OWN or name.endswith(f"/{ACCEPTED}")
        if not found and name != MANIFEST:
            raise ArtefactError(f"does not begin with {MANIFEST}: no archive of this workflow")
        if name in found or (name != MANIFEST and name not in promised):
            raise ArtefactError(f"{name!r} is there twice, or not listed in {MANIFEST}")
        texts[name], size, found[name] = _read(chunks, kept)
        if name == MANIFEST:
            promised = listed(texts[name])
        elif promised[name] != (size, found[name]):
            raise ArtefactError(f"{name} is not what {MANIFEST} says (other size or SHA-256)")
    if missing := [name for name in (*OWN, *promised) if name not in found]:
        raise ArtefactError(f"{missing[0]} is missing")
    study, records = (_json(texts[name], name) for name in (STUDY, RECORDS))
    results = study.get("results")
    if not (isinstance(results, str) and isinstance(study.get("title"), str)):
        raise ArtefactError(f"{STUDY}: is no study")
    accepted = _json(texts.get(f"{results}/{ACCEPTED}", b"{}"), ACCEPTED)
    if not are_accepted(accepted):
        raise ArtefactError(f"{ACCEPTED}: damaged")
    _check_names(found.keys() - OWN, records, results)
    files = {name: found[name] for name in found if name not in OWN and not name.endswith(f"/{ACCEPTED}")}
    return Archive(path, files, records, study, accepted)


def _check_names(files: Iterable[str], records: Mapping, results: str) -> None:
    for name in files:
        if not travels(name, results):
            raise ArtefactError(f"{name!r} is no result that travels, of {results}")
    for name, record in records.items():
        if kind_of(name, results) not in {*TRAVEL, *STAY}:
            raise ArtefactError(f"{RECORDS}: {name!r} is no result of {results}")
        values = [isinstance(record, dict) and record.get(field) for field in FORM]
        if not all(map(isinstance, values, FORM.values())):
            raise ArtefactError(f"{RECORDS}: what it has of {name} is no record of Snakemake")


def _members(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and chunks of each member, to the archive's end. Raises ArtefactError for a link or folder."""
    with tarfile.open(path, "r:xz") as tar:
        for member in tar:
            if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
                raise ArtefactError(f"{member.name!r} is no plain file")
            yield member.name, _chunks(tar, member)
        while tar.fileobj.read(CHUNK):
            pass  # tarfile stops at the last member; the checksum of xz comes after it


def _chunks(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    source = tar.extractfile(member)
    left = member.size
    while chunk := source.read(CHUNK):
        left -= len(chunk)
        yield chunk
    if left:
        raise EOFError(f"{member.name!r} is cut off")


def _read(chunks: Iterator[bytes], kept: bool) -> tuple[bytes, int, str]:
    """What is read as a whole, if it is to be kept; size and SHA-256."""
    size, digest, parts = 0, hashlib.sha256(), []
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
        if kept:
            parts.append(chunk)
            if size > LIMIT:
                raise ArtefactError(f"its manifest or records are larger than {LIMIT >> 20} MiB")
    return b"".join(parts), size, digest.hexdigest()


def _checked(chunks: Iterator[bytes], expected: str, message: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != expected:
        raise ArtefactError(message)


def _json(text: bytes, name: str) -> dict:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{name}: not readable ({error})") from error
    if not isinstance(values, dict):
        raise ArtefactError(f"{name}: not readable")
    return values
