"""Weights from a file in place of a training: everything measured of them is what the training's run has."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

RUNS = {
    "trained": "out/runs/glyphs10/small-mlp/base/T1/seed0",
    "imported": "out/runs/glyphs10/mine/base/T1/seed0",
}
KINDS = ("spectra", "probes", "depth", "collapse", "detection")
GRIDS = (
    "grids:\n"
    "  own: {dataset: glyphs10, architecture: mine, temperatures: [1], ood: [digits], detection: [digits]}\n"
)
FIGURES = "figures:\n  rank-sensitivity: {grid: own, ood: digits}\n"


def study(weights="mine.safetensors", depth=3):
    """reruns.yaml, trained for longer, with a grid of an architecture whose weights are there."""

    def change(text):
        text = text.replace("epochs: 1,", "epochs: 3,").replace(
            "ood: [digits]}", "ood: [digits], detection: [digits]}"
        )
        for section, below in {
            "architectures:\n": f"  mine: {{network: mlp, depth: {depth}, width: 16, weights: {weights}}}\n",
            "grids:\n": GRIDS.partition("\n")[2],
            "figures:\n": FIGURES.partition("\n")[2],
        }.items():
            text = text.replace(f"\n{section}", f"\n{section}{below}")
        return text

    return {"study.yaml": change}


@pytest.fixture(scope="module")
def own(new_workflow):
    """A workflow with a checkpoint, as a training loop leaves it, of the run that it has trained itself."""
    workflow = new_workflow("weights")
    (workflow.root / "site").mkdir()
    (workflow.root / "site" / "mine.safetensors").touch()
    with workflow.edited(study()):
        done = workflow.snakemake(*(f"{RUNS['trained']}/{kind}.parquet" for kind in KINDS), "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    site = workflow.root / "site"
    weights = load_file(site / RUNS["trained"] / "model.safetensors")
    wrapped = {f"module.{name}": value for name, value in weights.items()}
    torch.save({"state_dict": wrapped, "epoch": 3}, site / "mine.pt")
    command = [sys.executable, workflow.root / "workflow" / "convert_checkpoint.py", "mine.pt"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return workflow


def test_what_is_measured_of_weights_is_what_their_training_has(own):
    with own.edited(study()):
        asked = [
            *(f"{RUNS['imported']}/{kind}.parquet" for kind in KINDS),
            "out/figures/rank-sensitivity.pdf",
        ]
        done = own.snakemake(*asked, "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    site = own.root / "site"
    for kind in KINDS:
        ours, theirs = (
            pd.read_parquet(site / run / f"{kind}.parquet").drop(columns="architecture")
            for run in RUNS.values()
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    trained, record = (json.loads((site / run / "run.json").read_text()) for run in RUNS.values())
    assert (trained["status"], record["status"]) == ("trained", "imported")
    assert record["settings"]["weights"] == "mine.safetensors"
    for name in ("train_accuracy", "test_accuracy", "logits_norm"):
        assert record[name] == trained[name]
    assert not (site / RUNS["imported"] / "history.parquet").exists()
    assert "did not train" not in done.stderr


def test_tensors_that_are_missing_are_one_line(own):
    with own.edited(study(depth=4)):
        done = own.snakemake(f"{RUNS['imported']}/model.safetensors", "--cores", "1")
    said = "weights mine.safetensors: not those of this network: missing "
    lines = [line for line in (done.stdout + done.stderr).splitlines() if said in line]
    assert len({line[line.index(said) :] for line in lines}) == 1
    assert done.returncode == 1


def test_the_verdict_and_status_of_a_study_of_weights(own):
    """Nothing of a training is asked of them: no history."""
    with own.edited(study()):
        done = own.snakemake("out/verdict/claims.md", "--summary")
        command = [sys.executable, own.root / "workflow" / "status.py", own.root / "study.yaml"]
        status = subprocess.run(command, cwd=own.root / "site", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{RUNS['imported']}/run.json" in done.stdout
    assert f"{RUNS['imported']}/history.parquet" not in done.stdout
    counted, failed = [line for line in status.stdout.splitlines() if line.split()[:1] == ["adopt"]]
    assert counted.split()[1:] == ["1"]
    assert "not those of this network: missing" in failed  # of the test above


def test_weights_that_are_not_there_are_one_line(own):
    with own.edited(study(weights="other.safetensors")):
        done = own.snakemake("all_figures", "--cores", "1")
    (line,) = [line for line in done.stderr.splitlines() if "other.safetensors" in line]
    assert line.startswith("config: architectures.mine.weights: there is no other.safetensors in the folder")
