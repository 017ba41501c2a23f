"""Stochastic gradient descent over tensors that never move, for a CUDA graph as for a CPU.

`torch.optim.SGD` computes the same (a test holds them together), but constructing it imports torch's
compiler: five seconds a process, more than a small run trains.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class SGD:
    """v <- momentum v + (g + weight_decay p), p <- p - rate v: no dampening, no Nesterov.

    model: its parameters are updated, in float32. twin: what gradients are of, `model` itself or its
    `lowered.lowered` copy, whose copied weights follow. `rate` is a tensor, so that a captured step
    follows the schedule. `velocities` are zero at the start, in the order of the parameters; without
    momentum there are none.
    """

    def __init__(self, model: nn.Module, twin: nn.Module, rate: Tensor, momentum: float, weight_decay: float):
        self.parameters = [p.detach() for p in model.parameters()]
        self.leaves = list(twin.parameters())
        self.rate, self.momentum, self.weight_decay = rate, momentum, weight_decay
        self.velocities = [torch.zeros_like(p) for p in self.parameters] if momentum else []
        pairs = zip(self.leaves, self.parameters, strict=True)
        self._copies = [(leaf.detach(), p) for leaf, p in pairs if leaf.dtype != p.dtype]

    @torch.no_grad()
    def follow(self) -> None:
        """Bring the twin's copies up to date with weights that something else has set."""
        for copy, parameter in self._copies:
            copy.copy_(parameter)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Update every parameter in place, in one kernel on a GPU. Gradients are float32."""
        torch._fused_sgd_(
            self.parameters,
            # The kernel walks memory: a gradient in another memory format would be read in its order.
            [
                g if g.stride() == p.stride() else torch.empty_like(p).copy_(g)
                for p, g in zip(self.parameters, gradients, strict=True)
            ],
            self.velocities,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=self.rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )

    @torch.no_grad()
    def step_to_compile(self, gradients: Sequence[Tensor]) -> None:
        """The same written out for torch's compiler, which reads gradients of any type and format and
        writes the twin's copies in the same pass over memory."""
        gradients = torch._foreach_add(torch._foreach_mul(self.parameters, self.weight_decay), gradients)
        if self.velocities:
            torch._foreach_mul_(self.velocities, self.momentum)
            torch._foreach_add_(self.velocities, gradients)
            gradients = self.velocities
        torch._foreach_sub_(self.parameters, torch._foreach_mul(gradients, self.rate))
        if self._copies:
            copies, parameters = zip(*self._copies, strict=True)
            torch._foreach_copy_(list(copies), list(parameters))
