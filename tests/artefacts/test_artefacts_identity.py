"""What paths say that a result is of, and hashes."""

import hashlib
import json

import pytest

from unpacking_softmax.artefacts.identity import checksum, mismatch, named_by, sha256_of, weights_at
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.study.paths import Paths, Run, snapshot_file

RUN = Run("mine", "resnet18", "base", "match-vgg19@wide", 7)
NAMED = {
    "dataset": "mine",
    "architecture": "resnet18",
    "variant": "base",
    "temperature": "match-vgg19@wide",
    "seed": "7",
}


@pytest.mark.parametrize("results", ["results", "results/mine", "/else/where/runs", "data/a/b/c/T1/seed1"])
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if "{suffix}" not in kind.path])
def test_the_path_of_every_kind_says_what_it_is_of(results, kind):
    names = {name: NAMED.get(name, f"some-{name}") for name in KINDS[kind].per}
    path = Paths(results)(kind, **names)
    assert {name: named_by(kind, path)[name] for name in names} == names


@pytest.mark.parametrize(
    "path", ["model.safetensors", "mine/T1/seed0/model.safetensors", "runs/model.safetensors"]
)
def test_other_paths_say_nothing(path):
    assert named_by("model", path) == {}
    assert weights_at(path) == {}


def test_weights_of_a_run_and_of_its_snapshots(tmp_path):
    model = tmp_path / Paths("out")("model", RUN)
    assert weights_at(model) == NAMED
    assert weights_at(snapshot_file(model.parent, 20)) == {**NAMED, "epoch": "20"}
    assert weights_at(snapshot_file(tmp_path, 20)) == {}


def test_a_mismatch_is_named():
    assert mismatch(RUN.identity, NAMED) is None
    assert mismatch({"temperature": "10"}, {"temperature": "1"}) == (
        "belongs to another result: its temperature is 10, not 1"
    )
    assert mismatch(None, {"seed": "0"}) == "belongs to another result: its seed is None, not 0"
    assert mismatch("anything", {}) is None


def test_hash_of_a_file(tmp_path):
    (tmp_path / "x").write_bytes(b"abc" * 1_000_000)
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_the_checksum_is_of_the_values_and_no_order_or_earlier_checksum():
    values = {"b": [1.5, float("nan")], "a": {"y": 1, "x": None}}
    other = {"checksum": "old", "a": {"x": None, "y": 1}, "b": [1.5, float("nan")]}
    assert checksum(values) == checksum(other)
    assert checksum({**values, "b": [1.5000000000000002, float("nan")]}) != checksum(values)


def test_the_checksum_is_the_one_that_a_reader_finds():
    """Epochs are numbers when they are written and text when they are read; as text, 10 sorts before 2."""
    values = {"sha256": {2: "a", 10: "b"}}
    assert checksum(json.loads(json.dumps(values))) == checksum(values)
