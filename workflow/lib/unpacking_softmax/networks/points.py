"""Points: the named places of a network where weights and representations are read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

Consumer = Callable[[str, Tensor], None]


@dataclass(frozen=True)
class Point:
    """One weight layer on a network's main path, and the representation that it leads to.

    A network of nominal depth N has N points: N - 1 post-ReLU outputs in order, then the logits.
    Layers on shortcuts never count. Paths are keys of `named_modules()`.

    Attributes:
        name: "logits" for the last point, otherwise unique within the network.
        weight: path of the convolution or linear layer.
        output: path of the module whose output is read: its own, not in-place ReLU (in a residual
            block the last one follows the addition), or what returns the logits.
        call: which of the module's calls within one forward pass is read, counted from 1.
    """

    name: str
    weight: str
    output: str
    call: int = 1


def unlike_a_matrix(model: nn.Module) -> str | None:
    """Why a weight layer of some point is no matrix that acts on patches of its input; None if each is.

    That is what alignment and the bound on gradients are about (Eqs 2 and 3).
    """
    for point in model.points:
        layer = model.get_submodule(point.weight)
        if not isinstance(layer, nn.Conv2d):
            continue
        if layer.groups > 1:
            return f"{point.weight} has {layer.groups} groups of channels"
        padded = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        if not padded or type(layer).forward is not nn.Conv2d.forward:
            return f"{point.weight} is no plain convolution with zeros around its input"
    return None


@contextmanager
def reading(model: nn.Module, consume: Consumer, points: Iterable[Point] | None = None) -> Iterator[None]:
    """Within the block, hand (point name, output) to `consume` on every forward pass.

    Outputs are detached, in the network's order, of shape (b, c, h, w) after convolutions and
    (b, d) after linear layers, and in the type that the forward pass computes in. `points` is a
    selection of `model.points`, all of them by default.
    """
    names: dict[str, dict[int, str]] = {}
    for point in model.points if points is None else points:
        names.setdefault(point.output, {})[point.call] = point.name
    calls: Counter[str] = Counter()
    with ExitStack() as hooks:
        hooks.enter_context(model.register_forward_pre_hook(lambda module, inputs: calls.clear()))
        for path, wanted in names.items():

            def hand_over(module, inputs, output, path=path, wanted=wanted):
                calls[path] += 1
                if name := wanted.get(calls[path]):
                    consume(name, output.detach())

            hooks.enter_context(model.get_submodule(path).register_forward_hook(hand_over))
        yield


@contextmanager
def reading_inputs(
    model: nn.Module, consume: Consumer, points: Iterable[Point] | None = None
) -> Iterator[None]:
    """As `reading`, for the input of each point's weight layer: A^(i-1) where W^i acts on it."""
    with ExitStack() as hooks:
        for point in model.points if points is None else points:

            def hand_over(module, inputs, name=point.name):
                consume(name, inputs[0].detach())

            module = model.get_submodule(point.weight)
            hooks.enter_context(module.register_forward_pre_hook(hand_over))
        yield
