"""A network's weights on disk, as safetensors: never a pickle."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from unpacking_softmax.artefacts.errors import unusable
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.networks.build import build

AGAIN = "trained"


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
    model = _build(settings, data).to(data.train.images.device)
    load_weights(model, path, settings["network"])
    return model.eval()


def load_weights(model: nn.Module, path: str | Path, network: str) -> None:
    """Give a network of this name other weights, those in `path`. Raises ArtefactError as `load_network`."""
    try:
        tensors = safetensors.torch.load_file(path)
    except (SafetensorError, OSError, KeyError) as error:
        raise unusable(path, error, AGAIN) from error
    if difference := _difference(_shapes(tensors), _shapes(model.state_dict())):
        raise unusable(path, f"holds another network than {network}: {difference}", AGAIN)
    model.load_state_dict(tensors)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """`float32 64 x 3 x 3 x 3` of each tensor."""
    return {
        name: f"{value.dtype} {' x '.join(map(str, value.shape))}".removeprefix("torch.").strip()
        for name, value in tensors.items()
    }


def _difference(found: Mapping[str, str], wanted: Mapping[str, str]) -> str | None:
    """The first tensor that one side lacks, or has in another shape or type."""
    for name in [*wanted, *found]:
        if name not in found:
            return f"it lacks {name}"
        if name not in wanted:
            return f"it has {name}"
        if found[name] != wanted[name]:
            return f"{name} is {found[name]}, not {wanted[name]}"
    return None


def _build(settings: Mapping, data: Dataset) -> nn.Module:
    return build(
        settings["network"],
        classes=data.num_classes,
        image_size=data.image_size,
        variant=settings["variant"],
        width=settings["width"],
        depth=settings["depth"],
    )
