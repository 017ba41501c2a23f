"""What the verdict of a study is told and given."""

import copy
from pathlib import Path

import pytest
import yaml

from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study():
    texts = [ROOT / "config" / "defaults.yaml", ROOT / "tests" / "studies" / "tiny.yaml"]
    return Study(laid_over(*(yaml.safe_load(path.read_text(encoding="utf-8")) for path in texts)))


def laid_over(below, above):
    """Two configurations merged key by key, as Snakemake does."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: laid_over(below.get(key), value) for key, value in above.items()}}


def test_files_hold_new_networks_of_both_families_once_each(study):
    files = study.verdict_files()
    assert files["initial_norms"] == [
        f"results/initial_norms/glyphs10/{name}/base.parquet" for name in ("resnet8", "vgg8")
    ]
    assert all(len(paths) == len(set(paths)) for paths in files.values())


def test_what_figures_and_tables_show_changes_no_verdict(study):
    """Neither which rows a table has, nor of which networks Figure 8 shows the norms."""
    bare = Study({**study.config, "figures": {}, "tables": {}})
    assert bare.verdict_files() == study.verdict_files()
    scripts = ROOT / "workflow" / "scripts"
    assert Settings(bare, scripts).verdict() == Settings(study, scripts).verdict()


def test_new_networks_of_one_family_alone_are_not_asked_for(study):
    grids = {name: values for name, values in study.config["grids"].items() if name != "vgg"}
    config = {**study.config, "grids": grids, "figures": {}, "tables": {}}
    assert "initial_norms" not in Study(config).verdict_files()


def test_networks_of_other_makers_are_of_neither_family(study):
    config = copy.deepcopy(study.config)
    config["architectures"]["resnet8"] = {"network": "timm/resnet18", "recipe": "fast"}
    del config["grids"]["rank-two"]
    assert "initial_norms" not in Study(config).verdict_files()


def test_the_verdict_knows_variants_networks_and_bindings(study):
    settings = Settings(study, ROOT / "workflow" / "scripts").verdict()
    assert settings["variants"]["rank-two"] == {"head_rank": 2}
    assert settings["variants"]["base"] == {}
    assert settings["networks"] == {"small-mlp": "mlp", "resnet8": "resnet8", "vgg8": "vgg8"}
    assert settings["families"] == {"small-mlp": "mlp", "resnet8": "resnet", "vgg8": "vgg"}
    assert settings["shapes"]["small-mlp"] == {"depth": 4, "width": 32}
    assert not {"tables", "figures"} & settings.keys()
    assert settings["papers_data"] == {}


def test_archives_are_the_papers_data(study):
    config = {**study.config, "datasets": {**study.config["datasets"]}}
    archive = {"source": "torchvision", "name": "CIFAR100", "root": "data", "label": "x", "augment": "none"}
    config["datasets"]["hundred"] = archive
    settings = Settings(Study(config), ROOT / "workflow" / "scripts").verdict()
    assert settings["papers_data"] == {"hundred": "CIFAR-100"}
