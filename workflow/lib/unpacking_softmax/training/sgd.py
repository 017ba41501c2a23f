"""Stochastic gradient descent over tensors that never move, for a CUDA graph as for a CPU.

`torch.optim.SGD` computes the same (a test holds them together), but constructing it imports torch's
compiler: five seconds a process, more than a small run trains.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class SGD:
    """v <- momentum v + (g + weight_decay p), p <- p - rate v: no dampening, no Nesterov.

    `rate` is a tensor, so that a captured step follows the schedule. `velocities` are zero at the
    start, in the order of the parameters; without momentum there are none.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: Tensor, momentum: float, weight_decay: float
    ):
        self.parameters = list(parameters)
        self.rate, self.momentum, self.weight_decay = rate, momentum, weight_decay
        self.velocities = [torch.zeros_like(p) for p in self.parameters] if momentum else []

    @torch.no_grad()
    def step(self, gradients: Iterable[Tensor]) -> None:
        """Update every parameter in place, in one kernel on a GPU."""
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
