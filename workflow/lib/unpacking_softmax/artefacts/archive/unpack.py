"""Unpacking: archives of one study laid into its results here, all of them or nothing."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unpacking_softmax.artefacts import state, writing
from unpacking_softmax.artefacts.archive.contents import ACCEPTED, STAY, kind_of
from unpacking_softmax.artefacts.archive.opened import Archive, open_archive
from unpacking_softmax.artefacts.archive.records import codes_of, read_records, settings_of
from unpacking_softmax.artefacts.errors import ArtefactError, StudyError
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.reading import read_json

NAMED = 10  # conflicts named in a message


@dataclass(frozen=True)
class Laid:
    """Files laid down, files that were here with the same content, files without a record of Snakemake; the
    hashes of the code that made what travelled, by rule."""

    new: tuple[str, ...]
    same: tuple[str, ...]
    unknown: tuple[str, ...]
    codes: Mapping[str, set[str]]


def unpack(paths: Sequence[str | Path], config: Mapping) -> Laid:
    """Lay archives of the study `config` into its results, below the working directory.

    Files get one time, so that none is newer than what was made from it; Snakemake's records come first: a
    file that is missing after a power failure is then made, or laid down by the next call.
    Raises ArtefactError for a damaged or foreign archive, and where archives and what is here contradict each
    other; StudyError for an archive of another study; ResourceError while Snakemake is at work. In every
    such case nothing was written.
    """
    state.check_idle()
    archives = [open_archive(path) for path in paths]
    results = config["results"]
    for archive in archives:
        _check_study(archive, config)
    accepted = Path(results, ACCEPTED)
    here = read_records(results)
    known = _accepted(archives, accepted)
    if found := [*_conflicts(archives), *_contradictions(archives, here, results)]:
        more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
        said = "nothing was laid down; leave an archive out, or delete what is here, of:"
        raise ArtefactError("\n  ".join([said, *found[:NAMED], *more]))
    if any(archive.accepted for archive in archives):
        writing.write_json(known, accepted)
    present = {name for archive in archives for name in archive.files if Path(name).exists()}
    for archive in archives:
        for key, record in archive.records.items():
            if key not in here or (key not in present and kind_of(key, results) not in STAY):
                state.write_record(key, record)
                here[key] = record
    new = _lay_files(archives, present)
    files = {name for archive in archives for name in archive.files}
    unknown = sorted(files - set(here))
    codes = codes_of({key: record for key, record in here.items() if key in files})
    return Laid(tuple(sorted(new)), tuple(sorted(files - new)), tuple(unknown), codes)


def _check_study(archive: Archive, config: Mapping) -> None:
    theirs, ours = ((study["title"], study["results"]) for study in (archive.study, config))
    if theirs != ours:
        raise StudyError(
            f"{archive.path}: holds {theirs[0]!r} in {theirs[1]}, and the study here is {ours[0]!r} in "
            f"{ours[1]}; name the archive's study (make unpack FILE=... STUDY=...)"
        )


def _conflicts(archives: Iterable[Archive]) -> Iterator[str]:
    """A line for each file of which there is more than one content."""
    seen: dict[str, dict[str, str]] = {}
    for archive in archives:
        for name, digest in archive.files.items():
            seen.setdefault(name, {}).setdefault(digest, str(archive.path))
    for name in sorted(seen):
        if os.path.lexists(name):
            seen[name].setdefault(_digest(Path(name)), "the results here")
        if len(seen[name]) > 1:
            yield f"{name}: one content in {', another in '.join(seen[name].values())}"


def _contradictions(archives: Iterable[Archive], here: Mapping[str, Mapping], results: str) -> Iterator[str]:
    """A line for each data set or network that measures were made from under other settings."""
    seen = {key: (settings_of(record)[1], "the results here") for key, record in here.items()}
    for archive in archives:
        for key, record in archive.records.items():
            own = settings_of(record)[1]
            settings, place = seen.setdefault(key, (own, str(archive.path)))
            if kind_of(key, results) in STAY and settings != own:
                yield f"{key}: made with some settings for {place}, with others for {archive.path}"


def _digest(path: Path) -> str:
    if not path.is_file():
        return "no file"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _accepted(archives: Iterable[Archive], path: Path) -> dict[str, dict[str, dict]]:
    """What is accepted of code here and in the archives, by rule and hash.

    Raises ArtefactError where one hash stands for two.
    """
    merged = read_json(path, {}, "accepted anew") if path.exists() else {}
    for archive in archives:
        for rule, entries in archive.accepted.items():
            known = merged.setdefault(rule, {})
            for code, entry in entries.items():
                if known.setdefault(code, entry)["stands_for"] != entry["stands_for"]:
                    raise ArtefactError(f"{path}, {archive.path}: {code} ({rule}) stands for two codes")
    return merged


def _lay_files(archives: Iterable[Archive], present: set[str]) -> set[str]:
    now, new = time.time(), set()
    for archive in archives:
        for name, chunks in archive.contents():
            if name in present or name in new:
                continue
            with replacing(name) as draft:
                with open(draft, "wb") as file:
                    file.writelines(chunks)
                os.utime(draft, (now, now))
            new.add(name)
    return new
