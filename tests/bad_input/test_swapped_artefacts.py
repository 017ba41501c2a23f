"""Sound weights or records of another run, or changed ones, in a run's place: one line says so."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from swapped import ANOTHER_RUN, ONE, PATHS, TEN, refused

from unpacking_softmax.artefacts import reading, tables, writing
from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.weights import TOLERANCE, check_accuracy
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.networks.door import load_network, save_weights
from unpacking_softmax.study.paths import Run, snapshot_file
from unpacking_softmax.training.loop import train
from unpacking_softmax.training.record import run_record, snapshot_index


@pytest.fixture(scope="module")
def trained(tmp_path_factory, make_data):
    """Two runs as the rule train leaves them: the folder of results, and the data."""
    root, data = tmp_path_factory.mktemp("trained"), make_data()
    for run in (ONE, TEN):
        settings = SETTINGS | {"temperature": float(run.temperature)}
        model = root / PATHS("model", run)
        done = train(settings, data, model.parent)
        save_weights(done.model, model)
        record = run_record(run, done, settings, data, torch.device("cpu"), 1.0)
        record["weights_sha256"] = sha256_of(model)
        writing.write_record(record, root / PATHS("record", run))
        writing.write_record(snapshot_index(run, model.parent, [0, 1]), root / PATHS("snapshots", run))
    return root, data


RECIPE = {"epochs": 1, "batch": 16, "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.0}
SETTINGS = {
    "network": "mlp", "width": 16, "depth": 3, "variant": {}, "seed": 0, "augment": "none",
    "snapshots": [0, 1], "temperature": 1.0,
    "recipe": {**RECIPE, "milestones": [], "gamma": 1.0, "precision": "fp32"},
}  # fmt: skip


@pytest.fixture
def runs(trained, tmp_path):
    """A copy to be spoilt: the folder of each run, and the data."""
    root, data = trained
    shutil.copytree(root / "out", tmp_path / "out")
    return *((tmp_path / PATHS("model", run)).parent for run in (ONE, TEN)), data


AGAIN = "; delete it, and it is trained again"


# --- Weights ----------------------------------------------------------------------------------------
def test_both_runs_are_read_as_they_are(runs):
    one, ten, data = runs
    for folder in (one, ten):
        load_network(folder / "model.safetensors", SETTINGS, data)
        follow(folder, [0, 1], data, pictures(data), FOLLOWED, 1.0)


def test_weights_of_another_temperature(runs):
    one, ten, data = runs
    model = one / "model.safetensors"
    shutil.copy(ten / "model.safetensors", model)
    assert refused(model, load_network, model, SETTINGS, data) == ANOTHER_RUN + AGAIN


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Run("tiny", "mlp", "base", "1", 3), "seed is 3, not 0"),
        (Run("tiny", "mlp", "mse", "1", 0), "variant is mse, not base"),
        (Run("tiny", "mlp-wide", "base", "1", 0), "architecture is mlp-wide, not mlp"),
        (Run("far", "mlp", "base", "1", 0), "dataset is far, not tiny"),
    ],
)
@pytest.mark.parametrize("name", ["model.safetensors", "run.json"])
def test_weights_and_records_of_any_other_run(runs, tmp_path, other, said, name):
    """Even of the same numbers: the file says whose it is."""
    one, _, data = runs
    elsewhere = (tmp_path / PATHS("record", other)).parent
    shutil.copytree(one, elsewhere)
    save_weights(load_network(one / "model.safetensors", SETTINGS, data), elsewhere / "model.safetensors")
    record = json.loads((one / "run.json").read_text()) | {"run": other.identity}
    writing.write_record(record, elsewhere / "run.json")
    shutil.copy(elsewhere / name, one / name)
    whole = f"belongs to another result: its {said}{AGAIN}"
    assert refused(one / name, load_network, one / "model.safetensors", SETTINGS, data) == whole


def test_a_whole_folder_of_another_run(runs):
    one, ten, data = runs
    shutil.rmtree(one)
    shutil.copytree(ten, one)
    model = one / "model.safetensors"
    assert refused(model, load_network, model, SETTINGS, data) == ANOTHER_RUN + AGAIN
    assert refused(one / "run.json", tables.records, [one / "run.json"]) == ANOTHER_RUN + AGAIN


def unnamed(path: Path, **changes):
    """Weights without the name of their run, some of them replaced."""
    save_file({**load_file(path), **changes}, path)


@pytest.mark.parametrize("change", ["nothing", "one weight", "the other's"])
def test_weights_without_a_name_are_known_by_their_hash(runs, change):
    one, ten, data = runs
    model = one / "model.safetensors"
    if change == "the other's":
        shutil.copy(ten / "model.safetensors", model)
    unnamed(model, **({"fc.bias": torch.ones(4)} if change == "one weight" else {}))
    said = f"is not what was trained: {one / 'run.json'} has another SHA-256"
    assert refused(model, load_network, model, SETTINGS, data) == said + AGAIN


def of_earlier_versions(folder: Path):
    """Take out what earlier versions did not write."""
    for name in ("model", "snapshots/epoch0", "snapshots/epoch1"):
        unnamed(folder / f"{name}.safetensors")
    for name in ("run.json", "snapshots/index.json"):
        known = json.loads((folder / name).read_text())
        new = {"checksum", "weights_sha256", *({"run", "sha256"} if "index" in name else ())}
        (folder / name).write_text(json.dumps({k: v for k, v in known.items() if k not in new}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(runs, value):
    """Of a run of earlier versions, of which nothing else is known."""
    one, _, data = runs
    of_earlier_versions(one)
    model = one / "model.safetensors"
    load_network(model, SETTINGS, data)
    unnamed(model, **{"fc.weight": torch.full((4, 16), value)})
    said = "fc.weight holds values that are no numbers"
    assert refused(model, load_network, model, SETTINGS, data) == said + AGAIN


def test_running_statistics_may_overflow(runs, make_data):
    """A variance beyond float32 divides to zero, and the network goes on."""
    one, _, data = runs
    of_earlier_versions(one)
    settings = {**SETTINGS, "network": "resnet8", "width": None, "depth": None}
    model = one / "model.safetensors"
    save_weights(train(settings, data, one / "elsewhere").model, model)
    held = load_file(model)
    name = next(name for name in held if name.endswith("running_var"))
    unnamed(model, **{name: torch.full_like(held[name], float("inf"))})
    load_network(model, settings, data)
    unnamed(model, **{name: torch.full_like(held[name], float("nan"))})
    assert (
        refused(model, load_network, model, settings, data)
        == f"{name} holds values that are no numbers{AGAIN}"
    )


def test_weights_trained_on_other_images(runs, make_data):
    one, _, data = runs
    load_network(one / "model.safetensors", SETTINGS, data)
    said = "was trained on other images than the data set tiny has now"
    model = one / "model.safetensors"
    assert refused(model, load_network, model, SETTINGS, make_data(seed=1)) == said + AGAIN


@pytest.mark.parametrize("whole", [False, True], ids=["halved", "gone"])
def test_a_record_that_is_damaged_names_itself(runs, whole):
    one, _, data = runs
    text = (one / "run.json").read_text()
    (one / "run.json").unlink() if whole else (one / "run.json").write_text(text[: len(text) // 2])
    said = refused(one / "run.json", load_network, one / "model.safetensors", SETTINGS, data)
    assert said.endswith(AGAIN)


def test_accuracy_unlike_the_records(runs):
    """What remains where nothing else is known: a network that does something else."""
    one, _, _ = runs
    of_earlier_versions(one)
    model, known = one / "model.safetensors", json.loads((one / "run.json").read_text())
    (one / "run.json").write_text(json.dumps({**known, "status": "trained", "test_accuracy": 0.9}))
    check_accuracy(model, 0.9 - TOLERANCE + 1e-9, 1000)
    check_accuracy(model, 0.9 + TOLERANCE - 1e-9, 1000)
    check_accuracy(model, 0.8, 20)  # two of twenty images
    said = f"its test accuracy is 0.8900, but 0.9000 in its run.json{AGAIN}"
    assert refused(model, check_accuracy, model, 0.89, 1000) == said
    refused(model, check_accuracy, model, float("nan"), 1000)
    (one / "run.json").write_text(json.dumps({**known, "status": "failed_to_train", "test_accuracy": 0.9}))
    check_accuracy(model, 0.25, 1000)  # untrained logits lie close together: rounding may decide


# --- Snapshots ----------------------------------------------------------------------------------------
FOLLOWED = {
    "network": "mlp", "variant": {}, "width": 16, "depth": 3, "features": 100, "batch": 50,
    "loss": "cross-entropy", "positions": 4, "vectors": 3,
}  # fmt: skip


def pictures(data):
    return shared_images(data, [], {"images": 20, "gradient_batch": 20})


SWAPS = {
    "of another run": lambda one, ten: shutil.copy(snapshot_file(ten, 1), snapshot_file(one, 1)),
    "of another epoch": lambda one, _: shutil.copy(snapshot_file(one, 0), snapshot_file(one, 1)),
    "changed": lambda one, _: unnamed(snapshot_file(one, 1), **{"fc.bias": torch.ones(4)}),
    "halved": lambda one, _: snapshot_file(one, 1).write_bytes(snapshot_file(one, 1).read_bytes()[:900]),
    "gone": lambda one, _: snapshot_file(one, 1).unlink(),
}
SAID = {
    "of another run": ANOTHER_RUN,
    "of another epoch": "belongs to another result: its epoch is 0, not 1",
    "changed": "is not what was trained: ",
    "halved": "",
    "gone": "",
}


@pytest.mark.parametrize("case", SWAPS)
def test_snapshots_name_the_index_to_delete(runs, case):
    one, ten, data = runs
    SWAPS[case](one, ten)
    said = refused(snapshot_file(one, 1), follow, one, [0, 1], data, pictures(data), FOLLOWED, 1.0)
    assert said.startswith(SAID[case])
    assert said.endswith(f"; delete {one / 'snapshots/index.json'}, and the run is trained again")


def test_the_index_of_another_run(runs):
    one, ten, _ = runs
    index = one / "snapshots/index.json"
    shutil.copy(ten / "snapshots/index.json", index)
    assert refused(index, reading.snapshot_epochs, index) == ANOTHER_RUN + AGAIN


# --- Records --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("read", [lambda path: tables.records([path]), reading.run_temperature])
def test_records_of_another_run_and_changed_ones(runs, read):
    one, ten, _ = runs
    path, whole = one / "run.json", (one / "run.json").read_text()
    read(path)
    shutil.copy(ten / "run.json", path)
    assert refused(path, read, path) == ANOTHER_RUN + AGAIN
    path.write_text(whole.replace('"train_accuracy": ', '"train_accuracy": 0'))
    assert refused(path, read, path).endswith(AGAIN)
    known = json.loads(whole)
    path.write_text(json.dumps({**known, "test_accuracy": 1.0 - known["test_accuracy"]}))
    assert refused(path, read, path) == f"was changed after it was written (another checksum){AGAIN}"
    del known["checksum"]  # as earlier versions wrote it
    path.write_text(json.dumps(known))
    read(path)


def test_a_calibration_of_another_temperature(tmp_path):
    path = tmp_path / PATHS("calibration", Run("tiny", "mlp", "base", "match-resnet8", 0))
    names = {"dataset": "tiny", "architecture": "mlp", "variant": "base", "temperature": "match-resnet8"}
    writing.write_record({"run": names, "temperature": 4.5}, path)
    assert reading.matched_temperature(path) == 4.5
    writing.write_record({"run": {**names, "temperature": "match-vgg8"}, "temperature": 4.5}, path)
    said = "belongs to another result: its temperature is match-vgg8, not match-resnet8; delete it, and "
    assert refused(path, reading.matched_temperature, path) == f"{said}it is made again"
    writing.write_json({"temperature": 4.5}, path)  # as earlier versions wrote it
    assert reading.matched_temperature(path) == 4.5
