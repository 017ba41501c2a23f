"""docs/architecture.md, "how to add": each section done word for word in a copy, and the result asked for."""

import subprocess

import pandas as pd
import pytest
import safetensors.torch

import how_to
from project_copy import ENVIRONMENT, PROJECT, copy_project, snakemake_command

PAGE = PROJECT / "docs" / "architecture.md"
RUN = "out/runs/glyphs10/small-mlp/base/T1/seed0"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the workflow with a small study, which the sections change one after the other."""
    root = tmp_path_factory.mktemp("project")
    copy_project(root, "reruns.yaml")
    return root


def added(root, what):
    """Do a section; returns the files that it touched, its study's apart, and its number of lines."""
    text = how_to.section(PAGE, f"Add a {what}")
    touched = [name for name in how_to.follow(text, root) if name != "study.yaml"]
    return touched, len(text.strip().splitlines())


def snakemake(root, *words):
    command = snakemake_command(root, root, *words, "--cores", "2")
    done = subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_measure(project):
    touched, _ = added(project, "measure")
    assert len(touched) <= 5
    snakemake(project, f"{RUN}/margins.parquet", "--notemp")
    rows = pd.read_parquet(project / RUN / "margins.parquet").set_index("split")
    kept = safetensors.torch.load_file(project / RUN / "activations" / "glyphs10.safetensors")
    for split, n in (("train", 1500), ("test", 50)):
        logits, labels = kept[f"{split}.logits"], kept[f"{split}.labels"]
        margins = [
            row[k] - max(row[:k].tolist() + row[k + 1 :].tolist())
            for row, k in zip(logits, labels, strict=True)
        ]
        assert rows.loc[split, "n"] == n
        assert rows.loc[split, "mean"] == pytest.approx(sum(map(float, margins)) / n, rel=1e-5)


def test_a_figure(project):
    touched, _ = added(project, "figure")
    assert len(touched) <= 1
    snakemake(project, "out/figures/fig1.csv", "out/figures/small-layers.csv")
    one, other = (pd.read_csv(project / f"out/figures/{name}.csv") for name in ("fig1", "small-layers"))
    pd.testing.assert_frame_equal(one, other)


def test_a_family(project):
    touched, _ = added(project, "family")
    assert len(touched) <= 3
    snakemake(project, "out/figures/margins.csv")
    rows, numbers = pd.read_parquet(project / RUN / "margins.parquet"), project / "out/figures/margins.csv"
    assert pd.read_csv(numbers)["mean"].tolist() == pytest.approx(rows["mean"].tolist())
    assert (project / "out/figures/margins.pdf").stat().st_size > 1000


def test_a_network(project):
    touched, _ = added(project, "network")
    assert len(touched) <= 2
    folder = "out/runs/glyphs10/convnet/base/T10/seed0"
    snakemake(project, f"{folder}/depth.parquet")
    (depth,) = pd.read_parquet(project / folder / "depth.parquet").to_dict("records")
    probes = pd.read_parquet(project / folder / "probes.parquet")
    assert set(probes["point"]) == {"conv1", "conv2", "logits"}
    assert depth["kappa_n"] in {1 / 3, 2 / 3, 1}
    assert probes.loc[probes["point"] == "conv1", "d"].eq(16 * 8 * 8).all()


def test_a_source_of_images(project):
    touched, _ = added(project, "source of images")
    assert len(touched) <= 2
    snakemake(project, "out/data/stripes.safetensors")
    kept = safetensors.torch.load_file(project / "out/data/stripes.safetensors")
    assert kept["train.images"].shape == kept["test.images"].shape == (300, 3, 16, 16)
    assert kept["train.labels"].bincount().tolist() == [60] * 5
    # One band more is one sign change of the wave more, in every row alike.
    assert (kept["train.images"] == kept["train.images"][:, :, :1]).all()


def test_a_claim(project):
    touched, _ = added(project, "claim")
    assert len(touched) <= 2
    snakemake(project, "out/verdict/claims.csv")
    claims = pd.read_csv(project / "out/verdict/claims.csv").set_index("id")
    margins = pd.read_parquet(project / RUN / "margins.parquet").set_index("split")
    assert claims.loc["margins-positive", "estimate"] == pytest.approx(margins.loc["test", "mean"])
