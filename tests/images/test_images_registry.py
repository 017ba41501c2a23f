"""The registry of sources: what it says is so, and it is all that a new source needs beside its module."""

import json
from importlib import import_module
from inspect import signature

import pytest

from library_copy import LibraryCopy
from study_files import PROJECT, merged, tiny
from unpacking_softmax.images import sources
from unpacking_softmax.images.registry import SOURCES, image_size, source_of, training_images

MODULE = '''"""Images of one grey each."""

import torch

from unpacking_softmax.images.dataset import Dataset, Split


def prepare(dataset, *, side, count, workers):
    levels = torch.arange(count)
    images = (levels % 256).to(torch.uint8)[:, None, None, None].expand(-1, 3, side, side).contiguous()
    split = Split(images, levels % 2)
    return Dataset.from_splits(dataset, split, split, ("even", "odd"), f"{workers} painters")
'''
ENTRY = """
SOURCES["greys"] = Source(
    "greys",
    "greys",
    keys={"side": _refer("size"), "count": _refer("count")},
    required=("side", "count"),
    counts=lambda settings: (settings["count"], settings["count"]),
    papers_name=lambda settings: "Grey-2",
    size=lambda settings: settings["side"],
    processes=3,
)
"""
IMPORTS = """
import json
from study_files import altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study
from pathlib import Path
import sys

def refused(config):
    try:
        Study(config)
    except StudyError as error:
        return str(error)
"""
BEFORE = (
    IMPORTS
    + """
print(json.dumps(Settings(Study(tiny()), Path("workflow/scripts")).prepare_dataset("digits")))
"""
)
USE = (
    IMPORTS
    + """
GREYS = {"source": "greys", "label": "g", "augment": "none", "side": 16, "count": 60}
greys = altered(tiny(), "datasets/glyphs10", GREYS)
said = [
    refused(altered(greys, "datasets/glyphs10/size", 16)),
    refused(altered(greys, "datasets/glyphs10/side", 7)),
    refused(altered(greys, "datasets/glyphs10/side", 32)),
    refused(altered(greys, "recipes/fast/batch", 61)),
]
study = Study(greys)
settings = Settings(study, Path("workflow/scripts"))
seconds = Needs(study).prepare_dataset("glyphs10").seconds
planned = [settings.prepare_dataset(name) for name in ("digits", "glyphs10")]
papers = settings.verdict()["papers_data"]
assert "torch" not in sys.modules
from unpacking_softmax.images.sources import prepare
data = prepare("mine", {"source": "greys", "side": 8, "count": 4}, workers=2)
print(json.dumps([said, seconds, planned, papers, data.source, list(data.test.images.shape)]))
"""
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return LibraryCopy(tmp_path_factory.mktemp("library"))


@pytest.mark.parametrize("name", SOURCES)
def test_keys_are_what_the_module_takes(name):
    source = SOURCES[name]
    _, *taken = signature(import_module(f"unpacking_softmax.images.{source.module}").prepare).parameters
    assert [key for key in taken if key != "workers"] == [*source.keys]
    assert ("workers" in taken) == bool(source.processes)
    assert set(source.required) <= set(source.keys)


def test_counts_and_sizes_are_those_of_what_is_prepared():
    for settings in tiny()["datasets"].values():
        own = {key: value for key, value in settings.items() if key not in ("label", "augment")}
        data = sources.prepare("x", own)
        assert source_of(settings).counts(settings) == (len(data.train), len(data.test))
        assert source_of(settings).classes(settings) == data.num_classes
        assert (image_size(settings), training_images(settings)) == (data.image_size, len(data.train))


def test_archives_and_folders():
    """The published counts; a folder must be looked at."""
    svhn = {"source": "torchvision", "name": "SVHN", "root": "data"}
    assert (image_size(svhn), source_of(svhn).counts(svhn)) == (32, (73_257, 26_032))
    folder = {"source": "folder", "root": "data", "size": 64}
    assert (image_size(folder), training_images(folder)) == (64, None)
    datasets = merged(PROJECT / "config" / "paper.yaml")["datasets"]
    names = {name: source_of(values).papers_name(values) for name, values in datasets.items()}
    known = {name: theirs for name, theirs in names.items() if theirs}
    assert known == {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "svhn": "SVHN"}


def test_a_new_source_is_a_module_and_an_entry(library):
    before = json.loads(library.python(BEFORE))
    library.append("images/greys.py", MODULE)
    library.append("images/registry.py", ENTRY)
    said, seconds, planned, papers, source, shape = json.loads(library.python(USE))
    assert "has the unknown key 'size'" in said[0]
    assert said[0].endswith("allowed: source, label, augment, side, count")
    assert said[1] == "config: datasets.glyphs10.side = 7: must be at least 8"
    assert "'digits-scene' has images of 16 px, but 'glyphs10' has 32 px" in said[2]
    assert "recipes.fast.batch = 61 is more than the 60 training images" in said[3]
    assert seconds == pytest.approx(120 * 0.01)
    assert papers == {"glyphs10": "Grey-2"}
    assert (source, shape) == ("2 painters", [4, 3, 8, 8])
    # The others are not prepared again.
    assert planned[0] == before
    assert planned[1]["source_code"] != before["source_code"]
