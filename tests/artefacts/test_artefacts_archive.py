"""Archives of results, on made-up files: what travels, and what merges."""

import json
import tarfile
from base64 import urlsafe_b64encode

import pytest

from made_up_archive import CODE, CONFIG, lay, made, packed, remember, run, tree
from unpacking_softmax.artefacts.archive import opened
from unpacking_softmax.artefacts.archive.contents import DRAWN, STAY, TRAVEL
from unpacking_softmax.artefacts.archive.crate import MANIFEST, RECORDS, STUDY
from unpacking_softmax.artefacts.archive.pack import pack
from unpacking_softmax.artefacts.archive.records import read_records
from unpacking_softmax.artefacts.archive.unpack import unpack
from unpacking_softmax.artefacts.errors import ArtefactError, ResourceError, StudyError
from unpacking_softmax.artefacts.kinds import KINDS


def test_every_kind_is_decided_on():
    """Weights and images stay, what is drawn is drawn again; a new kind of table travels by itself."""
    assert {name for name, kind in KINDS.items() if kind.path.endswith(".safetensors")} < set(STAY)
    assert set(STAY) | set(DRAWN) | set(TRAVEL) == set(KINDS)
    assert {"record", "spectra", "probes", "calibration", "initial_norms", "theory"} < set(TRAVEL)


def test_measures_and_records_travel_weights_images_and_figures_do_not(places):
    here, archive, there = places
    laid = unpack([archive], CONFIG)
    names = [f"{run(0)}/probes.parquet", f"{run(0)}/run.json"]
    assert list(laid.new) == names
    assert laid.codes == {"train": {CODE}, "probe": {CODE}}
    known = read_records("out/a")
    # The images' record comes along: where they are not, a change of their settings must be seen.
    assert sorted(known) == sorted([*names, f"{run(0)}/model.safetensors", "out/a/data/own.safetensors"])
    results = {name for name in tree(there) if not name.startswith(".snakemake")}
    assert results == set(names)
    assert all((there / name).read_bytes() == (here / name).read_bytes() for name in names)
    for name in tree(here / ".snakemake"):
        copied = there / ".snakemake" / name
        assert not copied.exists() or json.loads(copied.read_text()) == json.loads(
            (here / ".snakemake" / name).read_text()
        )
    assert len({(there / name).stat().st_mtime for name in names}) == 1
    # Without this folder Snakemake takes the records for those of an old version.
    assert (there / ".snakemake/incomplete").is_dir()


def test_the_same_results_give_the_same_bytes(places, monkeypatch):
    _, archive, there = places
    before = archive.read_bytes()
    unpack([archive], CONFIG)
    assert packed(there, monkeypatch).read_bytes() == before


def test_unpacking_twice_changes_nothing(places):
    _, archive, there = places
    unpack([archive], CONFIG)
    before = tree(there)
    laid = unpack([archive], CONFIG)
    assert (len(laid.new), len(laid.same)) == (0, 2)
    assert tree(there) == before


def test_outputs_that_a_job_is_at_stay_behind(tmp_path, monkeypatch):
    made(tmp_path)
    remember(tmp_path, f"{run(0)}/probes.parquet", "probe", folder="incomplete")
    archive = opened.open_archive(packed(tmp_path, monkeypatch))
    assert list(archive.files) == [f"{run(0)}/run.json"]
    assert f"{run(0)}/probes.parquet" not in archive.records


def test_names_longer_than_the_file_system_lets_them_be(tmp_path, monkeypatch):
    """Snakemake cuts them into folders that begin with @."""
    long = "out/a/runs/" + "/".join(letter * 60 for letter in "abcT") + "/seed0/probes.parquet"
    name = urlsafe_b64encode(long.encode()).decode()
    record = {"rule": "probe", "params": [], "input": [], "record_format_version": 6}
    made(tmp_path)
    lay(tmp_path / long, b"probes")
    lay(tmp_path / ".snakemake/metadata" / f"@{name[:254]}" / name[254:], json.dumps(record).encode())
    archive = packed(tmp_path, monkeypatch)
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    assert unpack([archive], CONFIG).unknown == ()
    assert (there / ".snakemake/metadata" / f"@{name[:254]}" / name[254:]).is_file()


def test_results_without_a_record_travel_and_are_named(tmp_path, monkeypatch):
    made(tmp_path)
    name = urlsafe_b64encode(f"{run(0)}/run.json".encode()).decode()
    (tmp_path / ".snakemake/metadata" / name).unlink()
    monkeypatch.chdir(tmp_path)
    assert pack(CONFIG, "a.tar.xz", None).unknown == (f"{run(0)}/run.json",)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    assert unpack(["../a.tar.xz"], CONFIG).unknown == (f"{run(0)}/run.json",)


def test_parts_of_a_grid_merge(tmp_path, monkeypatch):
    archives = [packed(made(tmp_path / f"part{s}", [s]), monkeypatch) for s in (0, 1)]
    there = made(tmp_path / "there", [2])
    monkeypatch.chdir(there)
    assert len(unpack(archives, CONFIG).new) == 4
    for seed in (0, 1, 2):
        assert (there / run(seed) / "probes.parquet").exists()
        assert f"{run(seed)}/probes.parquet" in read_records("out/a")
    assert (there / run(2) / "model.safetensors").read_bytes() == b"weights"


def test_two_contents_of_one_file_are_named_and_nothing_is_written(tmp_path, monkeypatch):
    first = packed(made(tmp_path / "one"), monkeypatch)
    second = packed(made(tmp_path / "two", [0, 1], probes=b"others"), monkeypatch)
    there = tmp_path / "there"
    for here in (None, b"mine"):
        there.mkdir(exist_ok=True)
        if here:
            lay(there / run(1) / "probes.parquet", here)
        before = tree(there)
        monkeypatch.chdir(there)
        with pytest.raises(ArtefactError) as caught:
            unpack([first, second], CONFIG)
        said = str(caught.value).splitlines()
        assert said[1] == f"  {run(0)}/probes.parquet: one content in {first}, another in {second}"
        if here:
            line = f"  {run(1)}/probes.parquet: one content in {second}, another in the results here"
            assert said[2] == line
        assert tree(there) == before


def test_runs_on_other_images_do_not_mix(places):
    _, archive, there = places
    remember(there, "out/a/data/own.safetensors", "prepare_dataset", {"size": 64})
    with pytest.raises(ArtefactError, match=r"own.safetensors: made with some settings for the results here"):
        unpack([archive], CONFIG)
    # Another code is Snakemake's affair: what it made runs again, or is accepted.
    remember(there, "out/a/data/own.safetensors", "prepare_dataset", {"code": "f" * 16, "size": 32})
    assert len(unpack([archive], CONFIG).new) == 2


def test_accepted_code_is_joined(tmp_path, monkeypatch):
    first, second = made(tmp_path / "one"), made(tmp_path / "two", [1])
    for root, code in ((first, "a"), (second, "b")):
        text = json.dumps({"train": {code: {"stands_for": "c", "why": "renamed"}}})
        (root / "out/a/accepted_code.json").write_text(text)
    archives = [packed(root, monkeypatch) for root in (first, second)]
    monkeypatch.chdir(first)
    unpack(archives[1:], CONFIG)
    assert set(json.loads((first / "out/a/accepted_code.json").read_text())["train"]) == {"a", "b"}
    text = json.dumps({"train": {"b": {"stands_for": "d"}}})
    (first / "out/a/accepted_code.json").write_text(text)
    with pytest.raises(ArtefactError, match=r"b \(train\) stands for two"):
        unpack(archives[1:], CONFIG)


@pytest.mark.parametrize("other", [{"title": "Another"}, {"results": "out/b"}])
def test_another_studys_archive(places, other):
    _, archive, there = places
    with pytest.raises(StudyError, match=r"holds 'A study' in out/a, and the study here is"):
        unpack([archive], {**CONFIG, **other})
    assert tree(there) == {}


def test_not_beside_a_snakemake_at_work(places):
    _, archive, there = places
    lay(there / ".snakemake/locks/0.output.lock", b"")
    with pytest.raises(ResourceError, match="at work"):
        unpack([archive], CONFIG)


def test_nothing_to_pack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match="holds no finished measures"):
        pack(CONFIG, "a.tar.xz", None)
    for results in ("/elsewhere", "../out"):
        with pytest.raises(StudyError, match="inside the working directory"):
            pack({**CONFIG, "results": results}, "a.tar.xz", None)
    assert tree(tmp_path) == {}


def test_the_manifest_is_a_research_object(places):
    """RO-Crate 1.2, sections on the root data entity and data entities: what each must have."""
    _, archive, _ = places
    with tarfile.open(archive) as tar:
        crate = json.loads(tar.extractfile(MANIFEST).read())
        sizes = {m.name: m.size for m in tar}
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    assert entities[MANIFEST]["about"] == {"@id": "./"}
    assert entities[MANIFEST]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = entities["./"]
    assert all(root[name] for name in ("name", "description", "datePublished", "license"))
    parts = [part["@id"] for part in root["hasPart"]]
    assert {name: int(entities[name]["contentSize"]) for name in parts} == {
        name: size for name, size in sizes.items() if name != MANIFEST
    }
    # Every reference leads somewhere.
    references = [v["@id"] for e in crate["@graph"] for v in e.values() if isinstance(v, dict)]
    references += [v["@id"] for e in crate["@graph"] for x in e.values() if isinstance(x, list) for v in x]
    assert {r for r in references if not r.startswith("http")} <= set(entities)
    tools = {(e.get("name"), e.get("version", e.get("identifier"))) for e in crate["@graph"]}
    assert {("unpacking-softmax", "abc"), ("torch", "2.11.0"), ("rule train", CODE)} <= tools


def test_a_tool_for_research_objects_reads_it(places, tmp_path):
    rocrate = pytest.importorskip("rocrate.rocrate")
    _, archive, _ = places
    folder = tmp_path / "crate"
    with tarfile.open(archive) as tar:
        for member in tar:
            lay(folder / member.name, tar.extractfile(member).read())
    crate = rocrate.ROCrate(folder)
    assert crate.name == "A study"
    assert {f.id for f in crate.data_entities} == {
        RECORDS,
        STUDY,
        f"{run(0)}/run.json",
        f"{run(0)}/probes.parquet",
    }
