"""The registry of networks: what it says is so, and it is all that a new network needs beside its module."""

import json
from importlib import import_module

import pytest

from library_copy import LibraryCopy
from unpacking_softmax.networks.registry import NETWORKS, Network
from unpacking_softmax.networks.resnet import RESNETS
from unpacking_softmax.networks.variants import KEYS
from unpacking_softmax.networks.vgg import VGGS

MODULE = '''"""One hidden layer."""

from torch import nn

from unpacking_softmax.networks.points import Point


class Toy(nn.Sequential):
    head_path = "2"

    def __init__(self, inputs, classes):
        super().__init__(nn.Flatten(), nn.Sequential(nn.Linear(inputs, 5), nn.ReLU()), nn.Linear(5, classes))
        self.points = (Point("hidden", "1.0", "1.1"), Point("logits", "2", "2"))


def make(name, *, classes, image_size, variant):
    return Toy(3 * image_size**2, classes)
'''
ENTRY = 'NETWORKS["toy"] = Network("toy", "toys", "toy", variants=("init",), smallest_image=9)\n'
IMPORTS = """
import json
from study_files import altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study
from pathlib import Path
import sys
"""
USE = (
    IMPORTS
    + """
def refused(config):
    try:
        Study(config)
    except StudyError as error:
        return str(error)

toys = altered(tiny(), "architectures/resnet8", {"network": "toy", "recipe": "fast"})
small = toys
for name in toys["datasets"]:
    small = altered(small, "datasets/" + name + "/size", 8)
for name in ("vgg", "mlp"):
    small = altered(small, "grids/" + name + "/architecture", "resnet8")
said = [refused(altered(toys, "architectures/resnet8/width", 9)), refused(small), refused(toys)]
toys["grids"].pop("rank-two")
study = Study(toys)
run = study.grids["resnet"].runs()[0]
assert Needs(study).train(run).seconds > 0
settings = Settings(study, Path("workflow/scripts"))
assert "torch" not in sys.modules
code = {name: settings.train(study.grids[name].runs()[0]) for name in ("resnet", "mlp")}
from unpacking_softmax.networks.door import build
shapes = [list(p.shape) for p in build("toy", classes=7, image_size=9).parameters()]
print(json.dumps([said, settings.verdict()["families"], shapes, code]))
"""
)

BEFORE = (
    IMPORTS
    + """
study = Study(tiny())
print(json.dumps(Settings(study, Path("workflow/scripts")).train(study.grids["mlp"].runs()[0])))
"""
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return LibraryCopy(tmp_path_factory.mktemp("library"))


def test_names_are_keys_and_modules_make():
    assert all(name == network.name for name, network in NETWORKS.items())
    assert all(set(network.variants) <= set(KEYS) for network in NETWORKS.values())
    for network in NETWORKS.values():
        assert callable(import_module(f"unpacking_softmax.networks.{network.module}").make)
    families = {network.name: network.family for network in NETWORKS.values()}
    assert {name for name, family in families.items() if family == "resnet"} == set(RESNETS)
    assert {name for name, family in families.items() if family == "vgg"} == set(VGGS)


def test_what_the_registry_says_of_the_papers_networks():
    assert NETWORKS["vgg19"] == Network(
        "vgg19", "vgg", "vgg", ("init", "last_init", "head_rank"), smallest_image=32, sized=False
    )
    assert [name for name, network in NETWORKS.items() if network.sized] == ["mlp"]
    assert [name for name, network in NETWORKS.items() if "normalisation" in network.variants] == ["mlp"]


def test_a_new_network_is_a_module_and_an_entry(library):
    before = json.loads(library.python(BEFORE))
    library.append("networks/toy.py", MODULE)
    library.append("networks/registry.py", ENTRY)
    said, families, shapes, settings = json.loads(library.python(USE))
    assert said[0] == "config: architectures.resnet8.width is for mlp only; remove it"
    assert said[1].endswith("has images of 8 px; toy needs 9 px or more")
    assert said[2].endswith("head_rank: toy has no place for 2; it is for mlp, vgg8, vgg19, resnet8, "
                            "resnet18, resnet20, resnet34, resnet50 only")  # fmt: skip
    assert families == {"small-mlp": "mlp", "resnet8": "toys", "vgg8": "vgg"}
    assert shapes == [[5, 243], [5], [7, 5], [7]]
    # The others are not trained again.
    assert settings["mlp"] == before
    assert settings["resnet"]["network_code"] != before["network_code"]
