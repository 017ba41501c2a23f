"""A sound file of another run, or a changed one, in a run's place: one line names it, and what to do."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from unpacking_softmax.artefacts import reading, tables, writing
from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.kinds import KINDS, OF_RUNS
from unpacking_softmax.artefacts.weights import TOLERANCE, check_accuracy
from unpacking_softmax.images import dataset
from unpacking_softmax.measures.activations import Activations, described
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.networks.door import load_network, save_weights
from unpacking_softmax.study.paths import Paths, Run, snapshot_file
from unpacking_softmax.training.loop import train
from unpacking_softmax.training.record import run_record, snapshot_index

ONE, TEN = (Run("tiny", "mlp", "base", temperature, 0) for temperature in ("1", "10"))


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


PATHS = Paths("out")
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


def refused(path: Path, function, *arguments) -> str:
    """What a file is refused with, less its name in front."""
    with pytest.raises(ArtefactError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


AGAIN = "; delete it, and it is trained again"
ANOTHER_RUN = "belongs to another result: its temperature is 10, not 1"


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
    from unpacking_softmax.measures.shared_images import shared_images

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


# --- Tables -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [kind for kind in OF_RUNS if kind != "record"])
def test_tables_of_another_run(tmp_path, kind):
    path, rows = tmp_path / PATHS(kind, ONE), [dict.fromkeys(OF_RUNS[kind].columns, 1)] * 2
    writing.write_rows(rows, ONE.identity, path)
    assert len(tables.gather([path])) == 2
    for other, said in (
        (TEN, "temperature is 10, not 1"),
        (Run("tiny", "mlp", "base", "1", 3), "seed is 3, not 0"),
        (Run("tiny", "mlp", "wide", "1", 0), "variant is wide, not base"),
        (Run("far", "mlp", "base", "1", 0), "dataset is far, not tiny"),
    ):
        writing.write_rows(rows, other.identity, path)
        whole = f"belongs to another result: its {said}; delete it, and it is made again"
        assert refused(path, tables.gather, [path]) == whole


def test_rows_of_another_run_among_its_own(tmp_path):
    path, row = tmp_path / PATHS("depth", ONE), dict.fromkeys(OF_RUNS["depth"].columns, 1)
    writing.write_rows([{**row, **ONE.identity}, {**row, **TEN.identity}], {}, path)
    assert refused(path, tables.gather, [path]).startswith(ANOTHER_RUN)


def test_norms_of_another_network(tmp_path):
    path = tmp_path / PATHS("initial_norms", dataset="tiny", architecture="mlp", variant="base")
    row = dict.fromkeys(KINDS["initial_norms"].columns, 1)
    for architecture in ("mlp", "vgg8"):
        names = {"dataset": "tiny", "architecture": architecture, "variant": "base"}
        writing.write_rows([row], names, path)
        if architecture == "mlp":
            assert len(reading.initial_norms([path])) == 1
    said = "belongs to another result: its architecture is vgg8, not mlp; delete it, and it is made again"
    assert refused(path, reading.initial_norms, [path]) == said


# --- Images and activations ----------------------------------------------------------------------------
def test_data_sets_in_each_others_place(tmp_path, make_data):
    for name in ("tiny", "far"):
        dataset.save(make_data(name), tmp_path / PATHS("dataset", dataset=name))
    path = tmp_path / PATHS("dataset", dataset="tiny")
    assert dataset.load(path).name == "tiny"
    shutil.copy(tmp_path / PATHS("dataset", dataset="far"), path)
    said = "belongs to another result: its dataset is far, not tiny; delete it, and it is prepared again"
    assert refused(path, dataset.load, path) == said


@pytest.fixture
def activations(tmp_path):
    """Write the activations of a run on a data set."""

    def write(run: Run, source: str) -> Path:
        path = tmp_path / PATHS("activations", run, source=source)
        path.parent.mkdir(parents=True, exist_ok=True)
        held = {"logits.spectrum": np.arange(3.0), "train.labels": np.arange(5), "fc.trace": np.array(2.0)}
        tensors = {name: torch.from_numpy(value) for name, value in held.items()}
        save_file(tensors, path, described(path, ["fc", "logits"], held))
        return path

    return write


def test_activations_are_read_as_they_were_written(activations):
    file = Activations(activations(ONE, "tiny"))
    assert (file.points, file.source) == (["fc", "logits"], "tiny")
    assert file["logits.spectrum"].tolist() == [0, 1, 2]
    assert file["fc.trace"] == 2


@pytest.mark.parametrize(
    ("run", "source", "said"),
    [(TEN, "tiny", "temperature is 10, not 1"), (ONE, "far", "source is far, not tiny")],
)
def test_activations_of_another_run_or_data_set(activations, run, source, said):
    path, other = activations(ONE, "tiny"), activations(run, source)
    shutil.copy(other, path)
    whole = f"belongs to another result: its {said}; delete it, and it is made again"
    assert refused(path, Activations, path) == whole


def test_activations_that_were_changed(activations):
    path = activations(ONE, "tiny")
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file({**load_file(path), "logits.spectrum": torch.zeros(3).double()}, path, metadata)
    file = Activations(path)
    assert file["fc.trace"] == 2
    said = "logits.spectrum is not what was written (another SHA-256); delete it, and it is made again"
    assert refused(path, lambda: file["logits.spectrum"]) == said
