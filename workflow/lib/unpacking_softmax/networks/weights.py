"""A network's weights on disk, as safetensors: never a pickle."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn

from unpacking_softmax.errors import ArtefactError
from unpacking_softmax.files import replacing
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.networks.build import build


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write the state of `model` (weights and batch-norm statistics) as safetensors."""
    tensors = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    with replacing(path) as draft:
        safetensors.torch.save_file(tensors, draft)


def new_network(settings: Mapping, data: Dataset) -> nn.Module:
    """The freshly initialised network of a run, drawn from its seed on the CPU: alike on every device."""
    torch.manual_seed(settings["seed"])
    return _build(settings, data).to(data.train.images.device, memory_format=torch.channels_last)


def load_network(path: str | Path, settings: Mapping, data: Dataset) -> nn.Module:
    """The trained network of a run, in eval mode on the device of `data` (its training data).

    settings: network, variant, width, depth. Raises ArtefactError for a damaged file or weights of
    another network.
    """
    model = _build(settings, data)
    try:
        model.load_state_dict(safetensors.torch.load_file(path))
    except (SafetensorError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ArtefactError(f"{path}: {reason}; delete it, and it is trained again") from error
    return model.to(data.train.images.device).eval()


def _build(settings: Mapping, data: Dataset) -> nn.Module:
    return build(
        settings["network"],
        classes=data.num_classes,
        image_size=data.image_size,
        variant=settings["variant"],
        width=settings["width"],
        depth=settings["depth"],
    )
