"""Where results lie: one spelling of every name, one file for every result."""

import re
from types import SimpleNamespace

import pytest

from unpacking_softmax.study.paths import TEMPLATES, Paths, Run, one_of, run_of

RUN = Run("glyphs10", "resnet8", "base", "0.5", 3)
WILDCARDS = {"dataset", "architecture", "variant", "temperature", "seed", "source",
             "theory", "figure", "table", "suffix", "verdict"}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("model", "out/runs/glyphs10/resnet8/base/T0.5/seed3/model.safetensors"),
        ("record", "out/runs/glyphs10/resnet8/base/T0.5/seed3/run.json"),
        ("snapshots", "out/runs/glyphs10/resnet8/base/T0.5/seed3/snapshots/index.json"),
        ("probes", "out/runs/glyphs10/resnet8/base/T0.5/seed3/probes.parquet"),
        ("calibration", "out/calibration/glyphs10/resnet8/base/T0.5.json"),
        ("initial_norms", "out/initial_norms/glyphs10/resnet8/base.parquet"),
        ("dataset", "out/data/glyphs10.safetensors"),
    ],
)
def test_paths_of_a_run(kind, path):
    assert Paths("out")(kind, RUN) == path


def test_names_that_are_given():
    paths = Paths("results/paper")
    assert paths("activations", RUN, source="digits").endswith("/T0.5/seed3/activations/digits.safetensors")
    assert paths("figure", figure="fig1", suffix=".pdf") == "results/paper/figures/fig1.pdf"
    assert paths("table", table="table9", suffix=".md") == "results/paper/tables/table9.md"
    assert paths("theory", theory="rank_two") == "results/paper/theory/rank_two.parquet"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates(kind):
    """Without names the wildcards stay, all of them known; with all names, none does."""
    template = Paths("out")(kind)
    wildcards = set(re.findall(r"{(\w+)}", template))
    assert template.startswith("out/")
    assert wildcards <= WILDCARDS
    assert "{" not in Paths("out")(kind, RUN, **dict.fromkeys(WILDCARDS - set(RUN.identity), "x"))


def test_no_two_results_share_a_path():
    runs = [RUN, Run("glyphs10", "resnet8", "base", "5", 3), Run("glyphs10", "resnet8", "base", "0.5", 31)]
    of_runs = [kind for kind, template in TEMPLATES.items() if "{seed}" in template]
    paths = [Paths("out")(kind, run, source="digits") for kind in of_runs for run in runs]
    assert len(set(paths)) == len(paths) == 3 * len(of_runs)


def test_logs_and_benchmarks():
    paths = Paths("out")
    assert paths.log("verdict") == "out/logs/verdict.log"
    assert paths.log("train", "{dataset}.T{temperature}") == "out/logs/train/{dataset}.T{temperature}.log"
    assert paths.log("extract", "run", "{source}") == "out/logs/extract/run.{source}.log"
    assert paths.benchmark("extract", "run", "{source}") == "out/benchmarks/extract/run.{source}.tsv"


def test_run_of_wildcards_is_the_run():
    """Snakemake's wildcards are text."""
    wildcards = SimpleNamespace(**{name: str(value) for name, value in RUN.identity.items()})
    assert run_of(wildcards) == RUN


def test_one_of_matches_these_names_alone():
    pattern = one_of(["fig1", "rank-two", "a.b"])
    tried = ("fig1", "rank-two", "a.b", "fig11", "axb", "")
    assert [name for name in tried if re.fullmatch(pattern, name)] == ["fig1", "rank-two", "a.b"]
    assert not any(re.fullmatch(one_of([]), name) for name in ("", "fig1"))
