"""What a run says of itself in its `run.json`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.reading import matched_temperature
from unpacking_softmax.images.protocol import Data
from unpacking_softmax.machine.arithmetic import peak_memory
from unpacking_softmax.machine.runtime import runtime
from unpacking_softmax.study.paths import Run, snapshot_file
from unpacking_softmax.study.temperature import Temperature
from unpacking_softmax.training.loop import Trained
from unpacking_softmax.training.outcome import accuracy_needed, largest_share


def temperature_value(temperature: str, calibration: Sequence[str]) -> float:
    """The number behind a temperature's spelling: itself, or what its calibration file says."""
    parsed = Temperature.parse(temperature)
    return matched_temperature(calibration[0]) if parsed.matched else float(parsed.number)


def snapshot_index(run: Run, folder: Path, epochs: Sequence[int]) -> dict:
    """Identity, the epochs after which weights were kept in `folder`, and the SHA-256 of each file."""
    hashes = {epoch: sha256_of(snapshot_file(folder, epoch)) for epoch in epochs}
    return {"run": run.identity, "epochs": list(epochs), "sha256": hashes}


def run_record(
    run: Run, trained: Trained, settings: Mapping, data: Data, device: torch.device, seconds: float
) -> dict:
    """Identity, status, last accuracies, data, resolved settings (with code hash), runtime, cost."""
    first, last = trained.history[0], trained.history[-1]
    return {
        "run": run.identity,
        "temperature_value": settings["temperature"],
        "status": trained.status,
        "train_accuracy": last["train_accuracy"],
        "train_accuracy_needed": accuracy_needed(data.train.labels),
        "largest_class_share": largest_share(data.train.labels),
        "test_accuracy": last["test_accuracy"],
        "logits_norm": last["logits_norm"],
        "initial_logits_norm": first["logits_norm"],
        "epochs": last["epoch"],
        "data": {"source": data.source, "sha256": data.sha256},
        "settings": dict(settings),
        "runtime": runtime(device),
        "seconds": round(seconds, 1),
        "peak_memory_bytes": peak_memory(device),
    }
