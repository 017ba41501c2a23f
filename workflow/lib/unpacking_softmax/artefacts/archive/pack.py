"""Packing: one archive of what a study has finished."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from unpacking_softmax.artefacts import state
from unpacking_softmax.artefacts.archive.contents import ACCEPTED, STAY, kind_of, travelling_files
from unpacking_softmax.artefacts.archive.crate import MANIFEST, RECORDS, STUDY, manifest
from unpacking_softmax.artefacts.archive.records import read_records
from unpacking_softmax.artefacts.errors import ArtefactError, StudyError
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.reading import read_json

CHUNK = 1 << 20


@dataclass(frozen=True)
class Packed:
    """What an archive holds: files of results, those of them that Snakemake has no record of; its SHA-256."""

    files: tuple[str, ...]
    unknown: tuple[str, ...]
    sha256: str


def pack(config: Mapping, target: str | Path, packed_by: str | None) -> Packed:
    """Write an archive (.tar.xz) of a study's finished results; of the same results, always the same bytes.

    config: the study's. What Snakemake has no record of (results that were copied here) travels too, and
    counts as finished, whatever its settings were. Outputs that a job is at are left out.
    Raises StudyError where the results lie outside the working directory, or there are none; ArtefactError
    for a run.json that is damaged, and where a file changes meanwhile.
    """
    results = config["results"]
    if PurePosixPath(results).is_absolute() or ".." in PurePosixPath(results).parts:
        raise StudyError(f"results = {results!r}: only a folder inside the working directory can be packed")
    at_work = state.started()
    files = [name for name in travelling_files(results) if name not in at_work]
    if not files:
        raise StudyError(f"{results}: holds no finished measures; make some, or name the study that has them")
    records = {
        key: record
        for key, record in read_records(results).items()
        if key in set(files) or kind_of(key, results) in STAY
    }
    own = {RECORDS: _json(records), STUDY: _json(config)}
    listed = {name: _sized(io.BytesIO(text)) for name, text in own.items()}
    for name in files:
        with open(name, "rb") as file:
            listed[name] = _sized(file)
    runtimes = [
        read_json(name, {}, "trained").get("runtime", {})
        for name in files
        if kind_of(name, results) == "record"
    ]
    crate = json.dumps(manifest(config["title"], listed, records, runtimes, packed_by), indent=1)
    own = {MANIFEST: crate.encode(), **own}
    with replacing(target) as draft:
        _write(draft, own, files, listed)
    with open(target, "rb") as file:
        digest = _sized(file)[1]
    unknown = [name for name in files if name not in records and not name.endswith(f"/{ACCEPTED}")]
    return Packed(tuple(files), tuple(unknown), digest)


def _write(path: Path, own: Mapping[str, bytes], files: list[str], listed: Mapping) -> None:
    with tarfile.open(path, "w:xz", format=tarfile.PAX_FORMAT) as tar:
        for name, text in own.items():
            tar.addfile(_member(name, len(text)), io.BytesIO(text))
        for name in files:
            with open(name, "rb") as file:
                if _sized(file) != listed[name]:
                    raise ArtefactError(f"{name}: changed while it was packed; pack again when jobs are done")
                file.seek(0)
                tar.addfile(_member(name, listed[name][0]), file)


def _member(name: str, size: int) -> tarfile.TarInfo:
    """A plain file without owner, mode or time of its own."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


def _json(values: Mapping) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sized(file) -> tuple[int, str]:
    """Size and SHA-256 of what an open file holds."""
    size, digest = 0, hashlib.sha256()
    while chunk := file.read(CHUNK):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()
