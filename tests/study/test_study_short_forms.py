"""What a study need not write: lines that make several grids, rows that are names, and what is unsaid."""

import pytest

from study_files import REMOVED, altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.study import Study

LINE = {"dataset": "glyphs10", "architecture": "small-mlp", "temperatures": [1]}


def with_grids(**grids):
    """The tiny study with more lines of grids."""
    return {**tiny(), "grids": {**tiny()["grids"], **grids}}


def test_a_line_makes_a_grid_for_each_variant_and_architecture():
    several = {key: value for key, value in LINE.items() if key != "architecture"}
    several |= {"architectures": ["resnet8", "vgg8"], "variants": ["mse", "base"], "ood": ["digits"]}
    study = Study(with_grids(schemes={**LINE, "variants": ["kaiming", "narrow"]}, both=several))
    made = {name: grid for name, grid in study.grids.items() if name.startswith(("schemes", "both"))}
    assert {name: (grid.architecture, grid.variant, grid.ood) for name, grid in made.items()} == {
        "schemes-kaiming": ("small-mlp", "kaiming", ()),
        "schemes-narrow": ("small-mlp", "narrow", ()),
        "both-resnet8-mse": ("resnet8", "mse", ("digits",)),
        "both-resnet8-base": ("resnet8", "base", ("digits",)),
        "both-vgg8-mse": ("vgg8", "mse", ("digits",)),
        "both-vgg8-base": ("vgg8", "base", ("digits",)),
    }
    assert {grid.name for grid in made.values()} == set(made)


def test_a_lines_name_stands_for_its_grids_where_grids_are_listed():
    line = {**LINE, "architecture": "resnet8", "variants": ["mse", "base"], "ood": ["digits-scene"]}
    config = with_grids(nets=line)
    config["figures"] = {
        "neural-collapse": {"grids": ["mlp", "nets", "nets-base"]},
        "fig17": {"panels": [{"title": "a", "grids": ["nets"], "temperature": 1}]},
    }
    config["tables"] = {"table7": {"rows": ["nets", {"grid": "resnet", "ood": "digits-scene"}]}}
    study = Study(config)
    assert study.binding("neural-collapse")["grids"] == ["mlp", "nets-mse", "nets-base"]
    assert [grid.name for grid in study.grids_of("fig17")] == ["nets-mse", "nets-base"]
    assert [row["grid"] for row in study.binding("table7")["rows"]] == ["nets-mse", "nets-base", "resnet"]


@pytest.mark.parametrize(
    ("grids", "said"),
    [
        ({"mlp": {**LINE, "variants": ["a"], "variant": "b"}}, "mlp has both variant and variants; keep one"),
        ({"mlp": {**LINE, "architectures": ["a"]}}, "mlp has both architecture and architectures; keep"),
        ({"mlp": {"dataset": "a", "temperatures": [1]}}, "grids.mlp lacks the key 'architecture'"),
        (
            {"a": {**LINE, "variants": ["mse"]}, "a-mse": LINE},
            "grids.a makes a second grid 'a-mse'; rename one of the two",
        ),
        ({"a": {**LINE, "variants": ["b-c"]}, "a-b": {**LINE, "variants": ["c"]}}, "a second grid 'a-b-c'"),
        ({"a": {**LINE, "variants": ["kaimng"]}}, "a-kaimng.variant = 'kaimng' is not a known variant (did"),
    ],
)
def test_lines_that_cannot_be(grids, said):
    with pytest.raises(StudyError) as caught:
        Study(with_grids(**grids))
    assert str(caught.value).startswith("config: grids.")
    assert said in str(caught.value)


def test_one_grid_is_asked_for_by_its_name():
    with pytest.raises(StudyError, match=r"fig2.grid = 'schemes' is not a known grid .*mean 'schemes-mse'"):
        Study({**with_grids(schemes={**LINE, "variants": ["mse"]}), "figures": {"fig2": {"grid": "schemes"}}})


def test_unsaid_is_the_first_data_set_of_the_first_grid_and_a_width_of_two():
    config = altered(tiny(), "grids/resnet/ood", ["digits", "digits-scene"])
    config = altered(config, "grids/mlp/ood", ["digits-scene", "digits"])
    config["figures"] = {
        "fig1": {"grid": "resnet"},
        "fig11": {"grid": "resnet", "ood": "digits-scene", "columns": 1},
        "fig22": {"grids": ["mlp", "resnet"]},
        "neco-dimensions": {"grids": ["resnet"]},
        "fig2": {"grid": "mlp"},
    }
    config["tables"] = {
        "table1": {"rows": ["resnet", "mlp", {"grid": "mlp", "ood": "digits"}]},
        "table2": {"rows": ["mlp"]},
    }
    study = Study(config)
    assert study.binding("fig1") == {"grid": "resnet", "ood": "digits", "columns": 2}
    assert study.binding("fig11") == {"grid": "resnet", "ood": "digits-scene", "columns": 1}
    assert study.binding("fig22")["ood"] == "digits-scene"
    assert study.binding("neco-dimensions")["detection"] == "digits"
    assert study.binding("fig2") == {"grid": "mlp", "columns": 2}
    assert [row["ood"] for row in study.binding("table1")["rows"]] == ["digits", "digits-scene", "digits"]
    assert study.binding("table2")["rows"] == [{"grid": "mlp", "detection": "digits"}]


def test_the_first_grid_is_the_first_that_is_switched_on():
    config = altered(tiny(), "datasets/away", {"source": "folder", "label": "a", "root": None, "size": 16,
                                               "augment": "none"})  # fmt: skip
    away = {**config["grids"]["resnet"], "ood": ["away"]}
    config = altered(config, "grids/away", away)
    config["figures"] = {"fig22": {"grids": ["away", "mlp"]}}
    assert Study(config).binding("fig22") == {"grids": ["mlp"], "ood": "digits-scene", "columns": 2}


def test_what_is_unsaid_must_be_in_every_grid():
    config = altered(tiny(), "grids/resnet/ood", ["digits"])
    config = altered(config, "figures/fig22", {"grids": ["mlp", "resnet"]})
    config["tables"] = {}
    with pytest.raises(
        StudyError, match=r"fig22.ood = 'digits-scene' is not in grids.resnet.ood = \['digits'\]"
    ):
        Study({**config, "figures": {"fig22": config["figures"]["fig22"]}})


def test_a_written_out_study_says_the_same():
    """What the attribute `config` holds is a study again."""
    study = Study(with_grids(schemes={**LINE, "variants": ["kaiming", "narrow"]}))
    again = Study(study.config)
    assert again.config == study.config
    assert again.grids == study.grids


def test_seeds_of_a_grid_that_names_none_are_the_studys():
    assert Study(altered(tiny(), "seeds", [5])).grids["mlp"].seeds == (5,)
    assert Study(altered(tiny(), "grids/mlp/seeds", [1])).grids["mlp"].seeds == (1,)
    assert (
        Study(altered(tiny(), "grids/mlp/low_norm", REMOVED) | {"tables": {}}).grids["mlp"].low_norm is None
    )
