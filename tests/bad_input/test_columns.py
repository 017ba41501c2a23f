"""What readers ask of tables is what writers write: a whole run in this process, kind by kind."""

import pytest
import safetensors.torch

from unpacking_softmax.artefacts import reading, tables, writing
from unpacking_softmax.artefacts.kinds import KINDS, OF_RUNS
from unpacking_softmax.measures.collapse_rows import collapse_rows
from unpacking_softmax.measures.detection_rows import detection_rows
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.extract import extract, extract_means
from unpacking_softmax.measures.features import open_reader
from unpacking_softmax.measures.probing import probe_rows
from unpacking_softmax.measures.rescaled import rescaled_rows
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.measures.spectra import spectra_rows
from unpacking_softmax.networks.door import save_weights
from unpacking_softmax.readings.probes import PROBE_SEED
from unpacking_softmax.readings.runs import depth_rows
from unpacking_softmax.study.paths import Run
from unpacking_softmax.training.initial import initial_norms
from unpacking_softmax.training.loop import train

IDENTITY = Run("tiny", "mlp", "base", "1", 0).identity
READER = {"features": 100, "batch": 50}
PROBES = {"epochs": 1, "steps": 2, "batch": 32, "learning_rate": 1e-3, "weight_decay": 0.0,
          "standardise": False, "seed": 0, "seeds": 2}  # fmt: skip
DETECTION = {"neco_dimension": 3, "neco_standardise": True, "neco_max_logit": False, "neco_sweep": [2],
             "knn_neighbours": 3}  # fmt: skip
DYNAMICS = {"images": 16, "positions": 4, "gradient_batch": 16, "vectors": 3, "loss": "cross-entropy"}


@pytest.fixture(scope="module")
def settings():
    recipe = {"epochs": 2, "batch": 16, "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 1e-2,
              "milestones": [], "gamma": 0.1, "precision": "fp32"}  # fmt: skip
    return {"network": "mlp", "width": 16, "depth": 3, "variant": {}, "temperature": 1.0, "seed": 0,
            "augment": "none", "snapshots": [0, 2], "recipe": recipe, **READER}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory, make_data, settings):
    """Rows of every kind of table of one run, as its rules write them."""
    folder = tmp_path_factory.mktemp("run")
    own, far = make_data(), make_data("far", seed=1)
    trained = train(settings, own, folder)
    save_weights(trained.model, folder / "model.safetensors")
    reader = open_reader(str(folder / "model.safetensors"), settings, own)
    points = {"points": ",".join(point.name for point in reader.model.points)}
    for name, kept in (("tiny", extract(reader, own)), ("far", extract_means(reader, far))):
        tensors = {key: value.contiguous() for key, value in kept.items()}
        safetensors.torch.save_file(tensors, folder / f"{name}.safetensors", points)
    stored, others = folder / "tiny.safetensors", [folder / "far.safetensors"]
    probes = [row for data in (own, far) for row in probe_rows(reader, data, PROBES)]
    writing.write_rows(probes, IDENTITY, folder / "probes.parquet")
    images = shared_images(own, [far], {**settings, **DYNAMICS})
    return {
        "history": trained.history,
        "spectra": spectra_rows(stored),
        "probes": probes,
        "depth": depth_rows(tables.gather([folder / "probes.parquet"]), "tiny", 0.99, "model"),
        "collapse": collapse_rows(stored, others),
        "detection": detection_rows(stored, others, DETECTION),
        **follow(folder, [0, 2], own, images, {**settings, **DYNAMICS}, 1.0),
        "rescaled": rescaled_rows(folder, [0, 2], own, images.own, settings, 1.0),
    }


@pytest.mark.parametrize("kind", [kind for kind in OF_RUNS if kind != "record"])
def test_a_table_has_the_columns_that_are_asked_of_it(tmp_path, written, kind):
    writing.write_rows(written[kind], IDENTITY, tmp_path / f"{kind}.parquet")
    table = tables.gather([tmp_path / f"{kind}.parquet"])
    # Not asked for: tables of versions that trained one probe seed lack it.
    optional = {PROBE_SEED} if kind == "probes" else set()
    assert set(table) == set(OF_RUNS[kind].header) | optional


def test_initial_norms_have_theirs(tmp_path, make_data, settings):
    rows = initial_norms({**settings, "networks": 1, "images": 8}, make_data())
    identity = {name: IDENTITY[name] for name in ("dataset", "architecture", "variant")}
    writing.write_rows(rows, identity, tmp_path / "base.parquet")
    assert set(reading.initial_norms([tmp_path / "base.parquet"])) == set(KINDS["initial_norms"].header)
