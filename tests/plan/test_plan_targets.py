"""What is said of a target that no rule makes, or whose path names what the study does not know."""

import pytest

from study_files import PROJECT, merged
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.plan.targets import check_names, no_such_target, studies, switched_off
from unpacking_softmax.study.study import Study

MADE = [
    "all",
    "all_figures",
    "all_tables",
    "verdict",
    "results/verdict/claims.md",
    "results/verdict/claims.csv",
]
OTHERS = {"results": "config/config.yaml", "results/paper": "config/paper.yaml"}
RUN = {"dataset": "glyphs10", "architecture": "resnet8", "variant": "base", "temperature": "10", "seed": "0"}


def load_study(name):
    return Study(merged(PROJECT / "config" / name))


def said_of(target, study):
    return str(no_such_target(target, load_study(study), MADE, OTHERS))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("fig1", "fig1 is no target of this study, results/figures/fig1.pdf is"),
        ("fig1.svg", "fig1.svg is no target of this study, results/figures/fig1.pdf is"),
        ("out/fig1.csv", "out/fig1.csv is no target of this study, results/figures/fig1.csv is"),
        ("table1", "table1 is no target of this study, results/tables/table1.md is"),
        ("claims", "claims is no target of this study, results/verdict/claims.md is"),
        ("claims.csv", "claims.csv is no target of this study, results/verdict/claims.csv is"),
        ("claims.pdf", "claims.pdf is no target of this study, results/verdict/claims.md is"),
        ("figures", "figures is no target of this study, all_figures is"),
        ("tables", "tables is no target of this study, all_tables is"),
        ("all_figure", "all_figure is no target of this study (did you mean all_figures?); `all`"),
        ("somewhere", "somewhere is no target of this study; `all` makes every one"),
        ("results/theory/nope.parquet", "results/theory/nope.parquet is no target of this study; `all`"),
        ("results/tables/verdicts.md", "results/tables/verdicts.md is no target of this study; `all` makes"),
        *(
            (f"results/runs/glyphs10/resnet8/base/T1/seed{seed}/run.json", f"results/runs/glyphs10/resnet8/"
             f"base/T1/seed{seed}/run.json: seed{seed}: a seed is a whole number from 0 to 4294967295")
            for seed in ("-1", "+1", "X", "1.0", "")
        ),
        ("results/tables/tabel1.md", "results/tables/tabel1.md is no target of this study (did you mean "
                                     "results/tables/table1.md?); `all` makes every one"),
    ],
)  # fmt: skip
def test_the_nearest_target_is_named(target, said):
    assert said_of(target, "config.yaml").startswith(said)
    assert "configfile" not in said_of(target, "config.yaml")


def test_a_target_of_another_study_asks_for_its_file():
    missing = "is of another study, {0}: is `--configfile {0}` missing?"
    target = "results/paper/figures/fig1.pdf"
    assert said_of(target, "config.yaml") == f"{target} {missing.format('config/paper.yaml')}"
    target = "results/paper/runs/cifar10/mlp/base/T1/seed0/run.json"
    assert said_of(target, "config.yaml") == f"{target} {missing.format('config/paper.yaml')}"
    target = "results/figures/fig1.pdf"
    assert said_of(target, "paper.yaml") == f"{target} {missing.format('config/config.yaml')}"
    assert said_of("results/mine/figures/fig1.png", "config.yaml") == (
        "results/mine/figures/fig1.png is no target of this study, results/figures/fig1.png is; "
        "for another study's, is `--configfile` missing?"
    )


def test_the_studies_of_the_project_are_found():
    found = studies(PROJECT / "config")
    assert found["results"] == "config/config.yaml"
    assert found["results/paper"] == "config/paper.yaml"
    assert "config/defaults.yaml" not in found.values()


def test_a_figure_that_the_study_does_not_bind():
    said = said_of("results/mine/figures/fig9.pdf", "example.yaml")
    assert said == "results/mine/figures/fig9.pdf: this study has no fig9: bind it under `figures`"


def test_a_table_that_waits_for_its_data():
    paper = load_study("paper.yaml")
    assert paper.switched_off == ["table9"]
    said = said_of("results/paper/tables/table9.csv", "paper.yaml")
    assert said.startswith("results/paper/tables/table9.csv: switched off until its data are there (null: ")
    assert "datasets.imagenet1k.root" in said
    assert switched_off(paper, ["a", "b"]).endswith("): a, b")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": "glyps10"}, "dataset = 'glyps10' is not a known data set (did you mean 'glyphs10'?)"),
        (
            {"architecture": "resnet9"},
            "architecture = 'resnet9' is not a known architecture (did you mean 're",
        ),
        ({"architecture": "vgg19"}, "dataset = 'glyphs10' has images of 16 px; vgg19 needs 32 px or more"),
        ({"variant": "bsae"}, "variant = 'bsae' is not a known variant (did you mean 'base'?)"),
        ({"variant": "base-ln"}, "variant = 'base-ln': normalisation: resnet8 has no place for layernorm"),
        (
            {"temperature": "0"},
            "temperature = '0': a temperature must be greater than 0, from 1e-06 to 1e+09",
        ),
        ({"temperature": "-5"}, "temperature = '-5': a temperature must be greater than 0"),
        ({"temperature": "inf"}, "temperature = 'inf': a temperature must be greater than 0"),
        ({"temperature": "nan"}, "temperature = 'nan': a temperature must be greater than 0"),
        ({"temperature": "1e300"}, "temperature = '1e300': a temperature must be greater than 0"),
        ({"temperature": "01"}, "T01: a temperature has one spelling; ask for T1"),
        ({"temperature": "1.0"}, "T1.0: a temperature has one spelling; ask for T1"),
        ({"temperature": "2e2"}, "T2e2: a temperature has one spelling; ask for T200"),
        ({"temperature": "1_0"}, "T1_0: a temperature has one spelling; ask for T10"),
        ({"temperature": "hot"}, "Thot: not a number, nor match-<architecture>[@<variant>]"),
        (
            {"temperature": "match-resnet9"},
            "temperature (match-resnet9) = 'resnet9' is not a known architectu",
        ),
        (
            {"temperature": "match-vgg8@base"},
            "Tmatch-vgg8@base: a temperature has one spelling; ask for Tmatc",
        ),
        ({"seed": "00"}, "seed00: a seed has one spelling; ask for seed0"),
        ({"seed": "4294967296"}, "seed = 4294967296: must be at most 4294967295"),
        ({"source": "digts"}, "source = 'digts' is not a known data set (did you mean 'digits'?)"),
    ],
)
def test_a_run_that_no_grid_could_ask_for(changes, said):
    with pytest.raises(StudyError) as caught:
        check_names("results/x", {**RUN, **changes}, load_study("config.yaml"))
    assert str(caught.value).startswith(f"results/x: {said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        RUN,
        {**RUN, "temperature": "3", "seed": "77"},  # in no grid
        {**RUN, "temperature": "match-vgg8"},
        {**RUN, "source": "glyphs10"},
        {**RUN, "source": "digits"},
        {"dataset": "digits"},
        {"dataset": "glyphs10", "architecture": "small-mlp", "variant": "kaiming-ln"},
        {"figure": "fig1", "suffix": ".pdf"},
        {},
    ],
)
def test_what_a_grid_could_ask_for(names):
    check_names("results/x", names, load_study("config.yaml"))


def test_data_that_are_switched_off():
    with pytest.raises(
        StudyError, match=r"^x: switched off until its data are there .null: datasets.imagenet1"
    ):
        check_names("x", {"dataset": "imagenet1k"}, load_study("paper.yaml"))
