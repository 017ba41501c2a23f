"""The one door to networks: an architecture's settings in, a new or a trained network out.

On disk weights are safetensors: never a pickle.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.provenance import code_hash
from unpacking_softmax.artefacts.weights import check_data, check_weights, naming, spoilt
from unpacking_softmax.images.protocol import Data
from unpacking_softmax.networks.init import initialise, initialise_last
from unpacking_softmax.networks.model_file import fault, parts
from unpacking_softmax.networks.registry import network_of
from unpacking_softmax.networks.variants import supports

# Batch-norm statistics may overflow in a sound network: what is divided by them vanishes.
MAY_OVERFLOW = ("running_mean", "running_var")


def build(
    architecture: str,
    *,
    classes: int,
    image_size: int,
    variant: Mapping = MappingProxyType({}),
    width: int | None = None,
    depth: int | None = None,
    points: Sequence[str] | None = None,
) -> nn.Module:
    """Return a newly initialised network, drawn from torch's global generator, on the CPU.

    It maps normalised images (b, 3, image_size, image_size) to raw logits (b, classes), and has
    two attributes more than a plain module: `points`, the tuple of its `Point`s in order, and
    `head_path`, the path of its classifier, whose input (b, d) are the penultimate features.

    Args:
        architecture: a name that `registry.network_of` knows.
        variant: see `variants.KEYS`; keys not listed there are ignored.
        width, depth: for a network that the registry calls `sized`; None is its own.
        points: for one that it calls `foreign`, see `anatomy.dissect`.

    Raises:
        StudyError: the name is unknown, or the network cannot carry what is asked of it.
    """
    if reason := supports(architecture, variant):
        raise StudyError(reason)
    network = network_of(architecture)
    if image_size < (least := network.smallest_image):
        raise StudyError(f"{architecture} needs images of {least} px or more, not {image_size}")
    size = {"width": width, "depth": depth}
    if not network.sized and size != {"width": None, "depth": None}:
        raise StudyError(f"width, depth: {architecture} has fixed ones; remove them")
    if not network.foreign and points is not None:
        raise StudyError(f"points: {architecture} has fixed ones; remove them")
    make = import_module(f"unpacking_softmax.networks.{network.module}").make
    more = size if network.sized else {"points": points} if network.foreign else {}
    model = make(architecture, classes=classes, image_size=image_size, variant=variant, **more)
    initialise(model, variant.get("init", {"scheme": "default"}))
    if "last_init" in variant:
        initialise_last(model, variant["last_init"]["uniform"])
    return model


def new_network(settings: Mapping, data: Data) -> nn.Module:
    """The freshly initialised network of a run, drawn from its seed on the CPU: alike on every device."""
    torch.manual_seed(settings["seed"])
    return _build(settings, data).to(data.device, memory_format=torch.channels_last)


def load_network(path: str | Path, settings: Mapping, data: Data) -> nn.Module:
    """The trained network of a run, in eval mode on the device of `data` (its training data).

    settings: network, variant, width, depth, points. Raises ArtefactError for a damaged file, or weights of
    another network, of another run than the file's path says, or trained on other data.
    """
    model = _build(settings, data).to(data.device)
    load_weights(model, path, settings["network"])
    check_data(path, data.name, data.sha256)
    return model.eval()


def load_weights(model: nn.Module, path: str | Path, network: str) -> None:
    """Give a network of this name other weights, those in `path`. Raises ArtefactError as `load_network`."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError) as error:
        raise spoilt(path, error) from error
    check_weights(path, metadata)
    if difference := _difference(_shapes(tensors), _shapes(model.state_dict())):
        raise spoilt(path, f"holds another network than {network}: {difference}")
    if name := next((name for name, value in tensors.items() if not _is_sound(name, value)), None):
        raise spoilt(path, f"{name} holds values that are no numbers")
    model.load_state_dict(tensors)


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write the state of `model` (weights and batch-norm statistics) as safetensors, with its run's name."""
    tensors = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    with replacing(path) as draft:
        safetensors.torch.save_file(tensors, draft, naming(path))


def _build(settings: Mapping, data: Data) -> nn.Module:
    _check_unchanged(settings)
    return build(
        settings["network"],
        classes=data.num_classes,
        image_size=data.image_size,
        variant=settings["variant"],
        width=settings["width"],
        depth=settings["depth"],
        points=settings.get("points"),
    )


def _check_unchanged(settings: Mapping) -> None:
    """A user's file is the one whose hash stands in the settings: it may have been edited since."""
    source, planned = parts(settings["network"]), settings.get("network_code")
    if not source or not planned or fault(*source):  # what is at fault, `make` says
        return
    if not planned.endswith(code_hash(source[0])):
        raise StudyError(f"{source[0]} has changed since this job was planned; start Snakemake again")


def _is_sound(name: str, value: Tensor) -> bool:
    """Whether the tensor of this name may be part of a trained network: no NaN, and hardly infinity."""
    if name.endswith(MAY_OVERFLOW):
        return not bool(value.isnan().any())
    return bool(value.isfinite().all())


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
