"""The resume file: everything an interrupted run needs to go on to the same numbers."""

import json
import logging
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from unpacking_softmax.files import replacing
from unpacking_softmax.training.step import Step

log = logging.getLogger(__name__)


def save(path: Path, step: Step, history: list[dict], fingerprint: str) -> None:
    """Write weights, batch-norm statistics, momenta and history after the last epoch in `history`.

    The order of samples and the augmentation are functions of seed and epoch: nothing to store.
    """
    tensors = {f"model.{k}": v for k, v in step.model.state_dict().items()}
    tensors |= {f"velocity.{i}": v for i, v in enumerate(step.sgd.velocities)}
    tensors = {name: value.contiguous().cpu() for name, value in tensors.items()}
    metadata = {"fingerprint": fingerprint, "history": json.dumps(history)}
    with replacing(path) as draft:
        safetensors.torch.save_file(tensors, draft, metadata)


def load(path: Path, step: Step, fingerprint: str) -> list[dict]:
    """Restore `step` from `path` and return its history; empty if there is nothing to resume.

    A file that is damaged or was written under other settings, data or code is set aside, not used.
    """
    if not path.exists():
        return []
    try:
        with safe_open(path, "pt") as archive:
            metadata = archive.metadata()
            if metadata["fingerprint"] != fingerprint:
                return _set_aside(path, "it belongs to other settings, data or code")
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
        history = json.loads(metadata["history"])
    except (SafetensorError, KeyError, OSError, TypeError, ValueError) as error:
        return _set_aside(path, f"it cannot be read ({error})")
    _restore(step, tensors)
    log.info("resuming %s after epoch %d", path, history[-1]["epoch"])
    return history


def _restore(step: Step, tensors: dict[str, torch.Tensor]) -> None:
    prefix = "model."
    step.model.load_state_dict(
        {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    )
    for i, velocity in enumerate(step.sgd.velocities):
        velocity.copy_(tensors[f"velocity.{i}"])


def _set_aside(path: Path, reason: str) -> list[dict]:
    aside = path.with_suffix(".unused")
    path.replace(aside)
    log.warning("not resuming from %s: %s; kept as %s", path, reason, aside.name)
    return []
