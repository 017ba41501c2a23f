"""A user's file: what planning says of it, and how it is run."""

import logging
import sys

import pytest
import torch

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.provenance import code_hash
from unpacking_softmax.networks import model_file
from unpacking_softmax.networks.door import build, new_network

MODEL = '''"""A network of my own."""

from torch import nn


def build(classes, image_size):
    """Twice the classes wide."""
    width = 2 * classes
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3 * image_size**2, width), nn.ReLU(), nn.Linear(width, classes)
    )
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Write a model's file in the folder that is worked in; returns the network's name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()

    def write(text=MODEL, function="build"):
        (tmp_path / "models" / "mine.py").write_text(text)
        return f"models/mine.py:{function}"

    return write


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("models/mine.py:build", ("models/mine.py", "build")),
        ("/data/a b.py:Net", ("/data/a b.py", "Net")),
        ("mine.py", None),
        ("mine.py:", None),
        ("mine.py:a.b", None),
        ("mine.pt:build", None),
        ("resnet18", None),
        ("timm/resnet18", None),
    ],
)
def test_names_of_files(name, parts):
    found = model_file.parts(name)
    assert (found and (str(found[0]), found[1])) == parts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def biuld(classes, image_size): ...", "defines no build (did you mean 'biuld'?)"),
        ("def build(:", "is no Python (invalid syntax"),
        ("import torch\nimport layers\ndef build(): ...", "imports layers from beside it"),
        ("def build():\n    from layers.deep import x", "imports layers from beside it"),
        ("from . import blocks\ndef build(): ...", "imports . from beside it"),
        ("from .blocks import x\ndef build(): ...", "imports .blocks from beside it"),
        ("from kit import build", "imports kit from beside it"),
        ("\0", "is no Python (source code string cannot contain null bytes"),
    ],
)
def test_faults_are_seen_without_running(mine, tmp_path, text, said):
    name = mine(text)
    (tmp_path / "models" / "layers.py").write_text("x = 1")
    (tmp_path / "models" / "kit").mkdir()
    (tmp_path / "models" / "kit" / "__init__.py").write_text("")
    reason = model_file.fault(*model_file.parts(name))
    assert f"models/mine.py {said}" in reason
    assert "\n" not in reason
    with pytest.raises(StudyError, match=r"network models/mine\.py:build: models/mine\.py"):
        build(name, classes=3, image_size=8)


@pytest.mark.parametrize(
    "text", [MODEL, "class build: ...", "build = make = None", "from torch.nn import Linear as build"]
)
def test_what_a_file_may_define(mine, text):
    assert model_file.fault(*model_file.parts(mine(text))) is None


def test_a_missing_file_is_named(mine):
    reason = model_file.fault(*model_file.parts("models/mine.py:build"))
    assert reason == "there is no models/mine.py in the folder that Snakemake works in"


def test_a_file_is_run_by_its_path_and_the_log_says_so(mine, caplog):
    name, path, modules = mine(), list(sys.path), set(sys.modules)
    with caplog.at_level(logging.INFO):
        model = build(name, classes=5, image_size=8)
    assert [tuple(p.shape) for p in model.parameters()] == [(10, 192), (10,), (5, 10), (5,)]
    assert [(p.name, p.weight) for p in model.points] == [("2", "1"), ("logits", "3")]
    assert f"network {name}: running models/mine.py, code {code_hash('models/mine.py')}" in caplog.messages
    assert sys.path == path
    assert not {found for found in set(sys.modules) - modules if "mine" in found}


def test_a_network_begins_from_its_seed(mine, make_data, make_settings):
    data, name = make_data(), mine()
    settings = make_settings(network=name, width=None, depth=None)
    first, again, other = (new_network({**settings, "seed": seed}, data) for seed in (3, 3, 4))
    assert torch.equal(first[1].weight, again[1].weight)
    assert not torch.equal(first[1].weight, other[1].weight)


def test_a_file_that_changed_since_the_plan_is_refused(mine, make_data, make_settings):
    data, name = make_data(), mine()
    planned = f"0123456789abcdef {code_hash('models/mine.py')}"
    settings = make_settings(network=name, width=None, depth=None, network_code=planned)
    new_network(settings, data)
    settings["network_code"] = planned[:-1] + "?"
    with pytest.raises(StudyError, match=r"mine\.py has changed since this job was planned; start Snakemake"):
        new_network(settings, data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 / 0\ndef build(classes, image_size): ...", "models/mine.py fails: ZeroDivisionError"),
        ("import no_such_package\ndef build(): ...", "fails: ModuleNotFoundError: No module named 'no_such"),
        ("def build(classes): ...", r"build\(3, 8\) fails: TypeError: build\(\) takes 1 positional"),
        ("def build(classes, image_size): ...", "build returns a NoneType, must be an nn.Module"),
        ("build = 3", r"build\(3, 8\) fails: TypeError: 'int' object is not callable"),
    ],
)
def test_what_goes_wrong_in_a_file_is_one_line(mine, text, said):
    with pytest.raises(StudyError, match=said) as caught:
        build(mine(text), classes=3, image_size=8)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("timm/resnet19", r"has no resnet19 \(did you mean 'resnet18'\?\)"),
        ("timm/", "has no "),
        ("timm/resnetv2_50", r"come from head.fc \(Conv2d\)"),
        ("timm/vit_tiny_patch16_224", "timm cannot make it for 8 px|fails on images of 8 x 8"),
    ],
)
def test_timms_networks_that_cannot_be_had(name, said):
    with pytest.raises(StudyError, match=said) as caught:
        build(name, classes=3, image_size=8)
    assert "\n" not in str(caught.value)
