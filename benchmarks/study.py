"""Figure 1 of a ResNet-34 at the paper's scale, from an empty folder: wall seconds on this machine's GPUs.

    python benchmarks/study.py [jobs at once, by default 2 for each card]

Six trainings of 164 epochs and their measures (benchmarks/resnet34.yaml), half an hour on one H100. Jobs
that share a card run under NVIDIA's MPS where it can be started. The usual way beside it is the usual
loop's epoch, measured here too, for the six trainings alone: it has no measures yet.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from common import ROOT, random_data
from planning import measured
from together import mps

from training import recipe, usual

STUDY = ROOT / "benchmarks" / "resnet34.yaml"
RUNS = 6


def study(at_once: int) -> dict:
    """Run the study in a folder of its own, and the usual loop after it."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["results/figures/fig1.pdf", "--configfile", str(STUDY), "--cores", "all"]
        arguments += ["--profile", str(ROOT / "profiles" / "multi-gpu"), "--resources", f"gpu={at_once}"]
        with mps() as shared:
            row = {"work": "Figure 1 of ResNet-34", **measured(arguments, folder, ROOT / "Snakefile")}
        records = [json.loads(path.read_text()) for path in Path(folder).glob("results/runs/**/run.json")]
    trained = max(records, key=lambda record: record["seconds"])
    alone = usual("resnet34", random_data()) * recipe("resnet34").epochs * RUNS
    return {
        **row,
        "cards": torch.cuda.device_count(),
        "at_once": at_once,
        "mps": shared,
        "longest_training": trained["seconds"],
        "peak_gib": max(record["peak_memory_bytes"] for record in records) / 2**30,
        "usual": alone,
        "ratio": alone / row["seconds"],
    }


if __name__ == "__main__":
    jobs = int(sys.argv[1]) if sys.argv[1:] else 2 * torch.cuda.device_count()
    print(json.dumps({k: round(v, 1) if isinstance(v, float) else v for k, v in study(jobs).items()}))
