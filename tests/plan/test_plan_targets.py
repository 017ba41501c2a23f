"""What is said of a target that no rule makes."""

import pytest

from study_files import PROJECT, merged
from unpacking_softmax.plan.targets import no_such_target, switched_off
from unpacking_softmax.study.study import Study


def load_study(name):
    return Study(merged(PROJECT / "config" / name))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("fig1", "fig1 is no target of this study, results/figures/fig1.pdf is"),
        ("out/fig1.csv", "out/fig1.csv is no target of this study, results/figures/fig1.csv is"),
        ("table1", "table1 is no target of this study, results/tables/table1.csv is"),
        ("results/tables/tabel1.md", "(did you mean results/tables/table1.md?); `all` makes every one"),
        ("results/verdict/claims.pdf", "no target of this study"),
    ],
)
def test_the_nearest_target_is_named(target, said):
    assert said in str(no_such_target(target, load_study("config.yaml")))


def test_a_figure_that_the_study_does_not_bind():
    error = no_such_target("results/mine/figures/fig9.pdf", load_study("example.yaml"))
    assert str(error) == "results/mine/figures/fig9.pdf: this study has no fig9: bind it under `figures`"


def test_a_table_that_waits_for_its_data():
    paper = load_study("paper.yaml")
    assert paper.switched_off == ["table9"]
    said = str(no_such_target("results/paper/tables/table9.csv", paper))
    assert said.startswith("results/paper/tables/table9.csv: switched off until its data are there (null: ")
    assert "datasets.imagenet1k.root" in said
    assert switched_off(paper, ["a", "b"]).endswith("): a, b")
