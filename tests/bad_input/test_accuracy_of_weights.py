"""The network's accuracy is compared with its record's where its test images are read: the scripts' part.

Weights and records as earlier versions wrote them: nothing else tells one run's from another's.
"""

import runpy
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from swapped import ONE, PATHS, refused

from study_files import PROJECT
from table_5 import TABLE_5
from unpacking_softmax.artefacts import joblog, writing
from unpacking_softmax.images import dataset
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.training.loop import train

READER = {"network": "mlp", "variant": {}, "width": 16, "depth": 3, "features": 100, "batch": 50}
PROBES = {**vars(replace(TABLE_5, epochs=1, batch=64, learning_rate=0.01)), "seed": 0, "seeds": 1}
SETTINGS = {"extract": READER, "probe": {**READER, "probes": PROBES}}
OUTPUT = {"extract": "activations", "probe": "probes"}


@pytest.fixture
def job(tmp_path, monkeypatch, make_data, make_settings):
    """Run a script that measures a network in the place of one that has trained."""
    monkeypatch.setattr(joblog, "job_log", nullcontext)  # which would set up logging for the tests, too
    data, model = make_data(), tmp_path / PATHS("model", ONE)
    images = tmp_path / PATHS("dataset", dataset="tiny")
    dataset.save(data, images)
    settings = make_settings(recipe={"epochs": 20})
    done = train(settings, data, model.parent)

    def run(script: str, network: torch.nn.Module):
        save_weights(network, model)
        accuracy = done.history[-1]["test_accuracy"]
        record = {"run": ONE.identity, "status": done.status, "test_accuracy": accuracy}
        writing.write_json(record, model.with_name("run.json"))
        output = tmp_path / PATHS(OUTPUT[script], ONE, source="tiny")
        names = {"dataset": images, "source": images, "model": model, "ood": []}
        snakemake = SimpleNamespace(
            threads=1,
            log=[str(tmp_path / "log")],
            resources=SimpleNamespace(gpu_mem_mb=0),
            params=SimpleNamespace(settings=SETTINGS[script]),
            wildcards=SimpleNamespace(**ONE.identity, source="tiny"),
            input=SimpleNamespace(**names),
            output=SimpleNamespace(**{OUTPUT[script]: output}),
        )
        runpy.run_path(str(PROJECT / "workflow" / "scripts" / f"{script}.py"), {"snakemake": snakemake})
        return output

    run.model, run.trained, run.untrained = model, done.model, new_network({**settings, "seed": 1}, data)
    return run


@pytest.mark.parametrize("script", SETTINGS)
def test_the_network_that_has_trained_is_measured(job, script):
    assert job(script, job.trained).exists()


@pytest.mark.parametrize("script", SETTINGS)
def test_another_network_in_its_place_is_not(job, script):
    model = job.model
    said = refused(model, job, script, job.untrained)
    assert said.startswith("its test accuracy is 0.")
    assert said.endswith("but 1.0000 in its run.json; delete it, and it is trained again")
    assert not (model.parent / "activations").exists()
