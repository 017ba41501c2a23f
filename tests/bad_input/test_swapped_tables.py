"""A sound table, data set or file of activations of another run in a run's place, or a changed one."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from swapped import ANOTHER_RUN, ONE, PATHS, TEN, refused

from unpacking_softmax.artefacts import reading, tables, writing
from unpacking_softmax.artefacts.kinds import KINDS, OF_RUNS
from unpacking_softmax.images import dataset
from unpacking_softmax.measures.activations import Activations, described
from unpacking_softmax.study.paths import Run


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
