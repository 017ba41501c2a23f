"""docs/your-own.md, done word for word in a copy: own images, own network, own checkpoint."""

import json
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import how_to
from project_copy import ENVIRONMENT, PROJECT, copy_project, snakemake_command

PAGE = PROJECT / "docs" / "your-own.md"
CLASSES = ("blue", "green", "red")
GRIDS = "results/mine/runs/mine"


def draw(folder, count, rng):
    """Noisy images of a colour for each class."""
    for place, name in enumerate(reversed(CLASSES)):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 160, (24, 24, 3), dtype=np.uint8)
            pixels[..., place] += 60
            Image.fromarray(pixels).save(folder / name / f"{i}.png")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the workflow with a reader's images."""
    root = tmp_path_factory.mktemp("own")
    copy_project(root, "reruns.yaml")
    (root / "models").mkdir()
    rng = np.random.default_rng(0)
    draw(root / "data" / "mine" / "train", 40, rng)
    draw(root / "data" / "mine" / "test", 20, rng)
    return root


def commands(text):
    """The indented lines of a section."""
    return [shlex.split(line) for line in text.splitlines() if line.startswith("    ") and "```" not in line]


def done(root, words):
    """Do a command of the page: Snakemake's with two cores, make's as what it calls."""
    if words[0] == "snakemake":
        command = snakemake_command(root, root, *words[1:-4], "--cores", "2", study=words[-1])
    elif words[0] == "make":
        network, classes, size = (word.partition("=")[2] for word in words[2:])
        command = [sys.executable, "workflow/points.py", network, "--classes", classes, "--size", size]
    else:
        command = [sys.executable, *words[1:]]
    made = subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


def outside_blocks(text):
    return "".join(text.split("```")[::2])


def test_images_and_network(project):
    text = how_to.section(PAGE, "Your images and your network")
    assert how_to.follow(text, project) == ["models/mine.py", "config/mine.yaml"]
    points, figure = commands(outside_blocks(text))
    names = [line.split()[1] for line in done(project, points).splitlines()]
    assert names == ["1", "2.relu#1", "2.relu#2", "logits"]
    done(project, figure)
    for temperature in ("T1", "T10"):
        run = project / GRIDS / "mine" / "base" / temperature / "seed0"
        assert json.loads((run / "run.json").read_text())["status"] == "trained"
        probes = pd.read_parquet(run / "probes.parquet")
        assert list(dict.fromkeys(probes["point"])) == names


def test_checkpoint(project):
    trained = project / GRIDS / "mine" / "base" / "T1" / "seed0"
    weights = load_file(trained / "model.safetensors")
    torch.save({"model": weights, "epoch": 20}, project / "checkpoint.pt")
    text = how_to.section(PAGE, "Your checkpoint")
    assert how_to.follow(text, project) == ["config/mine.yaml"]
    convert, figures = commands(outside_blocks(text))
    assert done(project, convert).splitlines() == [
        "left out of the file: epoch",
        f"kept {len(weights)} tensors, {sum(map(torch.numel, weights.values())):,} numbers: "
        "weights/mine.safetensors",
    ]
    done(project, figures)
    imported = project / GRIDS / "checkpoint" / "base" / "T1" / "seed0"
    assert json.loads((imported / "run.json").read_text())["status"] == "imported"
    depth, other = (pd.read_parquet(run / "depth.parquet") for run in (imported, trained))
    pd.testing.assert_frame_equal(depth.drop(columns="architecture"), other.drop(columns="architecture"))
    for name in ("fig12", "neural-collapse"):
        assert len(pd.read_csv(project / f"results/mine/figures/{name}.csv"))
