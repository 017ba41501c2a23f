"""Archives that were tampered with, cut off or are none: refused whole."""

import hashlib
import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest

from made_up_archive import CONFIG, run, tree
from unpacking_softmax.artefacts.archive import opened
from unpacking_softmax.artefacts.archive.crate import RECORDS, STUDY
from unpacking_softmax.artefacts.archive.unpack import unpack
from unpacking_softmax.artefacts.errors import ArtefactError, UserError

# --- Archives that were tampered with: rewritten member by member -----------------------------------


def rewritten(archive, change):
    """The archive with `change` applied to its members, a list of [TarInfo, content]."""
    with tarfile.open(archive) as tar:
        members = [[m, tar.extractfile(m).read()] for m in tar]
    change(members)
    with tarfile.open(archive, "w:xz") as tar:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))


def relisted(members):
    """Make the manifest agree with the members: as someone would who knows the format."""
    crate = json.loads(members[0][1])
    entities = {e["@id"]: e for e in crate["@graph"]}
    for member, content in members[1:]:
        entry = entities.setdefault(member.name, {"@id": member.name})
        entry |= {"contentSize": str(len(content)), "sha256": hashlib.sha256(content).hexdigest()}
    entities["./"]["hasPart"] = [{"@id": member.name} for member, _ in members[1:]]
    members[0][1] = json.dumps({**crate, "@graph": list(entities.values())}).encode()


def content(place, new):
    def change(members):
        members[place][1] = new

    return change


def listed_content(name, new):
    def change(members):
        next(m for m in members if m[0].name == name)[1] = new
        relisted(members)

    return change


def named(name):
    def change(members):
        members[-1][0].name = name
        relisted(members)

    return change


def linked(kind):
    def change(members):
        members[-1][0].type, members[-1][0].linkname = kind, "/etc/passwd"

    return change


def more(members):
    members.append([tarfile.TarInfo(f"{run(9)}/run.json"), b"{}"])


TAMPERED = {
    "a number changed": (content(-1, b'{"seed": 1}'), "is not what ro-crate-metadata.json says"),
    "a file too many": (more, "is there twice, or not listed"),
    "a file twice": (lambda m: m.append(m[-1]), "is there twice, or not listed"),
    "a file missing": (lambda m: m.pop(), "run.json is missing"),
    "no manifest": (lambda m: m.pop(0), "does not begin with ro-crate-metadata.json"),
    "no records": (lambda m: (m.pop(1), relisted(m)), f"{RECORDS} is missing"),
    "another manifest": (content(0, b'{"@graph": []}'), "ro-crate-metadata.json: not readable"),
    "a manifest of lists": (content(0, b"[" * 100_000), "ro-crate-metadata.json: not readable"),
    "a path above": (named(f"../{run(0)}/run.json"), "is no result that travels"),
    "a path within that leads out": (named("out/a/runs/../../../run.json"), "is no result that travels"),
    "an absolute path": (named(f"/{run(0)}/run.json"), "is no result that travels"),
    "a hidden folder": (named("out/a/.snakemake/run.json"), "is no result that travels"),
    "weights": (named(f"{run(0)}/model.safetensors"), "is no result that travels"),
    "code": (named("workflow/scripts/train.py"), "is no result that travels"),
    "a symbolic link": (linked(tarfile.SYMTYPE), "is no plain file"),
    "a hard link": (linked(tarfile.LNKTYPE), "is no plain file"),
    "a device": (linked(tarfile.CHRTYPE), "is no plain file"),
    "a folder": (linked(tarfile.DIRTYPE), "is no plain file"),
    "a record of another place": (
        listed_content(RECORDS, json.dumps({"workflow/x": {}}).encode()),
        "'workflow/x' is no result",
    ),
    "a record of another form": (
        listed_content(RECORDS, json.dumps({f"{run(0)}/run.json": {"rule": 1}}).encode()),
        "is no record of Snakemake",
    ),
    "records that are none": (listed_content(RECORDS, b"[]"), f"{RECORDS}: not readable"),
    "no study": (listed_content(STUDY, b"{}"), f"{STUDY}: is no study"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_tampered_archive_is_refused_whole(places, case):
    _, archive, there = places
    change, said = TAMPERED[case]
    rewritten(archive, change)
    with pytest.raises(ArtefactError, match="refused") as caught:
        unpack([archive], CONFIG)
    assert said in str(caught.value)
    assert str(archive) in str(caught.value)
    assert tree(there) == {}


def test_a_good_archive_is_not_laid_down_beside_a_bad_one(places, tmp_path):
    _, archive, there = places
    bad = tmp_path / "bad.tar.xz"
    bad.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(ArtefactError, match=r"bad\.tar\.xz: refused"):
        unpack([archive, bad], CONFIG)
    assert tree(there) == {}


def test_every_truncation_is_refused(places):
    _, archive, there = places
    whole = archive.read_bytes()
    for length in range(0, len(whole), 61):
        archive.write_bytes(whole[:length])
        with pytest.raises(UserError, match="refused"):
            unpack([archive], CONFIG)
    assert tree(there) == {}


def test_every_flipped_bit_is_refused(places):
    _, archive, there = places
    whole = archive.read_bytes()
    for place in range(0, len(whole), 11):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        archive.write_bytes(bytes(broken))
        with pytest.raises(UserError):
            unpack([archive], CONFIG)
    assert tree(there) == {}


@pytest.mark.parametrize("text", [b"", b"\x1f\x8b not xz", lzma.compress(b"no tar"), lzma.compress(b"")])
def test_what_is_no_archive(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("a.tar.xz").write_bytes(text)
    with pytest.raises(ArtefactError, match=r"a\.tar\.xz: refused"):
        unpack(["a.tar.xz"], CONFIG)
    with pytest.raises(ArtefactError, match=r"none\.tar\.xz: refused"):
        unpack(["none.tar.xz"], CONFIG)


def test_a_manifest_that_never_ends(places, monkeypatch):
    _, archive, _ = places
    monkeypatch.setattr(opened, "LIMIT", 100)
    with pytest.raises(ArtefactError, match="larger than"):
        unpack([archive], CONFIG)
