"""The user's own network: a function in a Python file, which is run as it stands.

The one place that runs code named by a study (SECURITY.md). The file is loaded by its path; its folder is on
no search path, so that it can import what is installed and nothing that lies beside it.
"""

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from torch import nn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.provenance import code_hash
from unpacking_softmax.networks import model_file
from unpacking_softmax.networks.anatomy import dissect

log = logging.getLogger(__name__)


def make(
    name: str, *, classes: int, image_size: int, variant: Mapping, points: Sequence[str] | None
) -> nn.Module:
    """The network that `path/to/model.py:build` names: build(classes, image_size), see `anatomy.dissect`.

    Raises StudyError where the file cannot be used, or what it returns is no network for this workflow.
    """
    file, function = model_file.parts(name)
    if reason := model_file.fault(file, function):
        raise StudyError(f"network {name}: {reason}")
    log.info("network %s: running %s, code %s", name, file, code_hash(file))
    build = getattr(_loaded(name, file), function)
    try:
        model = build(classes, image_size)
    except Exception as error:  # whatever the user's code raises
        raise _failed(name, f"{function}({classes}, {image_size})", error) from error
    if not isinstance(model, nn.Module):
        raise StudyError(f"network {name}: {function} returns a {type(model).__name__}, must be an nn.Module")
    return dissect(model, name, classes=classes, image_size=image_size, listed=points)


def _loaded(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"network_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's code raises
        raise _failed(name, str(file), error) from error
    return module


def _failed(name: str, what: str, error: Exception) -> StudyError:
    log.exception("network %s: %s fails", name, what)
    lines = str(error).splitlines() or [""]
    return StudyError(f"network {name}: {what} fails: {type(error).__name__}: {lines[0]}; the log says where")
