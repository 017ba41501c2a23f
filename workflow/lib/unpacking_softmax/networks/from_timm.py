"""A network of the timm library by its name, `timm/resnet18`: newly drawn, with no pretrained weights."""

from collections.abc import Mapping, Sequence

import timm
from torch import nn

from unpacking_softmax.artefacts.errors import StudyError, did_you_mean
from unpacking_softmax.networks.anatomy import dissect
from unpacking_softmax.networks.registry import TIMM


def make(
    name: str, *, classes: int, image_size: int, variant: Mapping, points: Sequence[str] | None
) -> nn.Module:
    """The network that follows `timm/`, for this size of images if its kind has one; see `anatomy.dissect`.

    Raises StudyError for a name that timm does not know, or a network that this workflow cannot read.
    """
    model = name.removeprefix(TIMM)
    if not timm.is_model(model):
        raise StudyError(f"network {name}: timm {timm.__version__} has no {model}{_guess(model)}")
    settings = timm.get_pretrained_cfg(model)
    size = {"img_size": image_size} if settings is not None and settings.fixed_input_size else {}
    try:
        made = timm.create_model(model, pretrained=False, num_classes=classes, **size)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines() or [""]
        raise StudyError(
            f"network {name}: timm cannot make it for {image_size} px ({type(error).__name__}: {reason[0]})"
        ) from error
    return dissect(made, name, classes=classes, image_size=image_size, listed=points)


def _guess(model: str) -> str:
    return did_you_mean(model, timm.list_models())
