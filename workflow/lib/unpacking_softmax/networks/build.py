"""The one door to networks: an architecture's name and settings in, a module out."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.init import initialise, initialise_last
from unpacking_softmax.networks.mlp import MLP
from unpacking_softmax.networks.names import MIN_IMAGE_SIZE, NORMALISATIONS, supports
from unpacking_softmax.networks.resnet import RESNETS, ResNet
from unpacking_softmax.networks.vgg import VGG, VGGS

MLP_WIDTH = 2048  # Appendix A.1
MLP_DEPTH = 8


def build(
    architecture: str,
    *,
    classes: int,
    image_size: int,
    variant: Mapping = MappingProxyType({}),
    width: int | None = None,
    depth: int | None = None,
) -> nn.Module:
    """Return a newly initialised network, drawn from torch's global generator, on the CPU.

    It maps normalised images (b, 3, image_size, image_size) to raw logits (b, classes), and has
    two attributes more than a plain module: `points`, the tuple of its `Point`s in order, and
    `head`, the path of its classifier, whose input (b, d) are the penultimate features.

    Args:
        architecture: one of `names.ARCHITECTURES`.
        variant: see `names.VARIANT_KEYS`; keys not listed there are ignored.
        width: units of each hidden layer, mlp only (2048).
        depth: weight layers with the classifier, mlp only (8).

    Raises:
        StudyError: the name is unknown, or the network cannot carry what is asked of it.
    """
    _check(architecture, image_size, variant, width, depth)
    rank = variant.get("head_rank")
    if architecture == "mlp":
        norm_hidden, norm_logits = NORMALISATIONS[variant.get("normalisation", "none")]
        model = MLP(
            3 * image_size**2,
            classes,
            width=MLP_WIDTH if width is None else width,
            depth=MLP_DEPTH if depth is None else depth,
            norm_hidden=norm_hidden,
            norm_logits=norm_logits,
            rank=rank,
        )
    elif architecture in VGGS:
        model = VGG(VGGS[architecture], classes, rank=rank)
    else:
        model = ResNet(RESNETS[architecture], classes, image_size=image_size, rank=rank)
    initialise(model, variant.get("init", {"scheme": "default"}))
    if "last_init" in variant:
        initialise_last(model, variant["last_init"]["uniform"])
    return model


def _check(
    architecture: str, image_size: int, variant: Mapping, width: int | None, depth: int | None
) -> None:
    if reason := supports(architecture, variant):
        raise StudyError(reason)
    least = MIN_IMAGE_SIZE.get(architecture, 1)
    if image_size < least:
        raise StudyError(f"{architecture} needs images of {least} px or more, not {image_size}")
    if architecture != "mlp" and not (width is None and depth is None):
        raise StudyError(f"width, depth: {architecture} has fixed ones; only mlp takes them")
    if width is not None and width < 1:
        raise StudyError(f"width: {width} is not at least 1")
    if depth is not None and depth < 2:
        raise StudyError(f"depth: {depth} leaves no hidden layer; use 2 or more")
