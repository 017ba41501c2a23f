"""An interrupted training goes on to the numbers of one that was not, or starts anew."""

import dataclasses
import json
import logging

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from unpacking_softmax.training import loop
from unpacking_softmax.training.loop import RESUME_FILE, train

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


class Interrupted(Exception):
    pass


@pytest.fixture
def interrupt(monkeypatch, make_data):
    """Train with a resume file after every epoch, until `epochs` are done; return that file."""

    def run(settings, folder, epochs, data=None):
        plan = loop.epoch_plan

        def stop(n, batch, padding, flip, seed, epoch):
            if epoch == epochs:
                raise Interrupted
            return plan(n, batch, padding, flip, seed, epoch)

        with monkeypatch.context() as patched:
            patched.setattr(loop, "SECONDS_BETWEEN_RESUME_FILES", -1)
            patched.setattr(loop, "epoch_plan", stop)
            with pytest.raises(Interrupted):
                train(settings, data or make_data(size=16), folder)
        return folder / RESUME_FILE

    return run


def numbers(trained):
    """The history without its timings, as text: NaN equals NaN."""
    return json.dumps([{k: v for k, v in row.items() if k != "seconds"} for row in trained.history])


def assert_same(trained, expected):
    assert numbers(trained) == numbers(expected)
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, expected.model.state_dict()[name]), name


@pytest.fixture
def epochs_run(monkeypatch):
    """The epochs that trainings go through from here on."""
    seen, plan = [], loop.epoch_plan

    def note(n, batch, padding, flip, seed, epoch):
        seen.append(epoch)
        return plan(n, batch, padding, flip, seed, epoch)

    monkeypatch.setattr(loop, "epoch_plan", note)
    return seen


@pytest.mark.parametrize(
    "changes",
    [
        {**RESNET8, "augment": "crop-flip", "temperature": 2.0},
        {"recipe": {"momentum": 0.0, "epochs": 4}},
    ],
    ids=["resnet8", "mlp-without-momentum"],
)
def test_resumed_is_bitwise_uninterrupted(make_data, make_settings, interrupt, epochs_run, tmp_path, changes):
    """Interrupted in the third of four epochs, right before the rate falls."""
    settings = make_settings(**{"recipe": {"epochs": 4, "milestones": [2]}, **changes})
    expected = train(settings, make_data(size=16), tmp_path / "whole")
    interrupt(settings, tmp_path, epochs=2)
    epochs_run.clear()
    resumed = train(settings, make_data(size=16), tmp_path)
    assert epochs_run == [2, 3]
    assert_same(resumed, expected)
    assert resumed.history[0]["seconds"] == 0


def test_interrupted_twice(make_data, make_settings, interrupt, tmp_path):
    settings = make_settings(recipe={"epochs": 4}, **RESNET8)
    expected = train(settings, make_data(size=16), tmp_path / "whole")
    interrupt(settings, tmp_path, epochs=1)
    interrupt(settings, tmp_path, epochs=3)
    assert_same(train(settings, make_data(size=16), tmp_path), expected)


def test_file_holds_weights_statistics_and_momenta(make_settings, interrupt, tmp_path):
    tensors = load_file(interrupt(make_settings(**RESNET8), tmp_path, epochs=1))
    assert tensors["model.bn1.num_batches_tracked"] == 4
    assert tensors["velocity.0"].shape == tensors["model.conv1.weight"].shape
    assert tensors["velocity.0"].abs().max() > 0


def test_momenta_matter(make_data, make_settings, interrupt, epochs_run, tmp_path):
    """The bitwise test could not pass if momenta started again at zero."""
    settings = make_settings(recipe={"epochs": 3})
    path = interrupt(settings, tmp_path, epochs=2)
    expected = train(settings, make_data(size=16), tmp_path / "whole")
    with safe_open(path, "pt") as archive:
        metadata = archive.metadata()
    kept = load_file(path)
    save_file({k: v if k.startswith("model.") else 0 * v for k, v in kept.items()}, path, metadata)
    epochs_run.clear()
    without = train(settings, make_data(size=16), tmp_path)
    assert epochs_run == [2]
    assert not torch.equal(without.model.fc.weight, expected.model.fc.weight)


def test_no_file_before_its_time_nor_after_the_last_epoch(make_data, make_settings, monkeypatch, tmp_path):
    train(make_settings(recipe={"epochs": 3}), make_data(), tmp_path)
    assert not (tmp_path / RESUME_FILE).exists()
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_RESUME_FILES", -1)
    train(make_settings(recipe={"epochs": 1}), make_data(), tmp_path)
    assert not (tmp_path / RESUME_FILE).exists()


def shorten(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def strip(path):
    save_file(load_file(path), path)


@pytest.mark.parametrize("damage", [shorten, empty, strip])
def test_damaged_file_is_set_aside(make_data, make_settings, interrupt, epochs_run, tmp_path, caplog, damage):
    settings = make_settings()
    expected = train(settings, make_data(size=16), tmp_path / "whole")
    path = interrupt(settings, tmp_path, epochs=1)
    damage(path)
    epochs_run.clear()
    with caplog.at_level(logging.WARNING):
        anew = train(settings, make_data(size=16), tmp_path)
    assert epochs_run == [0, 1]
    assert_same(anew, expected)
    assert not path.exists()
    assert path.with_suffix(".unused").exists()
    assert str(path) in caplog.text


DROPPING = """
from torch import nn

def build(classes, image_size):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3 * image_size**2, 12), nn.ReLU(), nn.Dropout(0.5), nn.Linear(12, classes)
    )
"""


def test_dropout_goes_on_as_it_would_have(make_data, make_settings, interrupt, tmp_path, monkeypatch):
    """What a network draws as it trains depends on the seed and the epoch, not on what went before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dropping.py").write_text(DROPPING)
    settings = make_settings(network="dropping.py:build", width=None, depth=None, recipe={"epochs": 3})
    expected = train(settings, make_data(size=16), tmp_path / "whole")
    interrupt(settings, tmp_path, epochs=2)
    torch.manual_seed(99)
    assert_same(train(settings, make_data(size=16), tmp_path), expected)
    assert numbers(train({**settings, "seed": 1}, make_data(size=16), tmp_path)) != numbers(expected)


@pytest.mark.parametrize(
    ("key", "value"), [("seed", 1), ("temperature", 5.0), ("code", "other"), ("augment", "crop-flip")]
)
def test_file_of_other_settings_is_set_aside(
    make_data, make_settings, interrupt, epochs_run, tmp_path, key, value
):
    settings = make_settings(code="this")
    path = interrupt(settings, tmp_path, epochs=1)
    epochs_run.clear()
    train({**settings, key: value}, make_data(size=16), tmp_path)
    assert epochs_run == [0, 1]
    assert path.with_suffix(".unused").exists()


def test_file_of_other_pixels_is_set_aside(make_data, make_settings, interrupt, epochs_run, tmp_path):
    """The data set was prepared anew, under its old name, while the run was interrupted."""
    data = make_data(size=16)
    other = dataclasses.replace(make_data(size=16, seed=1), mean=data.mean, std=data.std)
    path = interrupt(make_settings(), tmp_path, epochs=1)
    epochs_run.clear()
    train(make_settings(), other, tmp_path)
    assert epochs_run == [0, 1]
    assert path.with_suffix(".unused").exists()
