"""Points: the named places of a network where weights and representations are read."""

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
    """

    name: str
    weight: str
    output: str


@contextmanager
def reading(model: nn.Module, consume: Consumer, points: Iterable[Point] | None = None) -> Iterator[None]:
    """Within the block, hand (point name, output) to `consume` on every forward pass.

    Outputs are detached, in the network's order, of shape (b, c, h, w) after convolutions and
    (b, d) after linear layers, and in the type that the forward pass computes in. `points` is a
    selection of `model.points`, all of them by default.
    """
    with ExitStack() as hooks:
        for point in model.points if points is None else points:

            def hand_over(module, inputs, output, name=point.name):
                consume(name, output.detach())

            module = model.get_submodule(point.output)
            hooks.enter_context(module.register_forward_hook(hand_over))
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
