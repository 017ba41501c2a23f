"""The manifest of an archive, as an RO-Crate: every file with its size and hash, and what made them.

RO-Crate 1.2 (https://w3id.org/ro/crate/1.2) is JSON-LD in the words of schema.org; tools for research objects
read it. What an archive of ours needs beyond that are the members RECORDS and STUDY.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from unpacking_softmax.artefacts.archive.records import codes_of
from unpacking_softmax.artefacts.errors import ArtefactError

MANIFEST = "ro-crate-metadata.json"
RECORDS = "snakemake-records.json"
STUDY = "study.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.2"
FORMATS = {".json": "application/json", ".parquet": "application/vnd.apache.parquet"}
DIGEST = re.compile(r"[0-9a-f]{64}")
# What is the same in every archive.
DESCRIPTOR = {
    "@id": MANIFEST,
    "@type": "CreativeWork",
    "conformsTo": {"@id": SPECIFICATION},
    "about": {"@id": "./"},
}
LICENCE = {
    "@id": "#licence",
    "@type": "CreativeWork",
    "name": "Not stated",
    "description": "Who publishes this archive names a licence here.",
}


def manifest(
    title: str,
    files: Mapping[str, tuple[int, str]],
    records: Mapping[str, Mapping],
    runtimes: Iterable[Mapping],
    packed_by: str | None,
) -> dict:
    """The RO-Crate of an archive.

    files: size in bytes and SHA-256 of each member but the manifest. runtimes: of the runs (see
    `machine.runtime`); with the hashes of code in the records of Snakemake they say what made the files.
    packed_by: the commit that packs. Nothing here depends on the hour or the machine of packing.
    """
    tools = [*_software(runtimes), *_code(records)]
    ends = [end for record in records.values() if isinstance(end := record.get("endtime"), int | float)]
    last = datetime.fromtimestamp(max(ends, default=0), UTC).isoformat(timespec="seconds")
    crate = {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": "Measures and records of trained networks, from which the figures, tables and verdict "
        "of the study are drawn; without images and weights. Unpack it into a clone of the workflow.",
        "datePublished": last,
        "license": {"@id": "#licence"},
        "hasPart": [{"@id": name} for name in sorted(files)],
        "mentions": [{"@id": "#making"}],
        "version": packed_by or "unknown",
    }
    making = {
        "@id": "#making",
        "@type": "CreateAction",
        "name": "Training and measuring",
        "endTime": last,
        "instrument": [{"@id": tool["@id"]} for tool in tools],
        "result": {"@id": "./"},
    }
    entries = [_entry(name, *files[name]) for name in sorted(files)]
    graph = [DESCRIPTOR, crate, *entries, making, *tools, LICENCE]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph}


def _entry(name: str, size: int, digest: str) -> dict:
    form = FORMATS[name[name.rindex(".") :]]
    return {
        "@id": name,
        "@type": "File",
        "contentSize": str(size),
        "encodingFormat": form,
        "sha256": digest,
    }


def _software(runtimes: Iterable[Mapping]) -> list[dict]:
    """The commits and versions that the runs name, each once."""
    found = {
        (name, str(runtime[name]))
        for runtime in runtimes
        for name in ("commit", "python", "torch", "torchvision", "cuda")
        if runtime.get(name) is not None
    }
    return [
        {
            "@id": f"#{name}-{version}",
            "@type": "SoftwareSourceCode" if name == "commit" else "SoftwareApplication",
            "name": "unpacking-softmax" if name == "commit" else name,
            "version": version,
        }
        for name, version in sorted(found)
    ]


def _code(records: Mapping[str, Mapping]) -> list[dict]:
    """The code of each rule that made something here, by the hash that its settings hold."""
    found = [(rule, code) for rule, codes in codes_of(records).items() for code in sorted(codes)]
    return [
        {
            "@id": f"#rule-{rule}-{code}",
            "@type": "SoftwareSourceCode",
            "name": f"rule {rule}",
            "identifier": code,
        }
        for rule, code in found
    ]


def listed(text: bytes) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file that a manifest lists.

    Raises ArtefactError where it is no manifest of ours.
    """
    try:
        crate = json.loads(text)
        entities = {entity["@id"]: entity for entity in crate["@graph"]}
        parts = [part["@id"] for part in entities["./"]["hasPart"]]
        found = {name: (int(entities[name]["contentSize"]), str(entities[name]["sha256"])) for name in parts}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ArtefactError(f"{MANIFEST}: not readable ({error!r})") from error
    if len(found) < len(parts):
        raise ArtefactError(f"{MANIFEST}: lists a file twice")
    for name, (size, digest) in found.items():
        if size < 0 or not DIGEST.fullmatch(digest):
            raise ArtefactError(f"{MANIFEST}: gives {name} no size and SHA-256")
    return found
