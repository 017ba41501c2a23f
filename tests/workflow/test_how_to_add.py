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
