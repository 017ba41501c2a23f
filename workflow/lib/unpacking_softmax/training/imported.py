"""Weights that were trained elsewhere, in the place of a training."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from unpacking_softmax.artefacts.errors import StudyError, first_line
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.images.protocol import Data
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.training import outcome
from unpacking_softmax.training.evaluate import evaluate
from unpacking_softmax.training.loop import Trained

log = logging.getLogger(__name__)
SHOWN = 3  # names in an error


def imported(settings: Mapping, data: Data, file: Path) -> Trained:
    """The network of `settings` (see `settings.Settings.adopt`) with the weights in `file`.

    Its history is one row, without an epoch's loss. Its status is `imported`, or `failed_to_train` where
    its accuracy on the training split is no better than of a training that failed.

    Raises StudyError, in one line, for a file that cannot be read or holds other tensors than the network.
    """
    model = new_network(settings, data)
    with_weights(model, file)
    row = {"epoch": 0, "loss": math.nan} | evaluate(model, data, settings["temperature"])
    status = outcome.status(row["train_accuracy"], data.train.labels)
    log.info("training accuracy %.4f, test accuracy %.4f", row["train_accuracy"], row["test_accuracy"])
    if status == Status.TRAINED:
        return Trained(model, [row], Status.IMPORTED, 0.0)
    log.warning(
        "%s: hardly better than chance. Do its classes stand in the order of the data set's, and are its "
        "images normalised by the data set's mean and standard deviation?",
        file,
    )
    return Trained(model, [row], status, 0.0)


def with_weights(model: nn.Module, file: Path) -> None:
    """Give `model` the tensors in `file`, whose names and shapes must be its own. Raises StudyError."""
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise StudyError(
            f"weights {file}: no safetensors ({first_line(error)}); python workflow/convert_checkpoint.py "
            "makes such a file of a .pt or .pth"
        ) from error
    if reason := _difference(tensors, model.state_dict()):
        raise StudyError(f"weights {file}: not those of this network: {reason}")
    if name := next((name for name, value in tensors.items() if value.isnan().any()), None):
        raise StudyError(f"weights {file}: {name} holds values that are no numbers")
    if halved := {str(t.dtype) for t in tensors.values() if t.is_floating_point()} - {str(torch.float32)}:
        log.info("%s: %s become float32", file, ", ".join(sorted(halved)))
    model.load_state_dict(tensors)


def _difference(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """What is missing, unexpected or of another shape; nothing where all fits."""
    shapes = [
        f"{name} has the shape {tuple(found[name].shape)}, must have {tuple(wanted[name].shape)}"
        for name in wanted
        if name in found and found[name].shape != wanted[name].shape
    ]
    said = {
        "missing": [name for name in wanted if name not in found],
        "unexpected": [name for name in found if name not in wanted],
    }
    return "; ".join([*(f"{what} {_shown(names)}" for what, names in said.items() if names), *shapes[:1]])


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
