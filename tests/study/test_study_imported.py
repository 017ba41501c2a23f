"""Weights in place of a recipe: what a study may ask of them, and what it may not."""

import pytest

from study_files import altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study

GRID = {"dataset": "glyphs10", "architecture": "mine", "temperatures": [1], "seeds": [0]}


def study(weights="mine.safetensors", grid=(), **architecture):
    """The tiny study with an imported network besides, in a grid of its own."""
    mine = {"network": "resnet8", "weights": weights, **architecture}
    config = altered(tiny(), "architectures/mine", {name: v for name, v in mine.items() if v is not None})
    return altered(config, "grids/mine", GRID | dict(grid))


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "T1-0", "T0.5-0", "T1-1", "T0.5-1"):
        (tmp_path / f"{name}.safetensors").touch()


def test_each_run_has_its_file():
    several = {"temperatures": [1, 0.5], "seeds": [0, 1]}
    found = Study(study("T{temperature}-{seed}.safetensors", several))
    assert found.imported() == ["mine"]
    assert found.weights_of(Run("glyphs10", "mine", "base", "0.5", 1)) == "T0.5-1.safetensors"


def test_no_history_is_asked_of_them():
    found = Study(study())
    files = found.verdict_files()
    folder = "results/runs/glyphs10/mine/base/T1/seed0"
    assert f"{folder}/run.json" in files["record"]
    assert f"{folder}/history.parquet" not in files["history"]
    assert (found.grids["mine"].history, found.grids["mlp"].history) == (False, True)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (lambda: study(recipe="fast"), "architectures.mine has both a recipe, to be trained by, and weights"),
        (lambda: study(None), "architectures.mine lacks both a recipe, to be trained by, and weights"),
        (
            lambda: study("mine.pt"),
            "architectures.mine.weights = 'mine.pt': must end in .safetensors; python",
        ),
        (lambda: study("no.safetensors"), "architectures.mine.weights: there is no no.safetensors in the"),
        (
            lambda: study(grid={"snapshots": True}),
            "grids.mine.snapshots: imported weights have no early epochs",
        ),
        (
            lambda: study(grid={"temperatures": [1, 10]}),
            "grids.mine.temperatures = [1, 10], but the weights of",
        ),
        (
            lambda: study(grid={"seeds": [0, 1]}),
            "grids.mine.seeds = [0, 1], but the weights of 'mine' are one",
        ),
        (
            lambda: study(grid={"temperatures": ["match-mlp"]}),
            "grids.mine.temperatures = 'match-mlp': imported weights were trained at a number",
        ),
        (
            lambda: altered(study(), "figures/fig2", {"grid": "mine"}),
            "figures.fig2 needs a training: the weights of grids.mine are imported, and have no history",
        ),
    ],
)
def test_what_they_cannot_be_is_one_line(config, said):
    with pytest.raises(StudyError) as caught:
        Study(config())
    assert str(caught.value).startswith(f"config: {said}")
