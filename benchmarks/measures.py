"""Every measure of a ResNet-18 run as its job makes it: seconds alone, and beside others of its kind.

    python benchmarks/measures.py [jobs at once, by default 1 3] [measure ...]

Each job is a process of its own that claims its share of the card, as a workflow's jobs do, and under
NVIDIA's MPS where there are several and it can be started. 50,000 random images of 32 px in and as many
out of distribution. Seconds from the start of Python to the end of a job, the mean of those side by side;
of the dynamics the study's 14 snapshots, of which SNAPSHOTS are made and measured.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import torch
import yaml
from common import CLASSES, IMAGES, ROOT, TEST, network_settings, random_data
from safetensors.torch import save_file
from together import mps

from unpacking_softmax.images import dataset
from unpacking_softmax.images.dataset import Split
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.cards import share
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.detection_rows import detection_rows
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.extract import extract
from unpacking_softmax.measures.features import open_reader
from unpacking_softmax.measures.probing import probe_rows
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.plan.resources import THREADS, Needs
from unpacking_softmax.study.paths import Run, snapshot_file
from unpacking_softmax.study.study import Study

SNAPSHOTS, OF_A_RUN = 4, 14
DEFAULTS = yaml.safe_load((ROOT / "config" / "defaults.yaml").read_text(encoding="utf-8"))
RUN = Run("cifar100", "resnet18", "base", "1", 0)
D = 512


def settings() -> dict:
    """What a job is given, as the study's defaults have it."""
    analysis = DEFAULTS["analysis"]
    chosen = {**network_settings("resnet18"), **analysis["dynamics"], **analysis["detection"]}
    return {
        **chosen,
        "features": analysis["features"],
        "batch": analysis["batch"],
        "loss": "cross-entropy",
        "probes": DEFAULTS["probes"],
    }


def prepare(folder: Path) -> None:
    """Data sets, weights, snapshots, and activations of a network that tells its classes apart."""
    torch.manual_seed(0)
    data = random_data("cpu")
    test = Split(data.test.images.clone(), data.test.labels.clone())
    data = replace(data, test=test)
    for name in ("own", "other"):
        dataset.save(data, folder / f"{name}.safetensors")
    save_weights(new_network(network_settings("resnet18"), data), folder / "model.safetensors")
    for epoch in range(SNAPSHOTS):
        network = new_network({**network_settings("resnet18"), "seed": epoch}, data)
        save_weights(network, snapshot_file(folder, epoch))
    means = torch.randn(CLASSES, D).relu()
    head = {"head.weight": torch.randn(CLASSES, D), "head.bias": torch.randn(CLASSES)}
    for name, spread in (("activations", 0.3), ("others", 1.0)):
        kept = {**head, "train.labels": data.train.labels, "test.labels": data.test.labels}
        for split, n in (("train", IMAGES), ("test", TEST)):
            features = (means[torch.arange(n) % CLASSES] + spread * torch.randn(n, D)).relu()
            kept[f"{split}.penultimate"] = features
            kept[f"{split}.logits"] = features @ head["head.weight"].T
        save_file(kept, folder / f"{name}.safetensors", {"points": "logits"})


def extraction(folder: Path, device: str) -> None:
    own = dataset.load(folder / "own.safetensors", device)
    extract(open_reader(str(folder / "model.safetensors"), settings(), own), own)


def probes(folder: Path, device: str) -> None:
    own = dataset.load(folder / "own.safetensors", device)
    reader = open_reader(str(folder / "model.safetensors"), settings(), own)
    probe_rows(reader, own, settings()["probes"])
    probe_rows(reader, dataset.load(folder / "other.safetensors", device), settings()["probes"])


def dynamics(folder: Path, device: str) -> None:
    own, other = (dataset.load(folder / f"{name}.safetensors", device) for name in ("own", "other"))
    images = shared_images(own, [other], settings())
    follow(folder, range(SNAPSHOTS), own, images, settings(), 1.0)


def detection(folder: Path, device: str) -> None:
    detection_rows(folder / "activations.safetensors", [folder / "others.safetensors"], settings(), THREADS)


MEASURES = {"extract": extraction, "probe": probes, "dynamics": dynamics, "detection": detection}


def needed(measure: str) -> tuple[float, int]:
    """MB of a card, and threads, as the workflow gives them to a job of CIFAR-100."""
    if measure == "detection":
        return 0, THREADS
    needs = Needs(Study(_merged(DEFAULTS, yaml.safe_load((ROOT / "config" / "paper.yaml").read_text()))))
    need = needs.extract(RUN, RUN.dataset) if measure == "extract" else getattr(needs, measure)(RUN)
    return need.gpu_mem(1), 1


def job(measure: str, folder: Path) -> None:
    """One job, in this process."""
    megabytes, threads = needed(measure)
    torch.set_num_threads(threads)
    device = pick_device(megabytes) if megabytes else torch.device("cpu")
    began = time.perf_counter()
    patiently(MEASURES[measure], folder, str(device))
    took = {"work": time.perf_counter() - began, "share": share()}
    if device.type == "cuda":
        took["peak_gib"] = torch.cuda.max_memory_reserved() / 2**30
    print(json.dumps(took))


def side_by_side(measure: str, jobs: int, folder: Path) -> dict:
    """Start the jobs at once and wait for all."""
    _, threads = needed(measure)
    command = ["env", f"OPENBLAS_NUM_THREADS={threads}", f"OMP_NUM_THREADS={threads}"]
    command += [sys.executable, __file__, "--job", measure, str(folder)]
    began = time.perf_counter()
    with mps() if jobs > 1 else nullcontext(False) as shared:
        started = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(jobs)
        ]
        ended = [(process.communicate(), time.perf_counter() - began) for process in started]
    said = [json.loads(output) if output else {"error": error[-300:]} for (output, error), _ in ended]
    row = {"work": f"{measure} of a ResNet-18, {jobs} at once", "mps": shared, "jobs": said}
    if all("work" in one for one in said):
        more = sum(one["work"] for one in said) / jobs * (OF_A_RUN / SNAPSHOTS - 1)
        row["seconds"] = sum(s for _, s in ended) / jobs + (more if measure == "dynamics" else 0)
        row["last"] = max(s for _, s in ended)
        row["peak_gib"] = sum(one.get("peak_gib", 0) for one in said)
    print(json.dumps(row), flush=True)
    return row


def rows(jobs: list[int], measures: list[str]) -> list[dict]:
    """Every measure, alone and beside others."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        return [side_by_side(measure, count, Path(folder)) for measure in measures for count in jobs]


def _merged(below: dict, above: dict) -> dict:
    pairs = {
        key: _merged(below[key], value)
        if isinstance(value, dict) and isinstance(below.get(key), dict)
        else value
        for key, value in above.items()
    }
    return {**below, **pairs}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        job(sys.argv[2], Path(sys.argv[3]))
    else:
        counts = [int(word) for word in sys.argv[1:] if word.isdecimal()]
        names = [word for word in sys.argv[1:] if not word.isdecimal()]
        rows(counts or [1, 3], names or list(MEASURES))
