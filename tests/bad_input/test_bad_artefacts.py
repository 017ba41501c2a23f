"""Files that the workflow wrote and somebody broke: each reader names the file and what to do."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from unpacking_softmax.artefacts import reading, tables, writing
from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.artefacts.kinds import OF_RUNS, Status
from unpacking_softmax.images import dataset
from unpacking_softmax.measures.activations import Activations
from unpacking_softmax.networks.door import load_network, new_network, save_weights
from unpacking_softmax.study.paths import Run

IDENTITY = Run("tiny", "mlp", "base", "10", 0).identity
RECORD = {
    "run": IDENTITY,
    "temperature_value": 10.0,
    "status": "trained",
    "train_accuracy": 1.0,
    "test_accuracy": 0.5,
    "logits_norm": 9.0,
    "initial_logits_norm": 1.0,
}


# --- How a file is broken --------------------------------------------------------------------------
def gone(path: Path):
    path.unlink()


def empty(path: Path):
    path.write_bytes(b"")


def halved(path: Path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def shorter(path: Path):
    path.write_bytes(path.read_bytes()[:-3])


def another(path: Path):
    path.write_bytes(b"\x80\x04not what its name says" * 9)


def folder(path: Path):
    path.unlink()
    path.mkdir()


def huge_header(path: Path):
    path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])


def tensors(**changes):
    """Replace tensors of a safetensors file (None: take out) and keep its metadata."""

    def change(path: Path):
        with safe_open(path, "pt") as file:
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
        held |= {name.replace("__", "."): value for name, value in changes.items()}
        save_file({name: value for name, value in held.items() if value is not None}, path, metadata)

    return change


def metadata(value):
    """Replace the metadata of a safetensors file."""

    def change(path: Path):
        with safe_open(path, "pt") as file:
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            known = file.metadata()
        save_file(held, path, value if value is None or isinstance(value, dict) else value(known))

    return change


def describes(*, keeping_checksum=False, **changes):
    """Change what a data set's file says of its images; earlier versions wrote no checksum over that."""

    def change(known):
        values = json.loads(known["dataset"]) | changes
        if not keeping_checksum:
            del values["checksum"]
        return {"dataset": json.dumps(values)}

    return metadata(change)


def without(column):
    return lambda path: pd.read_parquet(path).drop(columns=column).to_parquet(path)


def says(text):
    return lambda path: path.write_text(text)


def record(**changes):
    """Change values of a record; None takes one out."""
    values = {name: value for name, value in {**RECORD, **changes}.items() if value is not None}
    return says(json.dumps(values))


# --- How each kind is written and read --------------------------------------------------------------
SETTINGS = {"network": "mlp", "variant": {}, "width": 16, "depth": 3, "seed": 0}


def write_weights(path, data):
    save_weights(new_network(SETTINGS, data), path)


def write_activations(path, _):
    save_file({"logits.spectrum": torch.ones(3)}, path, {"points": "fc1,logits"})


def write_probes(path, _):
    row = dict.fromkeys(OF_RUNS["probes"].columns, 1)
    writing.write_rows([row], IDENTITY, path)


KINDS = {
    "model.safetensors": (write_weights, lambda path, data: load_network(path, SETTINGS, data)),
    "tiny.safetensors": (lambda path, data: dataset.save(data, path), lambda path, _: dataset.load(path)),
    "far.safetensors": (write_activations, lambda path, _: Activations(path)["logits.spectrum"]),
    "probes.parquet": (write_probes, lambda path, _: tables.gather([path])),
    "base.parquet": (write_probes, lambda path, _: reading.initial_norms([path])),
    "rank_two.parquet": (write_probes, lambda path, _: tables.numerics(path)),
    "run.json": (lambda path, _: writing.write_json(RECORD, path), lambda path, _: tables.records([path])),
    "T10.json": (
        lambda path, _: writing.write_json({"temperature": 4.5}, path),
        lambda path, _: reading.matched_temperature(path),
    ),
    "index.json": (
        lambda path, _: writing.write_json({"epochs": [0, 1]}, path),
        lambda path, _: reading.snapshot_epochs(path),
    ),
}
GENERAL = [gone, empty, halved, shorter, another, folder]
CASES = [
    *((kind, damage, "") for kind in KINDS for damage in GENERAL),
    *((kind, huge_header, "") for kind in KINDS if kind.endswith(".safetensors")),
    # Weights
    ("model.safetensors", "resnet8", "holds another network than mlp: it lacks "),
    ("model.safetensors", "wider mlp", "is float32 32 x 192, not float32 16 x 192"),
    ("model.safetensors", "more classes", "is float32 9 x 16, not float32 4 x 16"),
    ("model.safetensors", tensors(extra=torch.ones(1)), "it has extra"),
    ("model.safetensors", tensors(fc__bias=torch.ones(4).double()), "is float64 4, not"),
    # A data set
    ("tiny.safetensors", metadata(None), "lacks classes, mean, name, sha256, source, std"),
    ("tiny.safetensors", metadata({"dataset": "{"}), "Expecting"),
    ("tiny.safetensors", metadata({"dataset": "[1]"}), "lacks classes"),
    ("tiny.safetensors", tensors(test__labels=None), "lacks test.labels"),
    ("tiny.safetensors", tensors(test__labels=torch.zeros(24)), "labels of torch.float32"),
    ("tiny.safetensors", tensors(test__labels=torch.full((24,), 4)), "labels from 4 to 4 of 4 classes"),
    ("tiny.safetensors", tensors(test__labels=torch.zeros(23).long()), "labels (23,)"),
    ("tiny.safetensors", tensors(test__images=torch.zeros(24, 1, 8, 8).byte()), "(24, 1, 8, 8)"),
    ("tiny.safetensors", tensors(train__labels=torch.zeros(64).long()), "other pixels or labels"),
    ("tiny.safetensors", describes(sha256="0"), "other pixels or labels than its sha256 says"),
    ("tiny.safetensors", describes(mean=0.5), "impossible mean = 0.5"),
    ("tiny.safetensors", describes(std=[1.0, 1.0]), "impossible std = [1.0, 1.0]"),
    ("tiny.safetensors", describes(classes=["a", "a", "b", "c"]), "impossible classes = ['a', 'a'"),
    ("tiny.safetensors", describes(classes=[1, 2, 3, 4]), "impossible classes"),
    ("tiny.safetensors", describes(name=None), "impossible name = None"),
    (
        "tiny.safetensors",
        describes(keeping_checksum=True, mean=[0.5] * 3),
        "was changed after it was written",
    ),
    ("tiny.safetensors", describes(keeping_checksum=True, classes=[*"dcba"]), "was changed after it was wri"),
    # Activations
    ("far.safetensors", metadata(None), "lacks the names of the network's points"),
    ("far.safetensors", metadata({"point": "fc1"}), "lacks the names of the network's points"),
    ("far.safetensors", metadata({"points": "fc1", "about": "[]"}), "lacks the names"),
    ("far.safetensors", metadata({"points": "fc1", "about": '{"sha256": 1}'}), "lacks the names"),
    ("far.safetensors", tensors(logits__spectrum=None), "logits.spectrum"),
    # Tables
    ("probes.parquet", without("accuracy"), "lacks the columns ['accuracy']"),
    ("probes.parquet", without(["seed", "index"]), "lacks the columns ['seed', 'index']"),
    ("probes.parquet", lambda path: pd.read_parquet(path)[:0].to_parquet(path), "holds no rows"),
    ("base.parquet", without("n"), "lacks the columns ['network', 'n', 'batch'"),
    ("rank_two.parquet", without("n"), "lacks the columns ['part', 'n', 'scale'"),
    # Records
    ("run.json", says("[]"), "lacks run"),
    ("run.json", says("null"), "lacks run"),
    ("run.json", says("[" * 100_000), "recursion"),
    ("run.json", says("{'run': 1}"), "Expecting property name"),
    ("run.json", record(run=None), "lacks run"),
    ("run.json", record(run="tiny"), "impossible run = 'tiny'"),
    ("run.json", record(run={**IDENTITY, "seed": "0"}), "impossible run"),
    ("run.json", record(status=None), "lacks status"),
    ("run.json", record(status="fine"), "impossible status = 'fine'"),
    ("run.json", record(status=["trained"]), "impossible status = ['trained']"),
    ("run.json", record(test_accuracy="0.95"), "impossible test_accuracy = '0.95'"),
    ("run.json", record(test_accuracy=95.0), "impossible test_accuracy = 95.0"),
    ("run.json", record(test_accuracy=float("nan")), "impossible test_accuracy = nan"),
    ("run.json", record(temperature_value=0), "impossible temperature_value = 0"),
    ("run.json", record(temperature_value=True), "impossible temperature_value = True"),
    ("run.json", record(logits_norm={}), "impossible logits_norm = {}"),
    ("T10.json", says("{}"), "lacks temperature"),
    ("T10.json", says('{"temperature": NaN}'), "impossible temperature = nan"),
    ("T10.json", says('{"temperature": -1}'), "impossible temperature = -1"),
    ("T10.json", says('{"temperature": "4.5"}'), "impossible temperature = '4.5'"),
    ("index.json", says("[0, 1]"), "lacks epochs"),
    ("index.json", says('{"epochs": "0, 1"}'), "impossible epochs = '0, 1'"),
    ("index.json", says('{"epochs": [0, 1.5]}'), "impossible epochs = [0, 1.5]"),
    ("index.json", says('{"epochs": []}'), "impossible epochs = []"),
]


def swap_weights(path: Path, data, make_data, what: str):
    """Weights that are sound, and of another network."""
    changes = {"resnet8": {"network": "resnet8", "width": None, "depth": None}, "wider mlp": {"width": 32}}
    data = make_data(classes=9) if what == "more classes" else data
    save_weights(new_network({**SETTINGS, **changes.get(what, {})}, data), path)


@pytest.mark.parametrize(("kind", "damage", "said"), CASES)
def test_broken_file_is_named_with_its_remedy(tmp_path, make_data, kind, damage, said):
    path, data = tmp_path / kind, make_data()
    write, read = KINDS[kind]
    write(path, data)
    if isinstance(damage, str):
        swap_weights(path, data, make_data, damage)
    else:
        damage(path)
    with pytest.raises(ArtefactError) as caught:
        read(path, data)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert message.endswith((" made again", " trained again", " prepared again"))
    assert "; delete it, and it is " in message
    assert "\n" not in message


def test_a_data_set_of_earlier_versions_is_read(tmp_path, make_data):
    path = tmp_path / "tiny.safetensors"
    dataset.save(make_data(), path)
    describes()(path)
    assert dataset.load(path).sha256 == make_data().sha256


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("base.parquet", "rank_two.parquet")])
def test_sound_file_is_read(tmp_path, make_data, kind):
    write, read = KINDS[kind]
    write(tmp_path / kind, make_data())
    read(tmp_path / kind, make_data())


@pytest.mark.parametrize("status", Status)
def test_a_run_that_failed_or_diverged_is_a_result(tmp_path, status):
    """Its loss and norm may be anything that JSON can hold, NaN and infinity included. Imported weights are
    taken as trained."""
    (tmp_path / "run.json").write_text(json.dumps({**RECORD, "status": status, "logits_norm": float("nan")}))
    read = tables.records([tmp_path / "run.json"])["status"].item()
    assert read == (Status.TRAINED if status == Status.IMPORTED else status)
