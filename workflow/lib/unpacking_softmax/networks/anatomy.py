"""The points and the classifier of a network that names none, as one forward pass shows them.

A point is a call of an activation module, or of a module that the study lists.
"""

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unpacking_softmax.artefacts.errors import StudyError, did_you_mean
from unpacking_softmax.networks.beside import CLASSIFIER, PENULTIMATE
from unpacking_softmax.networks.graph import Graph
from unpacking_softmax.networks.heads import Classifier
from unpacking_softmax.networks.points import Point

# By the names of their classes, so that timm's own count too. Gates (sigmoids) are no points.
ACTIVATIONS = {
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "SELU", "GELU", "GELUTanh"),
    *("QuickGELU", "SiLU", "Swish", "Mish", "Hardswish", "HardSwish", "Softplus", "Tanh"),
}
LOGITS = "logits"
TAKEN = {LOGITS, PENULTIMATE, CLASSIFIER}
CALL = "#"  # before the number of a call: `relu#2`


class Unfit(Exception):
    """Why a network cannot be trained or read here."""


@dataclass(frozen=True)
class Call:
    """A call of the module at `path`, the number-th in the pass: its output, and how often that had been
    written to; the dimensions of its first input."""

    path: str
    number: int
    output: Tensor
    version: int
    node: torch.autograd.graph.Node | None
    input_dimensions: int


def dissect(
    model: nn.Module, name: str, *, classes: int, image_size: int, listed: Sequence[str] | None
) -> nn.Module:
    """`model` with `points` and `head_path`, as the door expects them (see `resnet.make`).

    name: what errors call it. listed: the modules whose outputs are its points, each as `path`, or
    `path#k` for its k-th call in a forward pass; None for every call of an activation module. Points
    are in the order of the calls. The classifier is the nn.Linear that gives the logits.

    Raises StudyError, in one line, for a network that the workflow cannot train or read.
    """
    try:
        _check_parameters(model)
        calls, logits = _pass(model, classes, image_size)
        graph = Graph(
            {c.node: c.path for c in calls if isinstance(model.get_submodule(c.path), nn.Conv2d | nn.Linear)}
        )
        head = _head(model, graph, calls, logits)
        points = tuple(_points(model, graph, calls, listed))
        _check_training(model, classes, image_size)
    except Unfit as reason:
        raise StudyError(f"network {name}: {reason}") from reason
    affine = logits.grad_fn in graph.layers
    model.points = (*points, Point(LOGITS, head, head if affine else ""))
    model.head_path = head
    layer = model.get_submodule(head)
    if type(layer).forward is nn.Linear.forward:
        layer.__class__ = Classifier  # its logits are float32 in a bfloat16 network too
    return model


def _check_parameters(model: nn.Module) -> None:
    if hasattr(model, "points") or hasattr(model, "head_path"):
        raise Unfit("it has an attribute points or head_path of its own; rename it")
    places: dict[int, str] = {}
    for path, tensor in model.state_dict().items():
        other = places.setdefault(tensor.data_ptr(), path)
        if other != path and tensor.numel():
            raise Unfit(f"{other} and {path} are one tensor, which a file of weights cannot hold")
    for path, parameter in model.named_parameters():
        if parameter.dtype != torch.float32:
            raise Unfit(f"{path} is {parameter.dtype}, must be float32 (training lowers precision by itself)")
        if not parameter.requires_grad:
            raise Unfit(f"{path} is frozen, but all weights are trained here; leave requires_grad as it is")


def _pass(model: nn.Module, classes: int, image_size: int) -> tuple[list[Call], Tensor]:
    """One forward pass in evaluation mode: every call of a module that returns a tensor, and the logits."""
    calls: list[Call] = []
    counts: Counter[str] = Counter()
    with ExitStack() as hooks:
        for path, module in model.named_modules():

            def watch(module, inputs, output, path=path):
                counts[path] += 1
                if isinstance(output, Tensor):
                    dimensions = inputs[0].dim() if inputs and isinstance(inputs[0], Tensor) else 0
                    call = Call(path, counts[path], output, output._version, output.grad_fn, dimensions)
                    calls.append(call)

            hooks.enter_context(module.register_forward_hook(watch))
        logits = _logits(model.eval(), classes, image_size)
    model.train()
    return calls, logits


def _logits(model: nn.Module, classes: int, image_size: int) -> Tensor:
    """Of two random images, with their graph; torch's global generator stays as it is."""
    images = torch.randn(2, 3, image_size, image_size, generator=torch.Generator().manual_seed(0))
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            logits = model(images)
    except Exception as error:  # whatever the user's code raises
        reason = next(iter(str(error).splitlines()), "")
        if reason.startswith("view size is not compatible"):
            reason = "images lie channels last: use .flatten(1) or .reshape in place of .view"
        size = f"{image_size} x {image_size} pixels"
        raise Unfit(f"it fails on images of {size}: {type(error).__name__}: {reason}") from error
    if not isinstance(logits, Tensor) or logits.shape != (2, classes):
        found = tuple(logits.shape) if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise Unfit(f"of 2 images it returns {found}, must return raw logits of shape (2, {classes})")
    if logits.dtype != torch.float32 or logits.grad_fn is None:
        raise Unfit(f"its logits are {logits.dtype}, cut off from its weights or not float32")
    if not logits.isfinite().all():
        raise Unfit("its logits of two random images are not finite")
    sums = {"probabilities": logits.sum(1), "log-probabilities": logits.exp().sum(1)}
    for what, total in sums.items():
        if torch.allclose(total, torch.ones(2), atol=1e-5) and (what[0] == "l" or (logits >= 0).all()):
            raise Unfit(f"it returns {what}, must return raw logits: leave the softmax out")
    return logits


def _head(model: nn.Module, graph: Graph, calls: Sequence[Call], logits: Tensor) -> str:
    """The path of the nn.Linear that gives the logits, whose input are the penultimate features."""
    found = sorted({graph.layers[node] for node in graph.feeders(logits.grad_fn)})
    kinds = [f"{path} ({type(model.get_submodule(path)).__name__})" for path in found]
    layer = model.get_submodule(found[0]) if len(found) == 1 else None
    if not isinstance(layer, nn.Linear) or layer.out_features != logits.shape[1]:
        come = f"come from {', '.join(kinds)}" if kinds else "come from no convolution or linear layer"
        raise Unfit(f"its logits {come}, must come from one nn.Linear with {logits.shape[1]} outputs")
    called = [call for call in calls if call.path == found[0]]
    if len(called) != 1 or called[0].input_dimensions != 2:
        raise Unfit(f"its classifier {kinds[0]} must be called once, with features of shape (images, d)")
    return found[0]


def _points(
    model: nn.Module, graph: Graph, calls: Sequence[Call], listed: Sequence[str] | None
) -> Iterator[Point]:
    counts = Counter(call.path for call in calls)
    named = {f"{c.path}{CALL}{c.number}" if counts[c.path] > 1 else c.path: c for c in calls if c.path}
    if listed is None:
        chosen = {name for name, call in named.items() if _activates(model.get_submodule(call.path))}
    else:
        chosen = {_called(model, name, counts) for name in listed}
    found = 0
    for name, call in named.items():
        if name not in chosen:
            continue
        leading = graph.leading(call.node)
        if leading is None and listed is None:
            continue
        yield Point(name, _weight(name, call, leading, counts), call.path, call.number)
        found += 1
    if not found:
        raise Unfit(
            "it calls no activation module (ReLU, GELU, ...), and functions such as F.relu cannot be seen: "
            "use modules, or list `points`"
        )


def _activates(module: nn.Module) -> bool:
    return any(kind.__name__ in ACTIVATIONS for kind in type(module).__mro__)


def _called(model: nn.Module, name: str, counts: Counter[str]) -> str:
    """The name of a call that the study lists. Raises Unfit where there is no such call."""
    path, _, number = name.partition(CALL)
    paths = [path for path, _ in model.named_modules() if path]
    if path not in paths:
        raise Unfit(f"points: it has no module {path}{did_you_mean(path, paths)}")
    if not counts[path]:
        raise Unfit(f"points: {path} is not called, or returns no tensor")
    if counts[path] == 1:
        return path
    if number not in map(str, range(1, counts[path] + 1)):
        raise Unfit(f"points: {path} is called {counts[path]} times; name one call, such as {path}{CALL}1")
    return name


def _weight(name: str, call: Call, leading: str | None, counts: Counter[str]) -> str:
    """The weight layer of a point. Raises Unfit where the point cannot be read."""
    if leading is None:
        raise Unfit(f"points: no convolution or linear layer leads to {name}")
    if name in TAKEN:
        raise Unfit(f"its module {name} has a name that means something else here; rename it")
    if counts[leading] > 1:
        raise Unfit(f"{leading} is called {counts[leading]} times in one pass, must be called once")
    if call.output._version != call.version:
        raise Unfit(f"the output of {name} is written over by an operation in place; use one that is not")
    if len(call.output) != 2 or call.output.dim() < 2:
        raise Unfit(f"the output of {name} has the shape {tuple(call.output.shape)}; images must come first")
    return leading


def _check_training(model: nn.Module, classes: int, image_size: int) -> None:
    """Every weight has a gradient: SGD moves them all."""
    try:
        twin = copy.deepcopy(model).train()
    except (RuntimeError, TypeError) as error:
        raise Unfit(f"it cannot be copied ({error})") from error
    logits = _logits(twin, classes, image_size)
    gradients = torch.autograd.grad(logits.sum(), [*twin.parameters()], allow_unused=True)
    for (path, _), gradient in zip(twin.named_parameters(), gradients, strict=True):
        if gradient is None:
            raise Unfit(f"{path} does not reach the logits; remove it")
